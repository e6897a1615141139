"""The tables of facts in the schema `jobs`, as the migrations make them (a test compares the two)."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import REGCONFIG, TSVECTOR
from sqlalchemy.types import UserDefinedType

from services.jobs.domain_search import DIMENSIONS
from services.jobs.tables import metadata


class HalfVector(UserDefinedType[Any]):
    """A vector of half precision, of the extension pgvector."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        """How PostgreSQL calls it."""
        return f"halfvec({DIMENSIONS})"


# Kept by the feed. `changed_at` is when the host said the latest value, `deleted_at` when it last deleted the thing;
# `deleted` marks a tombstone: it, or what it hangs on, was deleted after the value.

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
    # Not to be read by anything but search, for those who are in it.
    Column("incognito", Boolean, nullable=False, server_default=text("false")),
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

# A trigger keeps what is made from a text in step with it: whoever changes or empties the text, its vector is gone.
messages = Table(
    "messages",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    # cairn.feed.v1.Message.Role
    Column("role", SmallInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    # How words are told apart and brought to their stems; a row for itself, so that it can be changed bit by bit.
    Column("language", REGCONFIG, nullable=False, server_default=text("'english'::regconfig")),
    Column("words", TSVECTOR, Computed("to_tsvector(language, text)", persisted=True)),
    # Of length one.
    Column("vector", HalfVector),
    # What read the text: made the vector or, where there is none, refused to.
    Column("model", Text),
    # When the text is to be read by the model: the row is the schedule. None where that is done. A reader puts it off.
    Column("embed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("workspace", "id"),
    Index("messages_of_conversation", "workspace", "conversation_id"),
    Index("messages_in_order", "workspace", "conversation_id", "sent_at", "id"),
    Index("messages_of_author", "workspace", "author_id"),
    Index("messages_newest", "workspace", "sent_at"),
    Index("messages_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    Index("messages_language", "language"),
    Index("messages_due", "embed_at", postgresql_where=text("embed_at is not null")),
    Index("messages_model", "model", postgresql_where=text("model is not null")),
    Index("messages_refused", "model", postgresql_where=text("model is not null and vector is null")),
    Index("messages_unread", "workspace", "conversation_id", postgresql_where=text("embed_at is not null")),
    Index(
        "messages_vectors",
        "vector",
        postgresql_using="hnsw",
        postgresql_ops={"vector": "halfvec_ip_ops"},
    ),
)


def refused() -> ColumnElement[bool]:
    """Not taken by the model that is named. It is tried again by another one, or when the text changes."""
    return and_(messages.c.model.is_not(None), messages.c.vector.is_(None))


def of_another_model() -> ColumnElement[bool]:
    """Read, but by another model than the parameter `model`.

    Mostly there are none. The first and the last name in the index tell so at once, and nothing else is looked at.
    """
    model, m, names = bindparam("model", type_=Text), messages.c, messages.alias("names").c
    bounds = (select(func.min(names.model)).scalar_subquery(), select(func.max(names.model)).scalar_subquery())
    there = or_(*(bound != model for bound in bounds))
    return and_(there, m.embed_at.is_(None), or_(m.model < model, m.model > model))
