// REST in front of the bookmark service: fastify, a grpc-js client, and a limit a user in Redis.
import grpc from "@grpc/grpc-js";
import rateLimit from "@fastify/rate-limit";
import Fastify from "fastify";
import Redis from "ioredis";
import { BookmarkService, userOf } from "./contract.js";

const upstream = new BookmarkService(process.env.PEER_UPSTREAM, grpc.credentials.createInsecure());
const app = Fastify();

await app.register(rateLimit, {
  redis: new Redis(process.env.CAIRN_REDIS_URL),
  nameSpace: `peer:${process.env.PEER_PORT}:`,
  max: Number(process.env.PEER_LIMIT),
  timeWindow: "1 minute",
  keyGenerator: (request) => userOf(request.headers.authorization),
});

function call(method, request, message) {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", request.headers.authorization);
  return new Promise((resolve, reject) => {
    upstream[method](message, metadata, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

const time = (stamp) => stamp && new Date(stamp.seconds * 1000 + stamp.nanos / 1e6).toISOString();
const word = (value, prefix) => value.slice(prefix.length + 1).toLowerCase();

function bookmarkJson(bookmark) {
  return {
    id: bookmark.id,
    type: word(bookmark.type, "TYPE"),
    target: { messageId: bookmark.target.message_id },
    note: bookmark.note,
    tags: bookmark.tags,
    state: word(bookmark.state, "STATE"),
    createTime: time(bookmark.create_time),
    updateTime: time(bookmark.update_time),
    etag: bookmark.etag,
    available: bookmark.available,
    unavailableReason: word(bookmark.unavailable_reason, "UNAVAILABLE_REASON"),
    message: bookmark.message && messageJson(bookmark.message),
  };
}

function messageJson(message) {
  return {
    id: message.id,
    preview: message.preview,
    author: message.author,
    conversation: { ...message.conversation, kind: word(message.conversation.kind, "KIND") },
    sentTime: time(message.sent_time),
  };
}

const success = (entity, id, data) => ({ status: "success", sys: { entity, id }, data });

const body = {
  type: "object",
  required: ["target"],
  properties: {
    target: { type: "object", required: ["messageId"], properties: { messageId: { type: "string", minLength: 1 } } },
    note: { type: "string", maxLength: 2000 },
  },
};

const requestOf = ({ target, note }) => ({ target: { message_id: target.messageId }, note });

app.post("/api/v1/bookmarks", { schema: { body } }, async (request, reply) => {
  const saved = await call("SaveBookmark", request, requestOf(request.body));
  reply.code(saved.already_saved ? 200 : 201);
  const bookmark = bookmarkJson(saved.bookmark);
  return success("bookmark", bookmark.id, { bookmark, alreadySaved: saved.already_saved });
});

app.post("/api/v1/bookmarks/toggle", { schema: { body } }, async (request) => {
  const toggled = await call("ToggleBookmark", request, requestOf(request.body));
  const bookmark = toggled.bookmark && bookmarkJson(toggled.bookmark);
  return success("bookmark", bookmark?.id, { bookmarked: toggled.bookmarked, bookmark });
});

app.get("/api/v1/bookmarks", async (request) => {
  const { pageSize, pageToken } = request.query;
  const listed = await call("ListBookmarks", request, { page_size: Number(pageSize ?? 0), page_token: pageToken });
  const data = listed.bookmarks.map((item) => ({ sys: { entity: "bookmark", id: item.id }, data: bookmarkJson(item) }));
  const page = { nextPageToken: listed.next_page_token, totalSize: listed.total_size };
  return { status: "success", sys: { entity: "list" }, data, page };
});

app.setErrorHandler((error, _request, reply) => {
  const status = { [grpc.status.NOT_FOUND]: 404, [grpc.status.UNAUTHENTICATED]: 401 }[error.code];
  const code = status ?? error.statusCode ?? 500;
  reply.code(code).send({ status: "error", sys: { entity: "error" }, error: { code, message: error.message } });
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.PEER_PORT) });
console.log("serving");
