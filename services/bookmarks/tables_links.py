"""The tables of links, as the migrations make them. A link's row lasts as long as its bookmark, in the trash, too."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.bookmarks.tables import metadata

links = Table(
    "links",
    metadata,
    Column("bookmark_id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # As it was saved first; and what makes it the same as another, in words.
    Column("url", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    # In lower case, without www.
    Column("site", Text, nullable=False),
    Column("other_urls", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # The person's own words, beside what was found: neither ever overwrites the other.
    Column("own_title", Text),
    Column("own_description", Text),
    Column("final_url", Text, nullable=False, server_default=text("''")),
    Column("title", Text, nullable=False, server_default=text("''")),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("site_name", Text, nullable=False, server_default=text("''")),
    Column("media_type", Text, nullable=False, server_default=text("''")),
    Column("media_class", Text, nullable=False, server_default=text("'link'")),
    Column("favicon_url", Text, nullable=False, server_default=text("''")),
    Column("image_url", Text, nullable=False, server_default=text("''")),
    Column("embeddable", Boolean),
    Column("cover", Text, nullable=False, server_default=text("''")),
    Column("text", Text, nullable=False, server_default=text("''")),
    Column("caption", Text, nullable=False, server_default=text("''")),
    # How the looking up stands: over all its steps, how often it was asked for, and by which job it is done.
    Column("enrichment", Text, nullable=False, server_default=text("'pending'")),
    Column("round", Integer, nullable=False, server_default=text("1")),
    Column("job_id", Uuid),
    # Grows with every change that a stream tells of.
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("looked_up_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("bookmark_id"),
    CheckConstraint("enrichment in ('pending', 'running', 'done', 'skipped', 'failed')", name="links_enrichment"),
    CheckConstraint(
        "media_class in ('link', 'image', 'video', 'audio', 'document', 'tweet', 'instagram')",
        name="links_media_class",
    ),
    Index("links_unfinished", "looked_up_at", postgresql_where=text("enrichment in ('pending', 'running')")),
    Index("links_of_person", "workspace", "user_id"),
)

# Every address that is known to be a link, by the SHA-256 of its canonical form: here it is that one link is one row.
link_keys = Table(
    "link_keys",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("bookmark_id", Uuid, nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "key"),
    # Asked at the end: the key is taken first, and then the rest is written.
    ForeignKeyConstraint(
        ["bookmark_id"],
        ["bookmarks.links.bookmark_id"],
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("link_keys_of_bookmark", "bookmark_id"),
)

link_steps = Table(
    "link_steps",
    metadata,
    Column("bookmark_id", Uuid, nullable=False),
    Column("step", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("retryable", Boolean, nullable=False, server_default=text("false")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("bookmark_id", "step"),
    ForeignKeyConstraint(["bookmark_id"], ["bookmarks.links.bookmark_id"], ondelete="CASCADE"),
    CheckConstraint("step in ('fetch', 'screenshot', 'image', 'text', 'caption')", name="link_steps_step"),
    CheckConstraint("state in ('pending', 'running', 'done', 'skipped', 'failed')", name="link_steps_state"),
)

# One of a kind a link. What it is made of lies in the object store, under `object`.
link_images = Table(
    "link_images",
    metadata,
    Column("bookmark_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    # The beginning of the SHA-256 of its bytes, in hex.
    Column("version", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("blurhash", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    PrimaryKeyConstraint("bookmark_id", "kind"),
    ForeignKeyConstraint(["bookmark_id"], ["bookmarks.links.bookmark_id"], ondelete="CASCADE"),
    CheckConstraint("kind in ('image', 'screenshot')", name="link_images_kind"),
)

# What lies in the object store, or may: written down before it is put there, and until it is gone.
objects = Table(
    "objects",
    metadata,
    Column("name", Text, nullable=False),
    # writing -> kept -> gone; a `writing` that is old is gone, too.
    Column("state", Text, nullable=False, server_default=text("'writing'")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("name"),
    CheckConstraint("state in ('writing', 'kept', 'gone')", name="objects_state"),
    Index("objects_to_remove", "changed_at", postgresql_where=text("state <> 'kept'")),
)

# Bookmarks of links that were removed. They are none while they lie here: no list, count or check knows of them.
trash = Table(
    "trash",
    metadata,
    Column("id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("note", Text),
    Column("tags", ARRAY(Text), nullable=False),
    Column("collection_id", Uuid),
    Column("state", Text, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("trashed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id"),
    Index("trash_latest", "workspace", "user_id", "trashed_at", "id"),
    Index("trash_oldest", "trashed_at"),
)

# Links that were made part of another: for streams that still watch them.
merges = Table(
    "merges",
    metadata,
    Column("bookmark_id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("merged_into", Uuid, nullable=False),
    Column("merged_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("bookmark_id"),
    Index("merges_oldest", "merged_at"),
    Index("merges_into", "merged_into"),
)

# Looking up that is to be asked for: written with the link, and deleted when the jobs service has taken it.
outbox = Table(
    "outbox",
    metadata,
    # The request id, too: asked for twice, it is one job.
    Column("id", Uuid, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("bookmark_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    # An import's wait until few of the person's links are being looked up.
    Column("imported", Boolean, nullable=False, server_default=text("false")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id"),
    Index("outbox_due", "imported", "next_at"),
    Index("outbox_of_person", "workspace", "user_id"),
    Index("outbox_of_bookmark", "bookmark_id"),
)
