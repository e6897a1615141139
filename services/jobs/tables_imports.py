"""The table of imports in the schema `jobs`, as the migrations make it (a test compares the two)."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid

from services.jobs.tables import metadata

# What became of each link of a file, as far as the job has come; it goes with the job.
import_rows = Table(
    "import_rows",
    metadata,
    Column("job_id", Uuid, nullable=False),
    # Counted from 1.
    Column("number", Integer, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("bookmark_id", Uuid),
    PrimaryKeyConstraint("job_id", "number"),
    CheckConstraint("outcome in ('saved', 'already_saved', 'restored', 'invalid')", name="import_rows_outcome"),
    Index("import_rows_of_user", "workspace", "user_id"),
)
