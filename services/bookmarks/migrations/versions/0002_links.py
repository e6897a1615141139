"""Links: what is known of them, their pictures, the trash, and what is to be looked up."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = [
    """
    create table bookmarks.links (
        bookmark_id uuid not null,
        workspace text not null,
        user_id text not null,
        url text not null,
        canonical text not null,
        site text not null,
        other_urls text[] default '{}' not null,
        own_title text,
        own_description text,
        final_url text default '' not null,
        title text default '' not null,
        description text default '' not null,
        site_name text default '' not null,
        media_type text default '' not null,
        media_class text default 'link' not null,
        favicon_url text default '' not null,
        image_url text default '' not null,
        embeddable boolean,
        cover text default '' not null,
        text text default '' not null,
        caption text default '' not null,
        enrichment text default 'pending' not null,
        round integer default 1 not null,
        job_id uuid,
        revision bigint default 1 not null,
        looked_up_at timestamp with time zone default now() not null,
        primary key (bookmark_id),
        constraint links_enrichment check (enrichment in ('pending', 'running', 'done', 'skipped', 'failed')),
        constraint links_media_class check (
            media_class in ('link', 'image', 'video', 'audio', 'document', 'tweet', 'instagram')
        )
    )
    """,
    "create index links_of_person on bookmarks.links (workspace, user_id)",
    "create index links_unfinished on bookmarks.links (looked_up_at) where enrichment in ('pending', 'running')",
    """
    create table bookmarks.link_keys (
        workspace text not null,
        user_id text not null,
        key text not null,
        bookmark_id uuid not null,
        primary key (workspace, user_id, key),
        foreign key(bookmark_id) references bookmarks.links (bookmark_id)
            on delete cascade deferrable initially deferred
    )
    """,
    "create index link_keys_of_bookmark on bookmarks.link_keys (bookmark_id)",
    """
    create table bookmarks.link_steps (
        bookmark_id uuid not null,
        step text not null,
        state text default 'pending' not null,
        reason text default '' not null,
        message text default '' not null,
        retryable boolean default false not null,
        attempts integer default 0 not null,
        next_at timestamp with time zone,
        updated_at timestamp with time zone default now() not null,
        primary key (bookmark_id, step),
        foreign key(bookmark_id) references bookmarks.links (bookmark_id) on delete cascade,
        constraint link_steps_step check (step in ('fetch', 'screenshot', 'image', 'text', 'caption')),
        constraint link_steps_state check (state in ('pending', 'running', 'done', 'skipped', 'failed'))
    )
    """,
    """
    create table bookmarks.link_images (
        bookmark_id uuid not null,
        kind text not null,
        object text not null,
        version text not null,
        media_type text not null,
        width integer not null,
        height integer not null,
        blurhash text not null,
        size_bytes bigint not null,
        primary key (bookmark_id, kind),
        foreign key(bookmark_id) references bookmarks.links (bookmark_id) on delete cascade,
        constraint link_images_kind check (kind in ('image', 'screenshot'))
    )
    """,
    """
    create table bookmarks.objects (
        name text not null,
        state text default 'writing' not null,
        changed_at timestamp with time zone default now() not null,
        primary key (name),
        constraint objects_state check (state in ('writing', 'kept', 'gone'))
    )
    """,
    "create index objects_to_remove on bookmarks.objects (changed_at) where state <> 'kept'",
    """
    create table bookmarks.trash (
        id uuid not null,
        workspace text not null,
        user_id text not null,
        target_id text not null,
        note text,
        tags text[] not null,
        collection_id uuid,
        state text not null,
        due_at timestamp with time zone,
        created_at timestamp with time zone not null,
        updated_at timestamp with time zone not null,
        version integer not null,
        trashed_at timestamp with time zone default now() not null,
        primary key (id)
    )
    """,
    "create index trash_latest on bookmarks.trash (workspace, user_id, trashed_at, id)",
    "create index trash_oldest on bookmarks.trash (trashed_at)",
    """
    create table bookmarks.merges (
        bookmark_id uuid not null,
        workspace text not null,
        user_id text not null,
        merged_into uuid not null,
        merged_at timestamp with time zone default now() not null,
        primary key (bookmark_id)
    )
    """,
    "create index merges_oldest on bookmarks.merges (merged_at)",
    """
    create table bookmarks.outbox (
        id uuid not null,
        workspace text not null,
        user_id text not null,
        bookmark_id uuid not null,
        round integer not null,
        imported boolean default false not null,
        attempts integer default 0 not null,
        next_at timestamp with time zone default now() not null,
        created_at timestamp with time zone default now() not null,
        primary key (id)
    )
    """,
    "create index outbox_due on bookmarks.outbox (imported, next_at)",
    "create index outbox_of_person on bookmarks.outbox (workspace, user_id)",
    "create index outbox_of_bookmark on bookmarks.outbox (bookmark_id)",
]

# However a picture goes, nobody forgets that its object is still in the store.
PICTURES = [
    """
    create function bookmarks.let_go() returns trigger language plpgsql as $$
    begin
        update bookmarks.objects set state = 'gone', changed_at = now() where name = old.object;
        return null;
    end $$
    """,
    """
    create trigger deleted after delete on bookmarks.link_images
        for each row execute function bookmarks.let_go()
    """,
    """
    create trigger replaced after update on bookmarks.link_images
        for each row when (old.object is distinct from new.object) execute function bookmarks.let_go()
    """,
]


def upgrade() -> None:
    """Make everything."""
    for statement in (*TABLES, *PICTURES):
        op.execute(statement)
