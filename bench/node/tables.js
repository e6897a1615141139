// The peer's tables as drizzle sees them; schema.sql creates them.
import { pgSchema, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";

const peer = pgSchema("peer");
const moment = (name) => timestamp(name, { withTimezone: true, precision: 3 });

export const users = peer.table("users", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
});

export const conversations = peer.table("conversations", {
  id: uuid("id").primaryKey(),
  kind: text("kind").notNull(),
  name: text("name").notNull(),
});

export const memberships = peer.table(
  "memberships",
  {
    conversationId: uuid("conversation_id").notNull(),
    userId: uuid("user_id").notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.userId] })],
);

export const messages = peer.table("messages", {
  id: uuid("id").primaryKey(),
  conversationId: uuid("conversation_id").notNull(),
  authorId: uuid("author_id").notNull(),
  text: text("text").notNull(),
  sentAt: moment("sent_at").notNull(),
  deletedAt: moment("deleted_at"),
});

export const bookmarks = peer.table("bookmarks", {
  id: uuid("id").primaryKey().defaultRandom(),
  userId: uuid("user_id").notNull(),
  messageId: uuid("message_id").notNull(),
  note: text("note"),
  createdAt: moment("created_at").notNull().defaultNow(),
});
