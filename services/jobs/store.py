"""Jobs in PostgreSQL, as their owners know them: read and canceled. How they are made: store_create."""

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Interval,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from chassis.database import Queries, Row, Statement
from services.jobs.domain import FINAL, Job, Owner, Status
from services.jobs.domain_views import Position, Wanted
from services.jobs.rows import to_job
from services.jobs.store_moves import NOW, OWNER, moved, word, written
from services.jobs.tables import MOMENT, archive, attempts, jobs

j, a, t = jobs.c, archive.c, attempts.c
SAME = (
    *("id", "user_id", "kind", "input", "created_at", "started_at", "completed_at", "result_expires_at", "attempt"),
    *("max_attempts", "progress", "steps", "reason", "message", "retryable", "seq", "retried_from", "redriven_as"),
)
# Of a page of the usual size, and of the largest; each with one more, that tells whether there are more.
LENGTHS = (51, 101)


class Again(NamedTuple):
    """What it takes to do a job again."""

    kind: str
    status: Status
    input: bytes


async def get(queries: Queries, owner: Owner, id_: UUID) -> Job | None:
    """A job, archived or not. Whether its time is over is decided now; what it came to is then no longer told."""
    row = await _read(queries, owner, id_)
    return to_job(row) if row else None


async def list_(queries: Queries, owner: Owner, wanted: Wanted, after: Position | None, size: int) -> list[Job]:
    """The jobs that come after a position, newest first, without results and attempts."""
    statement = _list(wanted.kind is not None, wanted.status, after is None, length(size))
    values = {"kind": wanted.kind, "after_time": after and after[0], "after_id": after and after[1]}
    return [to_job(row) for row in (await queries.rows(statement, **owner._asdict(), **values))[:size]]


async def cancel(queries: Queries, owner: Owner, id_: UUID) -> Status | None:
    """Cancel a job; tells how it stands then. One that has ended stays what it is."""
    row = await queries.row(_cancel(), **owner._asdict(), id=id_)
    # What was not changed has ended or is canceled already, and cannot begin again: a second look is soon enough.
    row = row or await _read(queries, owner, id_)
    return Status(row["status"]) if row else None


async def input_of(queries: Queries, owner: Owner, id_: UUID) -> Again | None:
    """What a job was told to do."""
    row = await _read(queries, owner, id_)
    return Again(row["kind"], Status(row["status"]), row["input"]) if row else None


def live(*, whole: bool) -> list[ColumnElement[Any]]:
    """What `to_job` reads, from jobs; the result and the attempts only of a whole one."""
    # Also where nobody has looked since its time was over.
    result = case((j.result_expires_at > NOW, j.result)) if whole else cast(null(), LargeBinary)
    tries = tries_of(j.id) if whole else cast(null(), JSONB)
    next_run = case((j.completed_at.is_(None), j.next_run_at))
    age = case((j.completed_at.is_(None), NOW - j.created_at))
    columns = {"next_run_at": next_run, "age": age, "result": result, "attempts": tries}
    return [*_shared(j), *(each.label(name) for name, each in columns.items())]


def archived(*, whole: bool) -> list[ColumnElement[Any]]:
    """What `to_job` reads, from the archive."""
    tries = a.attempts if whole else cast(null(), JSONB)
    nothing: dict[str, Any] = {"next_run_at": MOMENT, "age": Interval, "result": LargeBinary}
    return [*_shared(a), *(cast(null(), kind).label(name) for name, kind in nothing.items()), tries.label("attempts")]


def tries_of(id_: Any) -> ColumnElement[Any]:
    """The tries of a job that have ended, as JSON."""
    names = ("number", "started_at", "ended_at", "reason", "message", "retryable")
    one = func.jsonb_build_object(*(part for name in names for part in (word(name), t[name])))
    every = func.jsonb_agg(aggregate_order_by(one, t.number), type_=JSONB)
    return select(func.coalesce(every, literal_column("'[]'::jsonb", JSONB))).where(t.job_id == id_).scalar_subquery()


def filters(c: Any, kind: bool, status: Status | None) -> list[ColumnElement[bool]]:
    """The conditions of a list, on columns of jobs or of the archive."""
    conditions = [c.kind == bindparam("kind", type_=Text)] if kind else []
    if status:
        conditions.append(_status(c) == word(status))
    return conditions


def length(size: int) -> int:
    """How many rows are read for a page of that size: few lengths, for each is a statement of its own."""
    return next((each for each in LENGTHS if each >= size), size)


def merged(branches: list[Any], order: tuple[str, str], size: int) -> Any:
    """One list of rows from jobs and from the archive, the latest by `order` first."""
    # The limit is written out, not a parameter: the plan of a prepared statement must know that it is small.
    limit: Any = literal_column(str(size))
    parts = [each.order_by(*(literal_column(name).desc() for name in order)).limit(limit) for each in branches]
    every = parts[0].subquery().select()
    for part in parts[1:]:
        every = every.union_all(part.subquery().select())
    rows = every.subquery("rows")
    return select(rows).order_by(*(rows.c[name].desc() for name in order)).limit(limit)


def _shared(c: Any) -> list[ColumnElement[Any]]:
    return [*(c[name] for name in SAME), _status(c).label("status")]


def _status(c: Any) -> ColumnElement[str]:
    over = (c.status == word(Status.COMPLETE)) & (c.result_expires_at <= NOW)
    return case((over, word(Status.EXPIRED)), else_=c.status)


async def _read(queries: Queries, owner: Owner, id_: UUID) -> Row | None:
    """A job only ever moves from jobs to the archive, so it is found in the one or the other."""
    values = {**owner._asdict(), "id": id_}
    return await queries.row(_live(), **values) or await queries.row(_archived(), **values)


@lru_cache
def _live() -> Statement:
    return Statement(select(*live(whole=True)).where(j.id == bindparam("id", type_=Uuid), *OWNER))


@lru_cache
def _archived() -> Statement:
    return Statement(select(*archived(whole=True)).where(a.id == bindparam("id", type_=Uuid), *_mine(a)))


@lru_cache
def _list(kind: bool, status: Status | None, first: bool, size: int) -> Statement:
    branches = []
    position = tuple_(bindparam("after_time", type_=MOMENT), bindparam("after_id", type_=Uuid))
    for c, shown in ((j, live(whole=False)), (a, archived(whole=False))):
        rows = select(*shown).where(*_mine(c), *filters(c, kind, status))
        branches.append(rows if first else rows.where(tuple_(c.created_at, c.id) < position))
    unfinished = status is not None and status not in (*FINAL, Status.EXPIRED)
    return Statement(merged(branches[:1] if unfinished else branches, ("created_at", "id"), size))


def _mine(c: Any) -> tuple[ColumnElement[bool], ...]:
    return c.workspace == bindparam("workspace"), c.user_id == bindparam("user")


@lru_cache
def _cancel() -> Statement:
    waits = j.status == word(Status.PENDING)
    becomes = case((waits, word(Status.CANCELED)), else_=word(Status.CANCELING))
    chosen = select(j.id, becomes.label("becomes")).where(
        j.id == bindparam("id", type_=Uuid), *OWNER, j.status.in_([word(Status.PENDING), word(Status.RUNNING)])
    )
    done = moved(chosen.with_for_update().cte("chosen"))
    return Statement(select(done.c.status).add_cte(written(done)))
