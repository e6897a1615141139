"""The tables of the schema `bookmarks`, as the migrations make them (a test compares the two)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

SCHEMA = "bookmarks"
metadata = MetaData(schema=SCHEMA)

# --- facts, kept by the feed. `changed_at` is when the host said the latest value, `deleted_at` when it last deleted
# the thing; `deleted` marks a tombstone: it, or what it hangs on, was deleted after the value ---

users = Table(
    "users",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("workspace", "id"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Text, nullable=False),
    # cairn.feed.v1.Conversation.Kind
    Column("kind", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("workspace", "id"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "conversation_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("workspace", "id"),
    Index("messages_of_conversation", "workspace", "conversation_id"),
)

files = Table(
    "files",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("message_id", Text),
    Column("uploader_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("workspace", "id"),
    Index("files_of_message", "workspace", "message_id"),
    Index("files_of_uploader", "workspace", "uploader_id"),
)

# --- what people save ---

collections = Table(
    "collections",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    # The name case-folded: what must be unique, and what the list is ordered by.
    Column("name_key", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("workspace", "user_id", "name_key", name="collections_name"),
    # For the foreign key of bookmarks: a bookmark cannot be in somebody else's collection.
    UniqueConstraint("workspace", "user_id", "id", name="collections_owner"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # One pair for every kind of target: a row with no target or with two cannot be written down.
    Column("target_type", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("note", Text),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("collection_id", Uuid),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("workspace", "user_id", "target_type", "target_id", name="bookmarks_target"),
    ForeignKeyConstraint(
        ["workspace", "user_id", "collection_id"],
        ["bookmarks.collections.workspace", "bookmarks.collections.user_id", "bookmarks.collections.id"],
        name="bookmarks_collection",
        ondelete="SET NULL (collection_id)",
    ),
    CheckConstraint("target_type in ('message', 'file', 'link')", name="bookmarks_target_type"),
    CheckConstraint("state in ('open', 'done', 'archived')", name="bookmarks_state"),
    Index("bookmarks_newest", "workspace", "user_id", "created_at", "id"),
    Index("bookmarks_in_collection", "collection_id", postgresql_where=text("collection_id is not null")),
)

# How many bookmarks a person has, kept by triggers on `bookmarks`: a total costs the same at 100 and at 100,000.
tallies = Table(
    "tallies",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("target_type", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "target_type"),
)

# The first answer to each click that carried a request id.
toggles = Table(
    "toggles",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("target_type", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    # The bookmark that the click made; null where it removed one.
    Column("bookmark_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("workspace", "user_id", "request_id"),
    Index("toggles_oldest", "created_at"),
)
