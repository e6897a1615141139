"""The tables of memories in the schema `jobs`, as the migrations make them (a test compares the two)."""

from sqlalchemy import Column, Double, Index, PrimaryKeyConstraint, SmallInteger, Table, Text, Uuid, text

from services.jobs.tables import MOMENT, metadata
from services.jobs.tables_facts import HalfVector

memories = Table(
    "memories",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # UUIDv7, so in the order in which they were made.
    Column("id", Uuid, nullable=False),
    Column("content", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("importance", SmallInteger, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("reasoning", Text, nullable=False),
    # How long it holds, and until when that is.
    Column("hint", Text, nullable=False),
    Column("expire_at", MOMENT),
    Column("conversation_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("extractor", Text, nullable=False),
    Column("job_id", Uuid, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    # Its words and nothing else: equal for texts that say the same word for word.
    Column("folded", Text, nullable=False),
    # What `model` made of the content; none where it was away.
    Column("vector", HalfVector),
    Column("model", Text),
    PrimaryKeyConstraint("workspace", "user_id", "id"),
    Index("memories_of_message", "workspace", "message_id"),
    Index("memories_of_conversation", "workspace", "conversation_id"),
    Index("memories_expired", "expire_at", postgresql_where=text("expire_at is not null")),
)

# Messages that were read for a person, each once; by which job, and how many facts of it were known already.
memory_marks = Table(
    "memory_marks",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("job_id", Uuid, nullable=False),
    Column("duplicates", SmallInteger, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "message_id"),
)
