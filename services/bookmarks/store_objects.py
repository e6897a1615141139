"""Pictures of links in PostgreSQL, and what lies in the object store, or may."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import Queries, Row, Statement
from chassis.errors import Unavailable
from services.bookmarks.store import OWNER, Owner, b
from services.bookmarks.tables_links import link_images, links, objects

o = objects.c
i = link_images.c
NAME = bindparam("name", type_=Text)
NAMES = bindparam("names", type_=ARRAY(Text))
WRITING, KEPT, GONE = (literal_column(f"'{state}'", Text) for state in ("writing", "kept", "gone"))


class ImageLost(Unavailable):
    """The picture was put away before it was kept"""

    reason = "IMAGE_LOST"


class Stored(NamedTuple):
    """A picture that lies in the object store, and is not yet kept."""

    kind: str
    object: str
    version: str
    media_type: str
    width: int
    height: int
    blurhash: str
    size_bytes: int


async def announce(queries: Queries, name: str) -> None:
    """Write down that an object will be put there. One that is kept is left as it is: it has the same bytes."""
    await queries.rows(_announce(), name=name)


async def keep(queries: Queries, bookmark_id: UUID, picture: Stored) -> None:
    """Make it the link's picture of its kind; the former one is gone. In the transaction that says so."""
    if await queries.row(_kept(), name=picture.object) is None:
        raise ImageLost(retry_after=1)
    await queries.rows(_keep(), bookmark_id=bookmark_id, **picture._asdict())


async def find(queries: Queries, owner: Owner, bookmark_id: UUID, kind: str) -> Row | None:
    """The picture of a bookmark, also in the trash: object (null where there is none), version, media_type."""
    return await queries.row(_find(), **owner._asdict(), id=bookmark_id, kind=kind)


async def unwanted(queries: Queries, limit: int) -> list[str]:
    """Some objects that are gone, or were never kept; nobody else touches them until the transaction ends."""
    return [row["name"] for row in await queries.rows(_unwanted(limit))]


async def forget(queries: Queries, names: Sequence[str]) -> None:
    """They are no longer in the store."""
    await queries.rows(_forget(), names=list(names))


async def postpone(queries: Queries, names: Sequence[str]) -> None:
    """They could not be deleted: later."""
    await queries.rows(_postpone(), names=list(names))


@lru_cache
def _announce() -> Statement:
    again = {"state": WRITING, "changed_at": func.now()}
    new = insert(objects).values(name=NAME)
    return Statement(new.on_conflict_do_update(constraint=objects.primary_key, set_=again, where=o.state != KEPT))


@lru_cache
def _kept() -> Statement:
    mine = update(objects).where(o.name == NAME, o.state != GONE)
    return Statement(mine.values(state=KEPT, changed_at=func.now()).returning(o.name))


@lru_cache
def _keep() -> Statement:
    numbers: dict[str, Any] = {"width": Integer, "height": Integer, "size_bytes": BigInteger}
    values = {name: bindparam(name, type_=numbers.get(name, Text)) for name in Stored._fields}
    new = insert(link_images).values(bookmark_id=bindparam("bookmark_id", type_=Uuid), **values)
    changed = {name: value for name, value in values.items() if name != "kind"}
    return Statement(new.on_conflict_do_update(constraint=link_images.primary_key, set_=changed))


@lru_cache
def _find() -> Statement:
    id_ = bindparam("id", type_=Uuid)
    mine = (links.c.workspace == bindparam("workspace"), links.c.user_id == bindparam("user"))
    saved = select(b.id).where(*OWNER, b.id == id_)
    known = union(saved, select(links.c.bookmark_id).where(*mine, links.c.bookmark_id == id_)).subquery("known")
    its = and_(i.bookmark_id == known.c.id, i.kind == bindparam("kind", type_=Text))
    return Statement(select(i.object, i.version, i.media_type).select_from(known.outerjoin(link_images, its)))


@lru_cache
def _unwanted(limit: int) -> Statement:
    hour_ago: ColumnElement[Any] = func.now() - text("interval '1 hour'")
    due = (o.state != KEPT, o.changed_at <= func.now(), or_(o.state == GONE, o.changed_at <= hour_ago))
    some = select(o.name).where(*due).order_by(o.changed_at).limit(literal_column(str(limit)))
    return Statement(some.with_for_update(skip_locked=True))


@lru_cache
def _forget() -> Statement:
    return Statement(delete(objects).where(o.name == func.any(NAMES)))


@lru_cache
def _postpone() -> Statement:
    later = {"state": GONE, "changed_at": func.now() + text("interval '5 minutes'")}
    return Statement(update(objects).where(o.name == func.any(NAMES)).values(later))
