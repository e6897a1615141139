"""The trash in PostgreSQL: links go in, come back as they were, or are deleted for good.

Everybody locks in one order: bookmarks, trash, links. A trigger marks the objects of pictures that go as gone.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    not_,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import Queries, Statement
from services.bookmarks.domain import TargetType
from services.bookmarks.domain_trash import Trashed
from services.bookmarks.rows import to_bookmark
from services.bookmarks.sight import sight
from services.bookmarks.store import OWNER, Owner, b
from services.bookmarks.store_lists import Position
from services.bookmarks.tables import bookmarks, collections
from services.bookmarks.tables_links import link_keys, links, merges, outbox, trash

t = trash.c
IN_TRASH = (t.workspace == bindparam("workspace"), t.user_id == bindparam("user"))
IDS = bindparam("ids", type_=ARRAY(Uuid))
LINK: ColumnElement[str] = literal_column("'link'", Text)
KEPT = [column.name for column in trash.columns if column.name != "trashed_at"]
# 30 days, in hours: a day of PostgreSQL may have 23 of them.
DAYS_KEPT = "interval '720 hours'"
OVERDUE = t.trashed_at <= func.now() - text(DAYS_KEPT)


async def bin_(queries: Queries, owner: Owner, ids: Sequence[UUID]) -> list[UUID]:
    """Move links to the trash; tells which. What is no link of the person's is passed over."""
    return [row["id"] for row in await queries.rows(_bin(), **owner._asdict(), ids=list(ids))]


async def restore(queries: Queries, owner: Owner, ids: Sequence[UUID]) -> list[UUID]:
    """Take links out of the trash as they were; tells which. What was not looked up to the end is asked for again."""
    return [row["id"] for row in await queries.rows(_restore(), **owner._asdict(), ids=list(ids))]


async def hold(queries: Queries, owner: Owner, keys: Sequence[str]) -> None:
    """What lies in the trash stays there until the transaction ends, but for what that does itself."""
    await queries.rows(_hold(), **owner._asdict(), keys=list(keys))


async def destroy(queries: Queries, owner: Owner, ids: Sequence[UUID]) -> list[UUID]:
    """Delete links for good, whether or not they lie in the trash; tells which."""
    return [row["id"] for row in await queries.rows(_destroy(), **owner._asdict(), ids=list(ids))]


async def empty(queries: Queries, owner: Owner, ids: Sequence[UUID] | None, limit: int) -> int:
    """Delete for good what lies in the trash, all or some of it, but at most so many; tells how many."""
    return len(await queries.rows(_empty(ids is None, limit), **owner._asdict(), ids=list(ids or ())))


async def page(queries: Queries, owner: Owner, after: Position | None, size: int) -> list[Trashed]:
    """What lies in the trash after a position, the latest first; from the start where it is None."""
    parameters = {"after_time": after and after[0], "after_id": after and after[1]}
    rows = await queries.rows(_page(after is None, size), **owner._asdict(), **parameters)
    return [Trashed(to_bookmark(row), row["trashed_at"]) for row in rows]


async def purge(queries: Queries, limit: int) -> int:
    """Delete for good what has lain in the trash for 30 days, whoever's, but at most so many; tells how many."""
    return len(await queries.rows(_purge(limit)))


async def forget_merges(queries: Queries, limit: int) -> int:
    """Delete what nobody watches any more, but at most so many; tells how many."""
    return len(await queries.rows(_forget_merges(limit)))


@lru_cache
def _bin() -> Statement:
    moved = _removed()
    values = [moved.c[name] for name in KEPT]
    kept = insert(trash).from_select(KEPT, select(*values)).cte("kept")
    return Statement(select(moved.c.id).add_cte(kept, _told(moved.c.id)))


@lru_cache
def _restore() -> Statement:
    some = select(trash).where(*IN_TRASH, t.id == func.any(IDS)).order_by(t.target_id).with_for_update().cte("some")
    c = collections.c
    same = (c.workspace == bindparam("workspace"), c.user_id == bindparam("user"))
    wanted = select(c.id).where(*same, c.id.in_(select(some.c.collection_id)))
    # They stay until this is done; one that is being deleted is waited for, and is then none.
    held = wanted.with_for_update(key_share=True, read=True).cte("held")
    there = case((some.c.collection_id.in_(select(held.c.id)), some.c.collection_id))
    values = [there if name == "collection_id" else some.c[name] for name in KEPT]
    rows = select(*values, LINK).order_by(some.c.target_id)
    back = insert(bookmarks).from_select([*KEPT, "target_type"], rows).on_conflict_do_nothing()
    restored = back.returning(b.id).cte("restored")
    emptied = delete(trash).where(t.id.in_(select(restored.c.id))).cte("emptied")
    return Statement(select(restored.c.id).add_cte(emptied, _told(restored.c.id), _asked_again(restored.c.id)))


