"""Facts in PostgreSQL: one upsert for each kind in a round, and what a deletion takes with it.

A row holds the latest value (`changed_at`) and the latest deletion (`deleted_at`), each on its own: whichever arrives
first, a value is gone if it, or what it hangs on, was deleted when it was said or later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from chassis.facts import Fact

WORKSPACE = bindparam("workspace", type_=Text)
# The things that were deleted.
IDS = bindparam("ids", type_=ARRAY(Text))
NEVER: ColumnElement[Any] = literal_column("timestamptz '-infinity'")


@dataclass(frozen=True)
class Stored:
    """Where a kind of fact is kept. `erased` are the values that go with a deletion; the others say who could see."""

    table: Table
    key: tuple[str, ...]
    values: tuple[str, ...]
    erased: Mapping[str, Any]

    @property
    def has_tombstones(self) -> bool:
        """Those without end in another way, such as by being `removed`."""
        return "deleted" in self.table.c

    @property
    def nothing(self) -> dict[str, Any]:
        """What a row is after a deletion."""
        return {**self.erased, **({"deleted": True} if self.has_tombstones else {})}


async def take(
    queries: Queries, workspace: str, rows: Mapping[str, Sequence[Any]], upsert: Statement, then: Iterable[Statement]
) -> None:
    """Take `columns` of facts of one kind, then run what follows for those that may take others along."""
    taken = await queries.rows(upsert, workspace=workspace, **rows)
    parents = [row["id"] for row in taken if row["may_take_along"]]
    for statement in then if parents else ():
        await queries.rows(statement, workspace=workspace, ids=parents)


def columns(stored: Stored, facts: Iterable[Fact]) -> dict[str, list[Any]]:
    """Facts of one kind, as the arrays that `upsert` asks for."""
    names = (*stored.key, *stored.values, "deleted", "at")
    # In one order everywhere, as every statement here that locks many rows.
    rows = [(*f.key, *f.values, f.deleted, f.occurred_at) for f in sorted(facts, key=lambda fact: fact.key)]
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def arriving(stored: Stored) -> Any:
    """The facts of a round, as a table."""
    names = (*stored.key, *stored.values)
    arrays = [bindparam(name, type_=ARRAY(stored.table.c[name].type)) for name in names]
    arrays += [bindparam("deleted", type_=ARRAY(Boolean)), bindparam("at", type_=ARRAY(DateTime(timezone=True)))]
    return func.unnest(*arrays).table_valued(*names, "deleted", "at").render_derived(name="new")


def upsert(stored: Stored, new: Any, orphaned: ColumnElement[bool], always: bool) -> Statement:
    """Take facts that arrive; `orphaned` says which of them hang on what is gone.

    Tells of each whether it may take others along: one that was deleted at some time, or `always`.
    """
    table, names = stored.table, (*stored.key, *stored.values)
    old = table.alias("old")
    gone = or_(new.c.deleted, orphaned)
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
    takes = true() if always else table.c.deleted_at.is_not(None)
    return Statement(statement.returning(table.c[stored.key[-1]].label("id"), takes.label("may_take_along")))


def gone(new: Any, parent: Table, on: ColumnElement[bool]) -> ColumnElement[bool]:
    """A dated value asks whether its parent was deleted at that time or later, an undated one how it is now."""
    dated = func.coalesce(parent.c.deleted_at >= new.c.at, false())
    deleted = case((new.c.at.is_(None), parent.c.deleted), else_=dated)
    return exists().where(parent.c.workspace == WORKSPACE, on, deleted)


def erase(stored: Stored, parent: Table, on: ColumnElement[bool]) -> Update:
    """Erase what hung on a parent when it was deleted."""
    table = stored.table
    same = and_(parent.c.workspace == WORKSPACE, table.c.workspace == WORKSPACE, on)
    return update(table).where(same, table.c.changed_at <= parent.c.deleted_at).values(stored.nothing)


def _counts(stored: Stored, new: Any, old: Any) -> ColumnElement[bool]:
    """A deletion always counts; a value if it is the latest, and undated only where nothing was deleted."""
    latest = or_(new.c.at.is_(None), new.c.at >= old.c.changed_at)
    if stored.has_tombstones:
        latest = or_(new.c.deleted, and_(latest, or_(new.c.at.is_not(None), not_(old.c.deleted))))
    return or_(old.c.workspace.is_(None), latest)


def _merged(stored: Stored, new: Any) -> dict[str, Any]:
    """What becomes of a row that was there."""
    old = stored.table.c
    if not stored.has_tombstones:
        return {name: new[name] for name in (*stored.values, "changed_at")}
    later = new.changed_at >= old.changed_at
    marks = {name: func.greatest(old[name], new[name]) for name in ("changed_at", "deleted_at")}
    after = func.coalesce(marks["deleted_at"] >= marks["changed_at"], false())
    over = or_(case((later, new.deleted), else_=old.deleted), after)
    values = {name: case((later, new[name]), else_=old[name]) for name in stored.values}
    erased = {name: case((over, literal(nothing)), else_=values[name]) for name, nothing in stored.erased.items()}
    return {**values, **erased, **marks, "deleted": over}
