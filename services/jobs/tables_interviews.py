"""The tables of interviews in the schema `jobs`, as the migrations make them (a test compares the two)."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from services.jobs.tables import MOMENT, metadata

job_infos = Table(
    "job_infos",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text),
    Column("description", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "id"),
    Index("job_infos_changed", "workspace", "user_id", "updated_at", "id"),
)

interviews = Table(
    "interviews",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("job_info_id", Uuid, nullable=False),
    # The one that prepares it, or was the last to do so.
    Column("job_id", Uuid, nullable=False),
    # Of all questions, where somebody said so.
    Column("difficulty", Text),
    Column("question_count", SmallInteger, nullable=False),
    # What made the questions; none before they are there.
    Column("extractor", Text),
    Column("duration", Interval, nullable=False, server_default=text("'0'")),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "id"),
    # Also says that the two have one owner.
    ForeignKeyConstraint(
        ["workspace", "user_id", "job_info_id"],
        [job_infos.c.workspace, job_infos.c.user_id, job_infos.c.id],
        name="interviews_job_info",
        ondelete="CASCADE",
    ),
    Index("interviews_changed", "workspace", "user_id", "job_info_id", "updated_at", "id"),
)

questions = Table(
    "questions",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("interview_id", Uuid, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("difficulty", Text, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "interview_id", "number"),
    ForeignKeyConstraint(
        ["workspace", "user_id", "interview_id"],
        [interviews.c.workspace, interviews.c.user_id, interviews.c.id],
        name="questions_interview",
        ondelete="CASCADE",
    ),
)

# Of people who have started an interview. Deleting interviews changes nothing here.
allowances = Table(
    "allowances",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # When the bucket is full again, or was: each token that is missing moves it by what a token takes to come back.
    Column("full_at", MOMENT, nullable=False),
    # Interviews that were ever started.
    Column("used", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("workspace", "user_id"),
)
