"""What operators see of the jobs of a workspace, and of the queues that all workspaces share."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    Interval,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, insert

from chassis.database import Queries, Row, Statement
from services.jobs.domain import FINAL, Job, Status
from services.jobs.domain_views import DeadLetter, KindStats, Position, Wanted
from services.jobs.rows import to_job
from services.jobs.store import archived, filters, length, live, merged
from services.jobs.store_create import turn
from services.jobs.store_moves import LEASED, NOT_DEAD, NOW, ONE, UNFINISHED, WAITS, word, written
from services.jobs.tables import MOMENT, archive, jobs

j, a = jobs.c, archive.c
HOUR: Any = literal_column("interval '1 hour'", Interval)
PLACE = tuple_(bindparam("after_time", type_=MOMENT), bindparam("after_id", type_=Uuid))


async def stats(queries: Queries) -> list[KindStats]:
    """The queues, by kind."""
    return [KindStats(*row) for row in await queries.rows(_stats())]


async def ended(queries: Queries, workspace: str, wanted: Wanted, after: Position | None, size: int) -> list[Job]:
    """Jobs that have ended, the latest first, without results and attempts; those archived, and those soon to be."""
    statement = _ended(wanted.kind is not None, wanted.status, after is None, length(size))
    values = {"workspace": workspace, "kind": wanted.kind, **_position(after)}
    return [to_job(row) for row in (await queries.rows(statement, **values))[:size]]


async def dead_letters(
    queries: Queries, workspace: str, kind: str | None, after: Position | None, size: int
) -> list[DeadLetter]:
    """Jobs that failed for good and were neither started again nor purged, the latest first, without attempts."""
    statement = _dead(kind is not None, after is None, length(size))
    rows = await queries.rows(statement, workspace=workspace, kind=kind, **_position(after))
    return [_dead_letter(row) for row in rows[:size]]


async def redrive(queries: Queries, workspace: str, id_: UUID, new_id: UUID) -> DeadLetter | None:
    """Start a dead letter again, as another job, unless that was done; the dead letter, if it is or was one."""
    values = {"workspace": workspace, "id": id_}
    await queries.rows(_redrive(), **values, new=new_id)
    row = await queries.row(_live(), **values) or await queries.row(_archived(), **values)
    return _dead_letter(row) if row and row["redriven_as"] else None


async def to_redrive(
    queries: Queries, workspace: str, ids: Sequence[UUID], kind: str | None, most: int
) -> list[tuple[UUID, str]]:
    """Dead letters, the oldest first, and their kinds: those of these ids, or of a kind, or all.

    Of those that are named, also what was started again already.
    """
    values = {"workspace": workspace, "ids": list(ids), "kind": kind, "most": most}
    return [(row["id"], row["kind"]) for row in await queries.rows(_to_redrive(bool(ids), kind is not None), **values)]


async def purge(queries: Queries, workspace: str, id_: UUID) -> None:
    """Take a job off the dead letters."""
    await queries.rows(_purge(), workspace=workspace, id=id_)


def _dead_letter(row: Row) -> DeadLetter:
    # It died when it ended; the row no longer says so once it is started again.
    return DeadLetter(to_job(row), row["user_id"], row["completed_at"], row["redriven_as"])


def _position(after: Position | None) -> dict[str, Any]:
    return {"after_time": after and after[0], "after_id": after and after[1]}


@lru_cache
def _stats() -> Statement:
    counts: dict[str, Any] = {
        "waiting": func.count().filter(WAITS, j.next_run_at <= NOW),
        "delayed": func.count().filter(WAITS, j.next_run_at > NOW),
        "running": func.count().filter(LEASED),
        "oldest": func.max(func.extract("epoch", NOW - j.next_run_at)).filter(WAITS, j.next_run_at <= NOW),
    }
    zero: Any = literal_column("0")
    branches: list[tuple[dict[str, Any], Any]] = [
        (counts, UNFINISHED),
        ({"dead": func.count()}, j.died_at.is_not(None)),
        # Such a job is not archived yet.
        ({status: func.count().filter(j.status == word(status)) for status in FINAL}, j.completed_at > NOW - HOUR),
    ]
    names = [str(name) for part, _ in branches for name in part]
    selects = []
    for part, which in branches:
        columns = [part.get(name, zero).label(name) for name in names]
        selects.append(select(j.kind, j.queue, *columns).where(which).group_by(j.kind, j.queue))
    every = union_all(*selects).subquery("every").c
    sums = {name: cast(func.sum(every[name]), BigInteger) for name in names}
    sums["oldest"] = cast(func.coalesce(func.max(every.oldest), zero), DOUBLE_PRECISION)
    statement = select(every.kind, every.queue, *sums.values())
    return Statement(statement.group_by(every.kind, every.queue).order_by(every.kind, every.queue))


@lru_cache
def _ended(kind: bool, status: Status | None, first: bool, size: int) -> Statement:
    branches = []
    for c, shown in ((j, live(whole=False)), (a, archived(whole=False))):
        rows = select(*shown).where(c.workspace == bindparam("workspace"), c.completed_at.is_not(None))
        rows = rows.where(*filters(c, kind, status))
        branches.append(rows if first else rows.where(tuple_(c.completed_at, c.id) < PLACE))
    return Statement(merged(branches, ("completed_at", "id"), size))


@lru_cache
def _dead(kind: bool, first: bool, size: int) -> Statement:
    rows = select(*live(whole=False)).where(j.workspace == bindparam("workspace"), j.died_at.is_not(None))
    rows = rows.where(*filters(j, kind, None))
    rows = rows if first else rows.where(tuple_(j.died_at, j.id) < PLACE)
    return Statement(rows.order_by(j.died_at.desc(), j.id.desc()).limit(literal_column(str(size))))


@lru_cache
def _redrive() -> Statement:
    same = ["workspace", "user_id", "kind", "queue", "input", "checkpoint", "result_seconds", "max_attempts"]
    same.append("traceparent")
    mine = (j.id == bindparam("id", type_=Uuid), j.workspace == bindparam("workspace"), j.died_at.is_not(None))
    dead = update(jobs).where(*mine).values(**NOT_DEAD, redriven_as=bindparam("new", type_=Uuid))
    old = dead.returning(j.id, *(j[name] for name in same)).cte("old")
    owner = (j.workspace == old.c.workspace, j.user_id == old.c.user_id)
    # Without its dedupe key: whoever starts it again means just that.
    values: dict[str, Any] = {
        "id": bindparam("new", type_=Uuid),
        **{name: old.c[name] for name in same},
        "status": word(Status.PENDING),
        "created_at": NOW,
        "turn": turn(old.c.queue, owner),
        "next_run_at": NOW,
        "seq": ONE,
        "retried_from": old.c.id,
    }
    made = insert(jobs).from_select(list(values), select(*values.values())).returning(*j).cte("made")
    return Statement(select(made.c.id).add_cte(written(made)))


@lru_cache
def _to_redrive(named: bool, kind: bool) -> Statement:
    rows = select(j.id, j.kind).where(j.workspace == bindparam("workspace"), *filters(j, kind, None))
    if named:
        rows = rows.where(j.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
        rows = rows.where(or_(j.died_at.is_not(None), j.redriven_as.is_not(None)))
    else:
        rows = rows.where(j.died_at.is_not(None))
    return Statement(rows.order_by(j.completed_at, j.id).limit(bindparam("most", type_=Integer)))


@lru_cache
def _live() -> Statement:
    mine = (j.id == bindparam("id", type_=Uuid), j.workspace == bindparam("workspace"))
    return Statement(select(*live(whole=True)).where(*mine))


@lru_cache
def _archived() -> Statement:
    mine = (a.id == bindparam("id", type_=Uuid), a.workspace == bindparam("workspace"))
    return Statement(select(*archived(whole=True)).where(*mine))


@lru_cache
def _purge() -> Statement:
    mine = (j.id == bindparam("id", type_=Uuid), j.workspace == bindparam("workspace"), j.died_at.is_not(None))
    return Statement(update(jobs).where(*mine).values(NOT_DEAD))
