"""Saved items and the facts they stand on."""

from alembic import op

revision = "0001"
down_revision = None

FACTS = [
    """
    create table bookmarks.users (
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
    create table bookmarks.conversations (
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
    create table bookmarks.memberships (
        workspace text not null,
        conversation_id text not null,
        user_id text not null,
        removed boolean not null,
        changed_at timestamptz not null,
        primary key (workspace, user_id, conversation_id)
    )
    """,
    """
    create table bookmarks.messages (
        workspace text not null,
        id text not null,
        conversation_id text not null,
        author_id text not null,
        text text not null,
        sent_at timestamptz not null,
        deleted boolean not null,
        changed_at timestamptz not null,
        deleted_at timestamptz,
        primary key (workspace, id)
    )
    """,
    "create index messages_of_conversation on bookmarks.messages (workspace, conversation_id)",
    """
    create table bookmarks.files (
        workspace text not null,
        id text not null,
        message_id text,
        uploader_id text not null,
        name text not null,
        media_type text not null,
        size_bytes bigint not null,
        deleted boolean not null,
        changed_at timestamptz not null,
        deleted_at timestamptz,
        primary key (workspace, id)
    )
    """,
    "create index files_of_message on bookmarks.files (workspace, message_id)",
    "create index files_of_uploader on bookmarks.files (workspace, uploader_id)",
]

SAVED = [
    """
    create table bookmarks.collections (
        id uuid primary key,
        workspace text not null,
        user_id text not null,
        name text not null,
        name_key text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        version integer not null default 1,
        constraint collections_name unique (workspace, user_id, name_key),
        constraint collections_owner unique (workspace, user_id, id)
    )
    """,
    """
    create table bookmarks.bookmarks (
        id uuid primary key,
        workspace text not null,
        user_id text not null,
        target_type text not null,
        target_id text not null,
        note text,
        tags text[] not null default '{}',
        collection_id uuid,
        state text not null default 'open',
        due_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        version integer not null default 1,
        constraint bookmarks_target unique (workspace, user_id, target_type, target_id),
        constraint bookmarks_collection foreign key (workspace, user_id, collection_id)
            references bookmarks.collections (workspace, user_id, id) on delete set null (collection_id),
        constraint bookmarks_target_type check (target_type in ('message', 'file', 'link')),
        constraint bookmarks_state check (state in ('open', 'done', 'archived'))
    )
    """,
    "create index bookmarks_newest on bookmarks.bookmarks (workspace, user_id, created_at, id)",
    "create index bookmarks_in_collection on bookmarks.bookmarks (collection_id) where collection_id is not null",
    """
    create table bookmarks.toggles (
        workspace text not null,
        user_id text not null,
        request_id text not null,
        target_type text not null,
        target_id text not null,
        bookmark_id uuid,
        created_at timestamptz not null default now(),
        primary key (workspace, user_id, request_id)
    )
    """,
    "create index toggles_oldest on bookmarks.toggles (created_at)",
]

# Half-empty pages leave room to count on the spot (HOT): the row of a busy person is written with every save.
TALLIES = [
    """
    create table bookmarks.tallies (
        workspace text not null,
        user_id text not null,
        target_type text not null,
        total bigint not null,
        primary key (workspace, user_id, target_type)
    ) with (fillfactor = 50)
    """,
    """
    create function bookmarks.count_saved() returns trigger language plpgsql as $$
    begin
        insert into bookmarks.tallies as t (workspace, user_id, target_type, total)
        select workspace, user_id, target_type, count(*) from changed group by 1, 2, 3 order by 1, 2, 3
        on conflict (workspace, user_id, target_type) do update set total = t.total + excluded.total;
        return null;
    end $$
    """,
    """
    create function bookmarks.count_removed() returns trigger language plpgsql as $$
    begin
        update bookmarks.tallies t set total = t.total - c.total
        from (select workspace, user_id, target_type, count(*) as total from changed group by 1, 2, 3) c
        where (t.workspace, t.user_id, t.target_type) = (c.workspace, c.user_id, c.target_type);
        return null;
    end $$
    """,
    """
    create trigger count_saved after insert on bookmarks.bookmarks
        referencing new table as changed for each statement execute function bookmarks.count_saved()
    """,
    """
    create trigger count_removed after delete on bookmarks.bookmarks
        referencing old table as changed for each statement execute function bookmarks.count_removed()
    """,
]


def upgrade() -> None:
    """Make everything."""
    for statement in (*FACTS, *SAVED, *TALLIES):
        op.execute(statement)
