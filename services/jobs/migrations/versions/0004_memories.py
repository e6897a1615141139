"""Memories, and which messages have been read for them."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = [
    """
    create table jobs.memories (
        workspace text not null,
        user_id text not null,
        id uuid not null,
        content text not null check (char_length(content) between 10 and 500),
        category text not null,
        importance smallint not null check (importance between 1 and 10),
        confidence double precision not null check (confidence between 0 and 1),
        reasoning text not null check (char_length(reasoning) between 10 and 300),
        hint text not null,
        expire_at timestamptz,
        conversation_id text not null,
        message_id text not null,
        extractor text not null,
        job_id uuid not null,
        created_at timestamptz not null,
        folded text not null,
        vector halfvec(384),
        model text,
        primary key (workspace, user_id, id)
    )
    """,
    # In the row: the vectors of a person are compared one by one.
    "alter table jobs.memories alter column vector set storage plain",
    "create index memories_of_message on jobs.memories (workspace, message_id)",
    "create index memories_of_conversation on jobs.memories (workspace, conversation_id)",
    "create index memories_expired on jobs.memories (expire_at) where expire_at is not null",
    """
    create table jobs.memory_marks (
        workspace text not null,
        user_id text not null,
        message_id text not null,
        job_id uuid not null,
        duplicates smallint not null,
        primary key (workspace, user_id, message_id)
    )
    """,
    "create index messages_in_order on jobs.messages (workspace, conversation_id, sent_at, id)",
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
