"""The tables of recordings in the schema `jobs`, as the migrations make them (a test compares the two)."""

from sqlalchemy import Column, Double, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.jobs.tables import MOMENT, metadata

# Recordings that were sent along, in pieces. They come with their job, in one transaction, and stay for two days.
uploads = Table(
    "uploads",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "id", "number"),
    Index("uploads_old", "made_at"),
    Index("uploads_of_user", "workspace", "user_id"),
)

# Named after its upload, or else after the job that made it: it is made once, however often that is tried.
transcripts = Table(
    "transcripts",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),
    # Empty where it is in none.
    Column("conversation_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("segments", JSONB, nullable=False),
    Column("extractor", Text, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "id"),
    Index("transcripts_of_user", "workspace", "user_id", "id"),
    Index(
        "transcripts_of_conversation",
        "workspace",
        "conversation_id",
        "id",
        postgresql_where=text("conversation_id <> ''"),
    ),
)
