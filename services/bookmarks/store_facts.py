"""Facts in PostgreSQL: one upsert for each kind in a round, and what a deletion takes with it.

A row holds the latest value (`changed_at`) and the latest deletion (`deleted_at`), each on its own: whichever arrives
first, a value is gone if it, or what it hangs on, was deleted when it was said or later.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.bookmarks.facts import Fact, Kind
from services.bookmarks.tables import (
    bookmarks,
    collections,
    conversations,
    files,
    memberships,
    messages,
    tallies,
    toggles,
    users,
)

WORKSPACE = bindparam("workspace", type_=Text)
IDS = bindparam("ids", type_=ARRAY(Text))
NEVER: ColumnElement[Any] = literal_column("timestamptz '-infinity'")


@dataclass(frozen=True)
class _Stored:
    """Where a kind of fact is kept. `erased` are the values that go with a deletion; the others say who could see."""

    table: Table
    key: tuple[str, ...]
    values: tuple[str, ...]
    erased: Mapping[str, Any]

    @property
    def has_tombstones(self) -> bool:
        """Memberships have none: they end by being `removed`."""
        return "deleted" in self.table.c


STORED = {
    Kind.USER: _Stored(users, ("id",), ("name",), {"name": ""}),
    Kind.CONVERSATION: _Stored(conversations, ("id",), ("kind", "name"), {"name": ""}),
    Kind.MEMBERSHIP: _Stored(memberships, ("conversation_id", "user_id"), ("removed",), {"removed": True}),
    Kind.MESSAGE: _Stored(messages, ("id",), ("conversation_id", "author_id", "text", "sent_at"), {"text": ""}),
    Kind.FILE: _Stored(
        files,
        ("id",),
        ("message_id", "uploader_id", "name", "media_type", "size_bytes"),
        {"name": "", "media_type": "", "size_bytes": 0},
    ),
}


async def serialise(queries: Queries, workspace: str) -> None:
    """One batch of a workspace at a time, until the transaction ends: what a batch reads is then what it changes."""
    await queries.serialise(f"cairn.bookmarks.feed.{workspace}")


async def take(queries: Queries, workspace: str, facts: Sequence[Fact]) -> None:
    """Take one round, and everything that its deletions take with them."""
    for kind in Kind:
        some = [fact for fact in facts if fact.kind is kind]
        if some:
            rows = await queries.rows(_upsert(kind), workspace=workspace, **_columns(STORED[kind], some))
            parents = [row["id"] for row in rows if row["may_take_along"]]
            for statement in _consequences(kind) if parents else ():
                await queries.rows(statement, workspace=workspace, ids=parents)


def _columns(stored: _Stored, facts: Iterable[Fact]) -> dict[str, list[Any]]:
    names = (*stored.key, *stored.values, "deleted", "at")
    # In one order everywhere, as every statement here that locks many rows.
    rows = [(*f.key, *f.values, f.deleted, f.occurred_at) for f in sorted(facts, key=lambda fact: fact.key)]
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


@lru_cache
def _upsert(kind: Kind) -> Statement:
    stored = STORED[kind]
    table, names = stored.table, (*stored.key, *stored.values)
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    arrays += [bindparam("deleted", type_=ARRAY(Boolean)), bindparam("at", type_=ARRAY(DateTime(timezone=True)))]
    new = func.unnest(*arrays).table_valued(*names, "deleted", "at").render_derived(name="new")
    old = table.alias("old")
    gone = or_(new.c.deleted, _orphaned(kind, new))
    # Undated is the latest of all that arrived, by the clock of now: now() is when a batch began to wait for its turn.
    at = func.coalesce(new.c.at, func.greatest(func.statement_timestamp(), old.c.changed_at))
    row: dict[str, Any] = {"workspace": WORKSPACE, **{name: new.c[name] for name in names}}
    row |= {name: case((gone, literal(nothing)), else_=new.c[name]) for name, nothing in stored.erased.items()}
    row["changed_at"] = case((new.c.deleted, NEVER), else_=at)
    if stored.has_tombstones:
        row |= {"deleted": gone, "deleted_at": case((new.c.deleted, at))}
    same = and_(old.c.workspace == WORKSPACE, *(old.c[name] == new.c[name] for name in stored.key))
    source = select(*row.values()).select_from(new.outerjoin(old, same)).where(_counts(stored, new, old))
    statement = insert(table).from_select(list(row), source)
    statement = statement.on_conflict_do_update(constraint=table.primary_key, set_=_merged(stored, statement.excluded))
    # A message takes files along that came before it; the others only where they were deleted at some time.
    takes = table.c.deleted_at.is_not(None) if kind in (Kind.USER, Kind.CONVERSATION) else true()
    return Statement(statement.returning(table.c[stored.key[-1]].label("id"), takes.label("may_take_along")))


def _counts(stored: _Stored, new: Any, old: Any) -> ColumnElement[bool]:
    """A deletion always counts; a value if it is the latest, and undated only where nothing was deleted."""
    latest = or_(new.c.at.is_(None), new.c.at >= old.c.changed_at)
    if stored.has_tombstones:
        latest = or_(new.c.deleted, and_(latest, or_(new.c.at.is_not(None), not_(old.c.deleted))))
    return or_(old.c.workspace.is_(None), latest)


def _merged(stored: _Stored, new: Any) -> dict[str, Any]:
    """What becomes of a row that was there."""
    old = stored.table.c
    if not stored.has_tombstones:
        return {name: new[name] for name in (*stored.values, "changed_at")}
    later = new.changed_at >= old.changed_at
    marks = {name: func.greatest(old[name], new[name]) for name in ("changed_at", "deleted_at")}
    after = func.coalesce(marks["deleted_at"] >= marks["changed_at"], false())
    gone = or_(case((later, new.deleted), else_=old.deleted), after)
    values = {name: case((later, new[name]), else_=old[name]) for name in stored.values}
    erased = {name: case((gone, literal(nothing)), else_=values[name]) for name, nothing in stored.erased.items()}
    return {**values, **erased, **marks, "deleted": gone}


def _orphaned(kind: Kind, new: Any) -> ColumnElement[bool]:
    """Whether a value hangs on what is gone."""
    match kind:
        case Kind.MEMBERSHIP:
            return _gone(new, users, users.c.id == new.c.user_id)
        case Kind.MESSAGE:
            return _gone(new, conversations, conversations.c.id == new.c.conversation_id)
        case Kind.FILE:
            attached = and_(messages.c.workspace == WORKSPACE, messages.c.id == new.c.message_id)
            there = and_(attached, conversations.c.id == messages.c.conversation_id)
            loose = and_(new.c.message_id.is_(None), users.c.id == new.c.uploader_id)
            return or_(_gone(new, messages, attached), _gone(new, conversations, there), _gone(new, users, loose))
    return false()


def _gone(new: Any, parent: Table, on: ColumnElement[bool]) -> ColumnElement[bool]:
    """A dated value asks whether its parent was deleted at that time or later, an undated one how it is now."""
    dated = func.coalesce(parent.c.deleted_at >= new.c.at, false())
    gone = case((new.c.at.is_(None), parent.c.deleted), else_=dated)
    return exists().where(parent.c.workspace == WORKSPACE, on, gone)


@lru_cache
def _consequences(kind: Kind) -> tuple[Statement, ...]:
    match kind:
        case Kind.USER:
            return tuple(Statement(each) for each in (*_forget(), *_leave()))
        case Kind.CONVERSATION:
            there = and_(conversations.c.id == func.any(IDS), messages.c.conversation_id == conversations.c.id)
            emptied = _erase(Kind.MESSAGE, conversations, and_(there, not_(messages.c.deleted)))
            return Statement(emptied), Statement(_files_of(messages.c.conversation_id == func.any(IDS)))
        case Kind.MESSAGE:
            return (Statement(_files_of(messages.c.id == func.any(IDS))),)
    return ()


def _forget() -> list[Any]:
    """What deleted people saved. Collections first, in the order in which everybody locks; tallies come to nothing."""
    gone = select(users.c.id).where(users.c.workspace == WORKSPACE, users.c.id == func.any(IDS), users.c.deleted)
    own = (collections, bookmarks, toggles, tallies)
    statements = [delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id.in_(gone)) for each in own]
    return [*statements[:-1], statements[-1].where(tallies.c.total == 0)]


def _leave() -> list[Update]:
    theirs = users.c.id == func.any(IDS)
    loose = and_(files.c.uploader_id == users.c.id, files.c.message_id.is_(None), not_(files.c.deleted))
    return [
        _erase(Kind.MEMBERSHIP, users, and_(theirs, memberships.c.user_id == users.c.id)),
        _erase(Kind.FILE, users, and_(theirs, loose)),
    ]


def _erase(kind: Kind, parent: Table, on: ColumnElement[bool]) -> Update:
    """Erase what hung on a parent when it was deleted."""
    table = STORED[kind].table
    same = and_(parent.c.workspace == WORKSPACE, table.c.workspace == WORKSPACE, on)
    return update(table).where(same, table.c.changed_at <= parent.c.deleted_at).values(_nothing(kind))


def _files_of(some: ColumnElement[bool]) -> Update:
    """Erase what was attached to messages when they, or where they are, were deleted."""
    here = and_(conversations.c.workspace == WORKSPACE, conversations.c.id == messages.c.conversation_id)
    at = func.greatest(messages.c.deleted_at, conversations.c.deleted_at).label("at")
    marked = select(messages.c.id, at).select_from(messages.outerjoin(conversations, here))
    m = marked.where(messages.c.workspace == WORKSPACE, some).subquery("m")
    attached = and_(files.c.workspace == WORKSPACE, files.c.message_id == m.c.id, not_(files.c.deleted))
    return update(files).where(attached, files.c.changed_at <= m.c.at).values(_nothing(Kind.FILE))


def _nothing(kind: Kind) -> dict[str, Any]:
    stored = STORED[kind]
    return {**stored.erased, **({"deleted": True} if stored.has_tombstones else {})}
