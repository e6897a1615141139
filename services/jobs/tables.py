"""The tables of jobs in the schema `jobs`, as the migrations make them (a test compares the two)."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "jobs"
metadata = MetaData(schema=SCHEMA)
MOMENT = DateTime(timezone=True)

PENDING, LEASED = text("status = 'pending'"), text("lease_token is not null")

# What a job is and where it stands. A row leaves for the archive once `archive_at` is over.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("result", LargeBinary),
    Column("result_seconds", Integer, nullable=False),
    Column("result_expires_at", MOMENT),
    Column("reason", Text),
    Column("message", Text),
    Column("retryable", Boolean),
    Column("progress", JSONB),
    Column("steps", JSONB, nullable=False, server_default=text("'[]'")),
    # Not looked into by the database, so of the type that takes all of JSON, null characters too.
    Column("checkpoint", JSON),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("max_attempts", Integer, nullable=False),
    # In a row.
    Column("crashes", Integer, nullable=False, server_default=text("0")),
    Column("created_at", MOMENT, nullable=False),
    # The round in which it is served: a person has one job in a round.
    Column("turn", BigInteger, nullable=False),
    Column("next_run_at", MOMENT, nullable=False),
    Column("started_at", MOMENT),
    Column("completed_at", MOMENT),
    # Of a dead letter.
    Column("died_at", MOMENT),
    Column("archive_at", MOMENT),
    Column("lease_token", Uuid),
    Column("lease_until", MOMENT),
    Column("worker", Text),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    Column("dedupe_key", Text),
    Column("retried_from", Uuid),
    Column("redriven_as", Uuid),
    Column("traceparent", Text, nullable=False, server_default=text("''")),
    Index("jobs_turn", "queue", "turn", "id", postgresql_where=PENDING),
    Index("jobs_due", "queue", "next_run_at", postgresql_where=PENDING),
    Index("jobs_running", "queue", "turn", postgresql_where=LEASED),
    Index("jobs_unfinished", "workspace", "user_id", "queue", "turn", postgresql_where=text("completed_at is null")),
    Index("jobs_ended", "workspace", "completed_at", "id", postgresql_where=text("completed_at is not null")),
    Index("jobs_over", "archive_at", postgresql_where=text("archive_at is not null")),
    Index("jobs_dead", "workspace", "died_at", "id", postgresql_where=text("died_at is not null")),
    Index("jobs_newest", "workspace", "user_id", "created_at", "id"),
    Index(
        "jobs_dedupe",
        "workspace",
        "user_id",
        "kind",
        "dedupe_key",
        unique=True,
        postgresql_where=text("dedupe_key is not null and completed_at is null"),
    ),
)

# Tries that have ended, each once. One that a stopping worker gave back is none.
attempts = Table(
    "attempts",
    metadata,
    Column("job_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("retryable", Boolean),
    PrimaryKeyConstraint("job_id", "number"),
)

# Everything that happened to a job, numbered from 1 without a gap.
events = Table(
    "events",
    metadata,
    Column("job_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("job_id", "seq"),
)

requests = Table(
    "requests",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("job_id", Uuid, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "request_id"),
    Index("requests_old", "made_at"),
)

# Jobs that are over, without their results; a partition a day.
archive = Table(
    "archive",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("result_expires_at", MOMENT),
    Column("reason", Text),
    Column("message", Text),
    Column("retryable", Boolean),
    Column("progress", JSONB),
    Column("steps", JSONB, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("attempts", JSONB, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("started_at", MOMENT),
    Column("completed_at", MOMENT, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("retried_from", Uuid),
    Column("redriven_as", Uuid),
    PrimaryKeyConstraint("id", "completed_at"),
    Index("archive_ended", "workspace", "completed_at", "id"),
    Index("archive_newest", "workspace", "user_id", "created_at", "id"),
    postgresql_partition_by="range (completed_at)",
)
