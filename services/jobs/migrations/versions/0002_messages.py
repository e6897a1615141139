"""The messages that search and other actions read, and who may see them."""

from alembic import op
from sqlalchemy import text

from chassis.settings import SettingsError

revision = "0002"
down_revision = "0001"

# Half vectors came with 0.7, scans that go on until enough rows pass the filters with 0.8.
OLDEST = (0, 8)
MISSING = """Cannot start:
  - CAIRN_DATABASE_URL: this PostgreSQL {found}. Search needs the extension pgvector, version 0.8 or newer.
    Install it on the server (Debian and Ubuntu: postgresql-NN-pgvector; the image pgvector/pgvector has it), or let
    an administrator run `create extension vector` in this database."""

FACTS = [
    """
    create table jobs.users (
        workspace text not null,
        id text not null,
        name text not null,
        deleted boolean not null,
        changed_at timestamptz not null,
        deleted_at timestamptz,
        primary key (workspace, id)
    )
    """,
    """
    create table jobs.conversations (
        workspace text not null,
        id text not null,
        kind smallint not null,
        name text not null,
        deleted boolean not null,
        changed_at timestamptz not null,
        deleted_at timestamptz,
        primary key (workspace, id)
    )
    """,
    """
    create table jobs.memberships (
        workspace text not null,
        conversation_id text not null,
        user_id text not null,
        removed boolean not null,
        changed_at timestamptz not null,
        primary key (workspace, user_id, conversation_id)
    )
    """,
]

MESSAGES = [
    """
    create table jobs.messages (
        workspace text not null,
        id text not null,
        conversation_id text not null,
        author_id text not null,
        text text not null,
        sent_at timestamptz not null,
        role smallint not null,
        deleted boolean not null,
        changed_at timestamptz not null,
        deleted_at timestamptz,
        language regconfig not null default 'english'::regconfig,
        words tsvector generated always as (to_tsvector(language, text)) stored,
        vector halfvec(384),
        model text,
        embed_at timestamptz,
        primary key (workspace, id)
    )
    """,
    # In the row, and not in a place apart: an exact search reads thousands of them.
    "alter table jobs.messages alter column vector set storage plain",
    "create index messages_of_conversation on jobs.messages (workspace, conversation_id)",
    "create index messages_of_author on jobs.messages (workspace, author_id)",
    "create index messages_newest on jobs.messages (workspace, sent_at)",
    "create index messages_words on jobs.messages using gin (words) with (fastupdate = off)",
    "create index messages_language on jobs.messages (language)",
    "create index messages_due on jobs.messages (embed_at) where embed_at is not null",
    "create index messages_model on jobs.messages (model) where model is not null",
    "create index messages_refused on jobs.messages (model) where model is not null and vector is null",
    "create index messages_unread on jobs.messages (workspace, conversation_id) where embed_at is not null",
    "create index messages_vectors on jobs.messages using hnsw (vector halfvec_ip_ops)",
    """
    create function jobs.text_changed() returns trigger language plpgsql as $$
    begin
        new.vector = null;
        new.model = null;
        new.embed_at = case when new.text = '' then null else statement_timestamp() end;
        return new;
    end
    $$
    """,
    """
    create trigger text_written before insert on jobs.messages for each row execute function jobs.text_changed()
    """,
    """
    create trigger text_changed before update of text on jobs.messages for each row
    when (new.text is distinct from old.text) execute function jobs.text_changed()
    """,
]


def upgrade() -> None:
    """Make everything."""
    _extend()
    for statement in (*FACTS, *MESSAGES):
        op.execute(statement)


def _extend() -> None:
    connection = op.get_bind()
    there = "select extversion from pg_extension where extname = 'vector'"
    offered = "select default_version from pg_available_extensions where name = 'vector'"
    if (installed := connection.execute(text(there)).scalar()) is not None:
        found = f"has version {installed} of the extension vector in this database"
        usable = _number(installed) >= OLDEST
    else:
        version = connection.execute(text(offered)).scalar() or ""
        found = f"offers version {version} of the extension vector" if version else "has no extension vector"
        usable = _number(version) >= OLDEST
        may = connection.execute(text("select has_database_privilege(current_database(), 'create')")).scalar()
        if usable and not may:
            found, usable = f"{found}, but we may not create it", False
    if not usable:
        raise SettingsError(MISSING.format(found=found))
    op.execute("create extension if not exists vector")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part)
