"""What models were asked for, by person and day."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = [
    """
    create table jobs.usage (
        workspace text not null,
        user_id text not null,
        day date not null,
        kind text not null,
        model text not null,
        calls bigint not null,
        input_tokens bigint not null,
        output_tokens bigint not null,
        audio_seconds double precision not null,
        primary key (workspace, user_id, day, kind, model)
    )
    """,
    "create index usage_of_day on jobs.usage (day)",
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
