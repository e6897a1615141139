"""Claims, settings, recent statuses and the record of urgent notices."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = [
    """
    create table presence.claims (
        workspace text not null,
        user_id text not null,
        source text not null,
        claim_id text not null,
        priority smallint not null,
        emoji text not null,
        text text not null,
        dnd boolean not null,
        expires_at timestamptz,
        expiry_id uuid not null,
        set_at timestamptz not null,
        primary key (workspace, user_id, source, claim_id)
    )
    """,
    "create index claims_due on presence.claims (expires_at) where expires_at is not null",
    """
    create table presence.people (
        workspace text not null,
        user_id text not null,
        invisible boolean not null default false,
        snoozed boolean not null default false,
        snooze_until timestamptz,
        schedule jsonb not null default '[]',
        time_zone text not null default '',
        allow_mentions boolean not null default false,
        allow_user_ids text[] not null default '{}',
        set_at timestamptz not null default now(),
        primary key (workspace, user_id)
    )
    """,
    """
    create table presence.recents (
        workspace text not null,
        user_id text not null,
        emoji text not null,
        text text not null,
        used_at timestamptz not null,
        primary key (workspace, user_id, emoji, text)
    )
    """,
    """
    create table presence.urgent_notices (
        id bigint generated always as identity primary key,
        workspace text not null,
        service text not null,
        sender_id text not null,
        recipient_ids text[] not null,
        sent_at timestamptz not null default now()
    )
    """,
    "create index urgent_notices_of_sender on presence.urgent_notices (workspace, sender_id, sent_at)",
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
