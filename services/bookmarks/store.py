"""Bookmarks in PostgreSQL. A read or a save is one statement that also asks what the person may see (sight.py)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import Queries, Row, Statement
from services.bookmarks.domain import Bookmark, Target, TargetType, Words
from services.bookmarks.rows import TYPES, to_bookmark
from services.bookmarks.sight import sight, word
from services.bookmarks.tables import bookmarks

b = bookmarks.c
OWNER = (b.workspace == bindparam("workspace"), b.user_id == bindparam("user"))
NO_LINK = b.target_type != word(TargetType.LINK)
TARGET = (b.target_type == bindparam("type"), b.target_id == bindparam("target"))


class Owner(NamedTuple):
    """Whose bookmarks."""

    workspace: str
    user: str


class Toggled(NamedTuple):
    """What one try at a toggle did. Neither removed nor saved though it may be seen: somebody else was faster."""

    removed: bool
    available: bool
    bookmark: Bookmark | None


async def save(queries: Queries, owner: Owner, id_: UUID, target: Target, words: Words) -> Bookmark | None:
    """Save, or find saved; the id tells which. None: the person may not see the target, or it is not there."""
    row = await queries.row(_save(target.type), **owner._asdict(), **_new(id_, target, words))
    return row and to_bookmark(row)


async def toggle(queries: Queries, owner: Owner, id_: UUID, target: Target) -> Toggled:
    """Remove, or else save."""
    row = await queries.row(_toggle(target.type), **owner._asdict(), **_new(id_, target, Words()), type=target.type)
    assert row is not None, "the statement selects from one row of parameters"
    return Toggled(row["removed"], row["available"], to_bookmark(row) if row["id"] else None)


async def get(queries: Queries, owner: Owner, id_: UUID) -> Bookmark | None:
    """One bookmark."""
    row = await queries.row(_get(), **owner._asdict(), id=id_)
    return row and to_bookmark(row)


async def lock(queries: Queries, owner: Owner, key: UUID | Target) -> Row | None:
    """The row itself, held until the transaction ends."""
    return await queries.row(_lock(isinstance(key, Target)), **owner._asdict(), **_keyed(key))


async def rewrite(queries: Queries, owner: Owner, id_: UUID, words: Words) -> Bookmark | None:
    """Replace what the person wrote; the version goes up by one."""
    values = {
        "new_note": words.note,
        "new_tags": list(words.tags),
        "new_collection": words.collection_id,
        "new_state": words.state,
        "new_due": words.due_time,
    }
    row = await queries.row(_rewrite(), **owner._asdict(), id=id_, **values)
    return row and to_bookmark(row)


async def remove(queries: Queries, owner: Owner, key: UUID | Target) -> bool:
    """Remove a message or a file, by id or by target; tells whether it was there. Links go to the trash."""
    return await queries.row(_remove(isinstance(key, Target)), **owner._asdict(), **_keyed(key)) is not None


async def find(queries: Queries, owner: Owner, targets: Sequence[Target]) -> dict[Target, UUID]:
    """Those of the targets that are saved, with their bookmarks."""
    types, ids = [target.type.value for target in targets], [target.id for target in targets]
    rows = await queries.rows(_find(), **owner._asdict(), types=types, targets=ids)
    return {Target(TYPES[row["target_type"]], row["target_id"]): row["id"] for row in rows}


def _keyed(key: UUID | Target) -> dict[str, Any]:
    return {"type": key.type, "target": key.id} if isinstance(key, Target) else {"id": key}


def _new(id_: UUID, target: Target, words: Words) -> dict[str, Any]:
    return {
        "id": id_,
        "target": target.id,
        "note": words.note,
        "tags": list(words.tags),
        "collection": words.collection_id,
        "due": words.due_time,
    }


@lru_cache
def _wanted(type_: TargetType) -> Any:
    """One row of parameters in the shape that `sight` looks behind."""
    return select(
        bindparam("workspace", type_=Text).label("workspace"),
        bindparam("user", type_=Text).label("user_id"),
        word(type_).label("target_type"),
        bindparam("target", type_=Text).label("target_id"),
    ).cte("wanted")


def _new_row(source: Any) -> Any:
    """Insert what a person may see, with their words on it."""
    words = [
        bindparam("id", type_=Uuid),
        source.c.workspace,
        source.c.user_id,
        source.c.target_type,
        source.c.target_id,
        bindparam("note", type_=Text),
        bindparam("tags", type_=ARRAY(Text)),
        bindparam("collection", type_=Uuid),
        bindparam("due", type_=DateTime(timezone=True)),
    ]
    names = ["id", "workspace", "user_id", "target_type", "target_id", "note", "tags", "collection_id", "due_at"]
    return insert(bookmarks).from_select(names, select(*words).where(source.c.available))


@lru_cache
def _save(type_: TargetType) -> Statement:
    wanted = _wanted(type_)
    view = sight(wanted, type_)
    seen = select(*wanted.c, view.available.label("available"), *view.columns).select_from(view.joined).cte("seen")
    # An update that changes nothing, so that the row comes back also when it was there before, or comes into being
    # at the same moment: after this statement there is one row, and the caller has it.
    upsert = _new_row(seen).on_conflict_do_update(
        constraint="bookmarks_target", set_={"target_id": bookmarks.c.target_id}
    )
    saved = upsert.returning(*b).cte("saved")
    content = [seen.c[column.name] for column in view.columns]
    return Statement(select(*saved.c, *content).join_from(saved, seen, true()))


@lru_cache
def _toggle(type_: TargetType) -> Statement:
    wanted = _wanted(type_)
    removed = delete(bookmarks).where(*OWNER, *TARGET).returning(b.id).cte("removed")
    was_there = exists(select(removed.c.id))
    view = sight(wanted, type_)
    available = (view.available & ~was_there).label("available")
    seen = select(*wanted.c, available, *view.columns).select_from(view.joined).cte("seen")
    saved = _new_row(seen).on_conflict_do_nothing(constraint="bookmarks_target").returning(*b).cte("saved")
    content = [seen.c[column.name] for column in view.columns]
    return Statement(
        select(was_there.label("removed"), seen.c.available, *saved.c, *content).select_from(
            seen.outerjoin(saved, true())
        )
    )


@lru_cache
def _get() -> Statement:
    mine = select(bookmarks).where(*OWNER, b.id == bindparam("id")).subquery("b")
    view = sight(mine)
    return Statement(select(*mine.c, *view.columns).select_from(view.joined))


@lru_cache
def _lock(by_target: bool) -> Statement:
    return Statement(select(bookmarks).where(*OWNER, *_key(by_target)).with_for_update())


@lru_cache
def _rewrite() -> Statement:
    values = {
        "note": bindparam("new_note", type_=Text),
        "tags": bindparam("new_tags", type_=ARRAY(Text)),
        "collection_id": bindparam("new_collection", type_=Uuid),
        "state": bindparam("new_state", type_=Text),
        "due_at": bindparam("new_due", type_=DateTime(timezone=True)),
        "updated_at": func.now(),
        "version": b.version + 1,
    }
    statement = update(bookmarks).where(*OWNER, b.id == bindparam("id")).values(values)
    changed = statement.returning(*b).cte("changed")
    view = sight(changed)
    return Statement(select(*changed.c, *view.columns).select_from(view.joined))


@lru_cache
def _remove(by_target: bool) -> Statement:
    return Statement(delete(bookmarks).where(*OWNER, *_key(by_target), NO_LINK).returning(b.id))


def _key(by_target: bool) -> tuple[Any, ...]:
    return TARGET if by_target else (b.id == bindparam("id"),)


@lru_cache
def _find() -> Statement:
    asked, found = saved_of_pairs()
    columns = (asked.c.type.label("target_type"), asked.c.target.label("target_id"), found.c.id)
    return Statement(select(*columns).select_from(asked.join(found, true())))


def saved_of_pairs() -> tuple[Any, Any]:
    """The targets in the parameters `types` and `targets`, and beside each the id of its bookmark.

    Looked up one by one, whatever the planner believes: it would else read all that the person saved.
    """
    pairs = func.unnest(bindparam("types", type_=ARRAY(Text)), bindparam("targets", type_=ARRAY(Text)))
    asked = pairs.table_valued("type", "target").render_derived(name="asked")
    same = (b.target_type == asked.c.type, b.target_id == asked.c.target)
    return asked, select(b.id).where(*OWNER, *same).limit(literal_column("1")).lateral("found")
