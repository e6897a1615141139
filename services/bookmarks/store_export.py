"""All bookmarks of a person, page by page, the oldest first; a page costs the same at any depth."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, bindparam, literal_column, select, true, tuple_

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain_export import Exported
from services.bookmarks.store import Owner
from services.bookmarks.tables import bookmarks, collections
from services.bookmarks.tables_links import links

PAGE = 500
FOUND = ("url", "final_url", "own_title", "own_description", "site", "site_name", "media_type", "media_class")
LONG = ("caption", "title", "description")


class Part(Enum):
    """Which of them."""

    ALL = auto()
    LINKS = auto()
    # Those in no collection, and those in one.
    LOOSE_LINKS = auto()
    LINKS_OF_ONE = auto()


class Position(NamedTuple):
    """Behind which a page begins."""

    at: datetime
    id: UUID


async def page(
    queries: Queries, owner: Owner, part: Part, after: Position | None, collection: UUID | None = None
) -> Sequence[Exported]:
    """Up to 500 that come after a position."""
    at, id_ = after or (None, None)
    rows = await queries.rows(_page(part, after is None), **owner._asdict(), at=at, after=id_, collection=collection)
    return [_read(row) for row in rows]


def _read(row: Row) -> Exported:
    own = {"id": row["id"], "type": row["target_type"], "target_id": row["target_id"]}
    words = {"note": row["note"] or "", "tags": row["tags"], "collection": row["collection"] or ""}
    times = {"due_time": row["due_at"], "create_time": row["created_at"], "update_time": row["updated_at"]}
    whole = {**own, **words, **times, "state": row["state"]}
    if row["url"] is None:
        return Exported(**whole)
    found = {name: row[name] for name in (*FOUND, *LONG)} | {"other_urls": row["other_urls"]}
    # An empty one of the person's is theirs as well.
    shown = {name: row[name] if row[f"own_{name}"] is None else row[f"own_{name}"] for name in ("title", "description")}
    return Exported(**whole, **found | shown)


@lru_cache
def _page(part: Part, first: bool) -> Statement:
    b, found, c = bookmarks.c, links.c, collections.c
    joined = bookmarks.outerjoin(links, found.bookmark_id == b.id).outerjoin(collections, c.id == b.collection_id)
    words = [b.id, b.target_type, b.target_id, b.note, b.tags, b.state, b.due_at, b.created_at, b.updated_at]
    columns = [*words, c.name.label("collection"), found.other_urls, *(found[name] for name in (*FOUND, *LONG))]
    at, after = bindparam("at", type_=DateTime(timezone=True)), bindparam("after", type_=Uuid)
    follows = true() if first else tuple_(b.created_at, b.id) > tuple_(at, after)
    mine = (b.workspace == bindparam("workspace", type_=Text), b.user_id == bindparam("user", type_=Text))
    rows = select(*columns).select_from(joined).where(*mine, follows, *_of(part))
    return Statement(rows.order_by(b.created_at, b.id).limit(literal_column(str(PAGE))))


def _of(part: Part) -> list[Any]:
    conditions: list[Any] = []
    if part is not Part.ALL:
        conditions.append(bookmarks.c.target_type == literal_column("'link'"))
    if part is Part.LOOSE_LINKS:
        conditions.append(bookmarks.c.collection_id.is_(None))
    if part is Part.LINKS_OF_ONE:
        conditions.append(bookmarks.c.collection_id == bindparam("collection", type_=Uuid))
    return conditions
