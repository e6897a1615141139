// The old way: saved items on grpc-js and drizzle, three queries a write, as the system before ours did it.
// Correct where that one was not: access is asked again on reads, pages are keyset, a lost race is no error.
// Ordinary drizzle and the driver's ordinary pool; nothing is prepared or batched by hand. Messages only: no files,
// tags or collections, and no total, all of which ours answers.
import grpc from "@grpc/grpc-js";
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { BookmarkService, userOf } from "./contract.js";
import { bookmarks, conversations, memberships, messages, users } from "./tables.js";

const database = drizzle(new pg.Pool({ connectionString: process.env.CAIRN_DATABASE_URL, max: 16 }));

class Refusal extends Error {
  constructor(code, details) {
    super(details);
    this.code = code;
  }
}

const shown = { message: messages, author: users, conversation: conversations };

// First of the three: may this person read that message?
async function readableMessage(user, id) {
  const [row] = await database
    .select(shown)
    .from(messages)
    .innerJoin(memberships, and(eq(memberships.conversationId, messages.conversationId), eq(memberships.userId, user)))
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .leftJoin(users, eq(users.id, messages.authorId))
    .where(and(eq(messages.id, id), isNull(messages.deletedAt)));
  if (!row) throw new Refusal(grpc.status.NOT_FOUND, "Message not found or access denied");
  return row;
}

// Second: is it saved?
async function existing(user, message) {
  const [row] = await database
    .select()
    .from(bookmarks)
    .where(and(eq(bookmarks.userId, user), eq(bookmarks.messageId, message)));
  return row;
}

// Third: the insert; empty when another request was faster.
async function insert(user, message, note) {
  const values = { userId: user, messageId: message, note };
  const [row] = await database.insert(bookmarks).values(values).onConflictDoNothing().returning();
  return row ?? existing(user, message);
}

async function save(user, request) {
  const id = messageId(request.target);
  const target = await readableMessage(user, id);
  const known = await existing(user, id);
  const bookmark = known ?? (await insert(user, id, request.note || null));
  return { bookmark: encode({ bookmark, ...target, member: true }), already_saved: Boolean(known) };
}

async function toggle(user, request) {
  const id = messageId(request.target);
  const target = await readableMessage(user, id);
  if (await existing(user, id)) {
    await database.delete(bookmarks).where(and(eq(bookmarks.userId, user), eq(bookmarks.messageId, id)));
    return { bookmarked: false };
  }
  const bookmark = await insert(user, id, null);
  return { bookmarked: true, bookmark: encode({ bookmark, ...target, member: true }) };
}

async function list(user, request) {
  const size = Math.min(request.page_size || 50, 100);
  const rows = await page(user, size + 1, request.page_token);
  const more = rows.length > size;
  const shownRows = more ? rows.slice(0, size) : rows;
  return { bookmarks: shownRows.map(encode), next_page_token: more ? tokenAfter(shownRows.at(-1).bookmark) : "" };
}

function page(user, limit, token) {
  const mine = eq(bookmarks.userId, user);
  return database
    .select({ bookmark: bookmarks, ...shown, member: memberships.userId })
    .from(bookmarks)
    .innerJoin(messages, eq(messages.id, bookmarks.messageId))
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .leftJoin(users, eq(users.id, messages.authorId))
    .leftJoin(memberships, and(eq(memberships.conversationId, messages.conversationId), eq(memberships.userId, user)))
    .where(token ? and(mine, before(token)) : mine)
    .orderBy(desc(bookmarks.createdAt), desc(bookmarks.id))
    .limit(limit);
}

function tokenAfter({ createdAt, id }) {
  return Buffer.from(`${createdAt.toISOString()} ${id}`).toString("base64url");
}

function before(token) {
  const [createdAt, id] = Buffer.from(token, "base64url").toString().split(" ");
  return sql`(${bookmarks.createdAt}, ${bookmarks.id}) < (${createdAt}::timestamptz, ${id}::uuid)`;
}

function messageId(target) {
  if (!target?.message_id) throw new Refusal(grpc.status.INVALID_ARGUMENT, "messageId required for message bookmarks");
  return target.message_id;
}

function timestamp(date) {
  const milliseconds = date.getTime();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
}

function encode({ bookmark, message, author, conversation, member }) {
  const available = Boolean(member) && !message.deletedAt;
  const created = timestamp(bookmark.createdAt);
  return {
    id: bookmark.id,
    type: "TYPE_MESSAGE",
    target: { message_id: bookmark.messageId },
    note: bookmark.note ?? undefined,
    state: "STATE_OPEN",
    create_time: created,
    update_time: created,
    etag: String(bookmark.createdAt.getTime()),
    available,
    unavailable_reason: available ? undefined : reason(message),
    message: available ? encodeMessage(message, author, conversation) : undefined,
  };
}

function reason(message) {
  return message.deletedAt ? "UNAVAILABLE_REASON_DELETED" : "UNAVAILABLE_REASON_ACCESS_LOST";
}

function encodeMessage(message, author, conversation) {
  return {
    id: message.id,
    preview: message.text.length > 80 ? `${message.text.slice(0, 80)}...` : message.text,
    author: { id: message.authorId, name: author?.name ?? "" },
    conversation: { id: conversation.id, kind: `KIND_${conversation.kind.toUpperCase()}`, name: conversation.name },
    sent_time: timestamp(message.sentAt),
  };
}

function caller(call) {
  try {
    return userOf(String(call.metadata.get("authorization")[0]));
  } catch {
    throw new Refusal(grpc.status.UNAUTHENTICATED, "Unauthorized");
  }
}

const unary = (handle) => async (call, callback) => {
  try {
    callback(null, await handle(caller(call), call.request));
  } catch (error) {
    if (error instanceof Refusal) callback({ code: error.code, details: error.message });
    else callback({ code: grpc.status.INTERNAL, details: "internal error" });
  }
};

const server = new grpc.Server();
server.addService(BookmarkService.service, {
  SaveBookmark: unary(save),
  ToggleBookmark: unary(toggle),
  ListBookmarks: unary(list),
});
server.bindAsync(process.env.PEER_LISTEN, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log("serving");
});
