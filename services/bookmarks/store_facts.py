"""Facts in PostgreSQL: one upsert for each kind in a round, and what a deletion takes with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.bookmarks import tables
from services.bookmarks.facts import Fact, Kind

WORKSPACE = bindparam("workspace", type_=Text)
IDS = bindparam("ids", type_=ARRAY(Text))


@dataclass(frozen=True)
class _Stored:
    """Where a kind of fact is kept. A tombstone keeps `kept`: they say who could see what is gone."""

    table: Table
    key: tuple[str, ...]
    values: tuple[str, ...]
    kept: tuple[str, ...] = ()
    # Where the row hangs on another: its column, and the table that may hold a tombstone.
    parent: tuple[str, Table] | None = None


STORED = {
    Kind.USER: _Stored(tables.users, ("id",), ("name",)),
    Kind.CONVERSATION: _Stored(tables.conversations, ("id",), ("kind", "name"), ("kind",)),
    Kind.MEMBERSHIP: _Stored(
        tables.memberships, ("conversation_id", "user_id"), ("removed",), parent=("user_id", tables.users)
    ),
    Kind.MESSAGE: _Stored(
        tables.messages,
        ("id",),
        ("conversation_id", "author_id", "text", "sent_at"),
        ("conversation_id", "author_id", "sent_at"),
        ("conversation_id", tables.conversations),
    ),
    Kind.FILE: _Stored(
        tables.files,
        ("id",),
        ("message_id", "uploader_id", "name", "media_type", "size_bytes"),
        ("message_id", "uploader_id"),
        ("message_id", tables.messages),
    ),
}


async def serialise(queries: Queries, workspace: str) -> None:
    """One batch of a workspace at a time, until the transaction ends: what a batch reads is then what it changes."""
    await queries.value(_serialise(), name=f"cairn.bookmarks.feed.{workspace}")


async def take(queries: Queries, workspace: str, facts: Sequence[Fact]) -> None:
    """Take one round, and everything that its deletions take with them."""
    for kind in Kind:
        some = [fact for fact in facts if fact.kind is kind]
        if some:
            rows = await queries.rows(_upsert(kind), workspace=workspace, **_columns(STORED[kind], some))
            gone = [row["id"] for row in rows if row["deleted"]]
            for statement in _consequences(kind) if gone else ():
                await queries.rows(statement, workspace=workspace, ids=gone)


def _columns(stored: _Stored, facts: Iterable[Fact]) -> dict[str, list[Any]]:
    names = (*stored.key, *stored.values, "deleted", "at")
    # In one order everywhere, as every statement here that locks many rows.
    rows = [(*f.key, *f.values, f.deleted, f.occurred_at) for f in sorted(facts, key=lambda fact: fact.key)]
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


@lru_cache
def _serialise() -> Statement:
    return Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))


@lru_cache
def _upsert(kind: Kind) -> Statement:
    stored = STORED[kind]
    table, has_tombstones = stored.table, "deleted" in stored.table.c
    columns = [*stored.key, *stored.values]
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
    arrays += [bindparam("deleted", type_=ARRAY(Boolean)), bindparam("at", type_=ARRAY(DateTime(timezone=True)))]
    new = func.unnest(*arrays).table_valued(*columns, "deleted", "at").render_derived(name="new")
    old = table.alias("old")
    same = and_(old.c.workspace == WORKSPACE, *(old.c[name] == new.c[name] for name in stored.key))
    at = func.coalesce(new.c.at, func.now())
    source = select(WORKSPACE, *(new.c[name] for name in columns), *([new.c.deleted] if has_tombstones else []), at)
    source = source.select_from(new.outerjoin(old, same)).where(_wins(new, old, has_tombstones), _parent(stored, new))
    marks = ["deleted", "changed_at"] if has_tombstones else ["changed_at"]
    statement = insert(table).from_select(["workspace", *columns, *marks], source)
    changes = {name: _value(stored, statement.excluded, name) for name in (*stored.values, *marks)}
    statement = statement.on_conflict_do_update(constraint=table.primary_key, set_=changes)
    id_ = table.c[stored.key[-1]].label("id")
    return Statement(statement.returning(id_, (table.c.deleted if has_tombstones else false()).label("deleted")))


def _wins(new: Any, old: Any, has_tombstones: bool) -> ColumnElement[bool]:
    """The later change wins; a tombstone gives way only to one that is dated, and after it."""
    later = func.coalesce(new.c.at, func.now()) >= old.c.changed_at
    if has_tombstones:
        lifts = new.c.at > old.c.changed_at
        later = and_(later, or_(not_(old.c.deleted), new.c.deleted, func.coalesce(lifts, false())))
    return or_(old.c.workspace.is_(None), later)


def _parent(stored: _Stored, new: Any) -> ColumnElement[bool]:
    """Nothing new may hang on what was deleted, unless it is dated after the deletion."""
    if stored.parent is None:
        return true()
    column, table = stored.parent
    lifts = func.coalesce(new.c.at > table.c.changed_at, false())
    dead = exists().where(table.c.workspace == WORKSPACE, table.c.id == new.c[column], table.c.deleted, not_(lifts))
    return or_(new.c.deleted, not_(dead))


def _value(stored: _Stored, excluded: Any, name: str) -> Any:
    if name not in stored.kept:
        return excluded[name]
    return case((excluded.deleted, stored.table.c[name]), else_=excluded[name])


@lru_cache
def _consequences(kind: Kind) -> tuple[Statement, ...]:
    match kind:
        case Kind.USER:
            own = (tables.bookmarks, tables.collections, tables.toggles, tables.tallies)
            gone = [delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id == func.any(IDS)) for each in own]
            return tuple(Statement(each) for each in (*gone, _end_memberships(), _drop_loose_files()))
        case Kind.CONVERSATION:
            return (Statement(_files_of(_messages_of().returning(tables.messages.c.id).cte("gone"))),)
        case Kind.MESSAGE:
            gone_ids = select(func.unnest(IDS).label("id")).cte("gone")
            return (Statement(_files_of(gone_ids)),)
    return ()


def _end_memberships() -> Any:
    s, u = tables.memberships, tables.users
    theirs = and_(u.c.workspace == WORKSPACE, u.c.id == func.any(IDS), s.c.workspace == u.c.workspace)
    before = and_(s.c.user_id == u.c.id, s.c.changed_at <= u.c.changed_at)
    return update(s).where(theirs, before).values(removed=True, changed_at=u.c.changed_at)


def _drop_loose_files() -> Any:
    f = tables.files
    loose = and_(f.c.workspace == WORKSPACE, f.c.uploader_id == func.any(IDS), f.c.message_id.is_(None))
    return update(f).where(loose).values(_erased_file())


def _messages_of() -> Any:
    m, c = tables.messages, tables.conversations
    theirs = and_(c.c.workspace == WORKSPACE, c.c.id == func.any(IDS), m.c.workspace == c.c.workspace)
    before = and_(m.c.conversation_id == c.c.id, m.c.changed_at <= c.c.changed_at, not_(m.c.deleted))
    return update(m).where(theirs, before).values(deleted=True, text="", changed_at=c.c.changed_at)


def _files_of(gone: Any) -> Any:
    f = tables.files
    return update(f).where(f.c.workspace == WORKSPACE, f.c.message_id == gone.c.id).values(_erased_file())


def _erased_file() -> dict[str, Any]:
    now = func.greatest(tables.files.c.changed_at, func.now())
    return {"deleted": True, "name": "", "media_type": "", "size_bytes": text("0"), "changed_at": now}
