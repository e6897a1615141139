"""What became of each link of an import. The files are kept as recordings are, among the uploads."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = [
    """
    create table jobs.import_rows (
        job_id uuid not null,
        number integer not null,
        workspace text not null,
        user_id text not null,
        url text not null,
        outcome text not null,
        reason text not null,
        bookmark_id uuid,
        primary key (job_id, number),
        constraint import_rows_outcome check (outcome in ('saved', 'already_saved', 'restored', 'invalid'))
    )
    """,
    "create index import_rows_of_user on jobs.import_rows (workspace, user_id)",
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
