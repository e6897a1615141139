"""Collections in PostgreSQL."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, delete, func, literal_column, null, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain import MAX_COLLECTIONS, Collection, CollectionExists
from services.bookmarks.rows import to_collection
from services.bookmarks.store import Owner
from services.bookmarks.tables import bookmarks, collections

c = collections.c
OWNER = (c.workspace == bindparam("workspace"), c.user_id == bindparam("user"))
REFUSALS = {"collections_name": CollectionExists}


async def serialise(queries: Queries, owner: Owner) -> None:
    """One at a time makes collections of a person's, until the transaction ends."""
    await queries.serialise(f"cairn.bookmarks.collections.{owner.workspace}\n{owner.user}")


async def named(queries: Queries, owner: Owner, keys: Sequence[str]) -> dict[str, UUID]:
    """Those that have these names, case-folded; they stay until the transaction ends."""
    rows = await queries.rows(_named(), **owner._asdict(), keys=list(keys))
    return {row["name_key"]: row["id"] for row in rows}


async def create(queries: Queries, owner: Owner, id_: UUID, name: str) -> Collection | None:
    """A new collection; None: the person has as many as there can be. Counted exactly only in a transaction."""
    await serialise(queries, owner)
    row = await queries.row(_create(), **owner._asdict(), id=id_, name=name, key=name.casefold())
    return row and to_collection(row)


async def get(queries: Queries, owner: Owner, id_: UUID) -> Collection | None:
    """One collection."""
    row = await queries.row(_get(), **owner._asdict(), id=id_)
    return row and to_collection(row)


async def hold(queries: Queries, owner: Owner, id_: UUID) -> bool:
    """Whether it exists; if so, it stays until the transaction ends."""
    return await queries.row(_hold(), **owner._asdict(), id=id_) is not None


async def lock(queries: Queries, owner: Owner, id_: UUID) -> Row | None:
    """The row itself, held until the transaction ends."""
    return await queries.row(_lock(), **owner._asdict(), id=id_)


async def rename(queries: Queries, owner: Owner, id_: UUID, name: str) -> Collection | None:
    """Rename it; the version goes up by one."""
    row = await queries.row(_rename(), **owner._asdict(), id=id_, new_name=name, new_key=name.casefold())
    return row and to_collection(row)


async def remove(queries: Queries, owner: Owner, id_: UUID) -> None:
    """Take its bookmarks out of it, which changes each of them, and delete it. It must be locked."""
    await queries.rows(_empty(), **owner._asdict(), id=id_)
    await queries.rows(_remove(), **owner._asdict(), id=id_)


async def page(queries: Queries, owner: Owner, after: tuple[str, UUID] | None, limit: int) -> Sequence[Collection]:
    """Collections by name, from a position on."""
    key, id_ = after or ("", UUID(int=0))
    rows = await queries.rows(_page(), **owner._asdict(), after_key=key, after_id=id_, size=limit)
    return [to_collection(row) for row in rows]


async def count(queries: Queries, owner: Owner) -> int:
    """How many there are."""
    return int(await queries.value(_count(), **owner._asdict()))


def _columns(source: Any) -> list[Any]:
    held = select(func.count()).where(bookmarks.c.collection_id == source.id).scalar_subquery()
    names = ("id", "name", "name_key", "created_at", "updated_at", "version")
    return [*(source[name] for name in names), held.label("bookmark_count")]


@lru_cache
def _create() -> Statement:
    values: list[Any] = [bindparam(name, type_=Text) for name in ("workspace", "user", "name", "key")]
    room = select(func.count()).where(*OWNER).scalar_subquery() < literal_column(str(MAX_COLLECTIONS))
    names = ["id", "workspace", "user_id", "name", "name_key"]
    new = insert(collections).from_select(names, select(bindparam("id", type_=Uuid), *values).where(room))
    made = new.returning(*c).cte("made")
    return Statement(select(*_columns(made.c)), REFUSALS)


@lru_cache
def _get() -> Statement:
    return Statement(select(*_columns(c)).where(*OWNER, c.id == bindparam("id")))


@lru_cache
def _hold() -> Statement:
    return Statement(select(c.id).where(*OWNER, c.id == bindparam("id")).with_for_update(key_share=True, read=True))


@lru_cache
def _named() -> Statement:
    some = select(c.id, c.name_key).where(*OWNER, c.name_key == func.any(bindparam("keys", type_=ARRAY(Text))))
    return Statement(some.order_by(c.id).with_for_update(key_share=True, read=True))


@lru_cache
def _lock() -> Statement:
    return Statement(select(collections).where(*OWNER, c.id == bindparam("id")).with_for_update())


@lru_cache
def _rename() -> Statement:
    values = {
        "name": bindparam("new_name"),
        "name_key": bindparam("new_key"),
        "updated_at": func.now(),
        "version": c.version + 1,
    }
    statement = update(collections).where(*OWNER, c.id == bindparam("id")).values(values)
    renamed = statement.returning(*c).cte("renamed")
    return Statement(select(*_columns(renamed.c)), REFUSALS)


@lru_cache
def _empty() -> Statement:
    b = bookmarks.c
    inside = (b.workspace == bindparam("workspace"), b.user_id == bindparam("user"), b.collection_id == bindparam("id"))
    # In the order in which everybody locks many bookmarks.
    some = select(b.id).where(*inside).order_by(b.target_type, b.target_id).with_for_update().cte("inside")
    values = {"collection_id": null(), "updated_at": func.now(), "version": b.version + 1}
    return Statement(update(bookmarks).where(b.id.in_(select(some.c.id))).values(values))


@lru_cache
def _remove() -> Statement:
    return Statement(delete(collections).where(*OWNER, c.id == bindparam("id")))


@lru_cache
def _page() -> Statement:
    after = tuple_(c.name_key, c.id) > tuple_(bindparam("after_key", type_=Text), bindparam("after_id", type_=Uuid))
    rows = select(*_columns(c)).where(*OWNER, after).order_by(c.name_key, c.id)
    return Statement(rows.limit(bindparam("size", type_=Integer)))


@lru_cache
def _count() -> Statement:
    return Statement(select(func.count()).select_from(collections).where(*OWNER))
