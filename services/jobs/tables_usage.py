"""What people spent on models."""

from sqlalchemy import BigInteger, Column, Date, Double, Index, PrimaryKeyConstraint, Table, Text

from services.jobs.tables import metadata

usage = Table(
    "usage",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # Of UTC.
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("audio_seconds", Double, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "day", "kind", "model"),
    Index("usage_of_day", "day"),
)
