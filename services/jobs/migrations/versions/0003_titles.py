"""Titles of conversations, and which of them must not be read."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = [
    "alter table jobs.conversations add column incognito boolean not null default false",
    """
    create table jobs.titles (
        workspace text not null,
        conversation_id text not null,
        title text not null,
        extractor text not null,
        made_at timestamptz not null,
        primary key (workspace, conversation_id)
    )
    """,
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
