"""Uploaded audio, and what was said in it."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = [
    """
    create table jobs.uploads (
        workspace text not null,
        id uuid not null,
        number integer not null,
        user_id text not null,
        data bytea not null,
        made_at timestamptz not null,
        primary key (workspace, id, number)
    )
    """,
    # Sound is packed already.
    "alter table jobs.uploads alter column data set storage external",
    "create index uploads_old on jobs.uploads (made_at)",
    "create index uploads_of_user on jobs.uploads (workspace, user_id)",
    """
    create table jobs.transcripts (
        workspace text not null,
        id uuid not null,
        user_id text not null,
        conversation_id text not null,
        name text not null,
        language text not null,
        seconds double precision not null,
        text text not null,
        segments jsonb not null,
        extractor text not null,
        made_at timestamptz not null,
        primary key (workspace, id)
    )
    """,
    "create index transcripts_of_user on jobs.transcripts (workspace, user_id, id)",
    """
    create index transcripts_of_conversation on jobs.transcripts (workspace, conversation_id, id)
    where conversation_id <> ''
    """,
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
