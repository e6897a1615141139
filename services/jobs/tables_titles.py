"""The table of titles in the schema `jobs`, as the migrations make it (a test compares the two)."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text

from services.jobs.tables import MOMENT, metadata

# The latest one that was found for a conversation. Whether it is shown is decided by the name at the time of reading.
titles = Table(
    "titles",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("extractor", Text, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "conversation_id"),
)