def _asked_again(some: Any) -> Any:
    """The looking up that stopped when they were removed."""
    waiting = exists(select(outbox.c.id).where(outbox.c.bookmark_id == links.c.bookmark_id))
    unfinished = links.c.enrichment.in_([literal_column("'pending'"), literal_column("'running'")])
    many = func.cardinality(IDS) > literal_column("1")
    rows = select(
        func.gen_random_uuid(), links.c.workspace, links.c.user_id, links.c.bookmark_id, links.c.round, many
    ).where(links.c.bookmark_id.in_(select(some)), unfinished, not_(waiting))
    names = ["id", "workspace", "user_id", "bookmark_id", "round", "imported"]
    return insert(outbox).from_select(names, rows).cte("asked")


@lru_cache
def _hold() -> Statement:
    k = link_keys.c
    mine = (k.workspace == t.workspace, k.user_id == t.user_id, k.key == func.any(bindparam("keys", type_=ARRAY(Text))))
    lying = select(t.id).join(link_keys, k.bookmark_id == t.id).where(*IN_TRASH, *mine)
    return Statement(lying.order_by(t.target_id).with_for_update(of=trash))


@lru_cache
def _destroy() -> Statement:
    lying = select(t.id).where(*IN_TRASH, t.id == func.any(IDS)).order_by(t.target_id).with_for_update()
    thrown = _thrown(lying)
    either = union_all(select(_removed().c.id), select(thrown.c.id)).cte("either")
    return Statement(select(either.c.id).add_cte(*_without(either.c.id)))


@lru_cache
def _empty(everything: bool, limit: int) -> Statement:
    lying = select(t.id).where(*IN_TRASH, *(() if everything else (t.id == func.any(IDS),)))
    thrown = _thrown(lying.order_by(t.target_id).limit(literal_column(str(limit))).with_for_update())
    return Statement(select(thrown.c.id).add_cte(*_without(thrown.c.id)))


@lru_cache
def _page(first: bool, size: int) -> Statement:
    c = collections.c
    there = select(c.id).where(c.workspace == t.workspace, c.user_id == t.user_id, c.id == t.collection_id)
    shown = [there.scalar_subquery().label(each.name) if each is t.collection_id else each for each in t]
    mine = select(*shown, LINK.label("target_type")).where(*IN_TRASH)
    if not first:
        position = tuple_(bindparam("after_time", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid))
        mine = mine.where(tuple_(t.trashed_at, t.id) < position)
    some = mine.order_by(t.trashed_at.desc(), t.id.desc()).limit(literal_column(str(size))).subquery("some")
    view = sight(some, TargetType.LINK)
    rows = select(*some.c, *view.columns).select_from(view.joined)
    return Statement(rows.order_by(some.c.trashed_at.desc(), some.c.id.desc()))


@lru_cache
def _purge(limit: int) -> Statement:
    some = select(t.id).where(OVERDUE).order_by(t.trashed_at).limit(literal_column(str(limit)))
    thrown = _thrown(some.with_for_update(skip_locked=True))
    return Statement(select(thrown.c.id).add_cte(*_without(thrown.c.id)))


@lru_cache
def _forget_merges(limit: int) -> Statement:
    m = merges.c
    old = select(m.bookmark_id).where(m.merged_at <= func.now() - text(DAYS_KEPT)).order_by(m.merged_at)
    some = old.limit(literal_column(str(limit))).with_for_update(skip_locked=True).cte("some")
    return Statement(delete(merges).where(m.bookmark_id.in_(select(some.c.bookmark_id))).returning(m.bookmark_id))


def _thrown(some: Any) -> Any:
    """What lay in the trash until now."""
    lying = some.cte("lying")
    return delete(trash).where(t.id.in_(select(lying.c.id))).returning(t.id).cte("thrown")


def _removed() -> Any:
    """Links that were bookmarks until now."""
    mine = select(b.id).where(*OWNER, b.id == func.any(IDS), b.target_type == LINK)
    # In the order in which everybody locks many bookmarks.
    doomed = mine.order_by(b.target_type, b.target_id).with_for_update().cte("doomed")
    return delete(bookmarks).where(b.id.in_(select(doomed.c.id))).returning(*b).cte("removed")


def _told(some: Any) -> Any:
    """Streams see it."""
    changed = update(links).where(links.c.bookmark_id.in_(select(some)))
    return changed.values(revision=links.c.revision + 1).cte("told")


def _without(some: Any) -> tuple[Any, ...]:
    """Everything else that there is of links: steps, keys and pictures go with them."""
    return (
        delete(links).where(links.c.bookmark_id.in_(select(some))).cte("forgotten"),
        delete(outbox).where(outbox.c.bookmark_id.in_(select(some))).cte("unasked"),
    )
