"""Jobs in PostgreSQL, as workers know them. Whatever a worker writes carries the token of its lease, or is dropped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    JSON,
    Interval,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB

from chassis.database import Queries, Statement
from services.jobs.domain import (
    FIRST_DELAY,
    INTERNAL,
    MAX_RESULT_BYTES,
    RESULT_TOO_LARGE,
    Failure,
    Kind,
    Progress,
    Queue,
    Status,
    Step,
)
from services.jobs.domain_views import EventKind
from services.jobs.rows import progress_json, steps_json, text
from services.jobs.store_moves import FAILURE, NOW, ONE, WAITS, because, moved, tried, word, written
from services.jobs.tables import jobs

LEASE_SECONDS = 15.0
j = jobs.c
Held: TypeAlias = tuple[UUID, UUID]


class Beat(StrEnum):
    """What a worker hears of a job that it holds."""

    HELD = "held"
    CANCELING = "canceling"


class Next(NamedTuple):
    """Whether anything is due that nobody has, and in how many seconds something will be that is not yet."""

    due: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """It worked."""

    result: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work; `delay`: seconds until it may be tried again, if it may."""

    failure: Failure
    delay: float | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """It stopped because it was told to."""


Outcome: TypeAlias = Done | Failed | Stopped


@dataclass(frozen=True, slots=True)
class Report:
    """How far a job is; None: as before."""

    progress: Progress | None = None
    steps: Sequence[Step] | None = None
    checkpoint: Mapping[str, object] | None = None


async def next_due(queries: Queries, queue: Queue, kinds: Sequence[Kind]) -> Next:
    """When it is worth looking again. What is due now may be held up by a cap."""
    row = await queries.row(_next_due(), queue=queue, kinds=[kind.name for kind in kinds])
    assert row is not None
    return Next(row["due"], row["seconds"])


async def beat(queries: Queries, held: Sequence[Held], lease_seconds: float = LEASE_SECONDS) -> dict[UUID, Beat]:
    """Keep the leases on for so long from now; tells of each token, and those left out of the answer are lost."""
    rows = await queries.rows(_beat(), **_arrays(held), lease=timedelta(seconds=lease_seconds))
    canceling = Status.CANCELING
    return {row["lease_token"]: Beat.CANCELING if row["status"] == canceling else Beat.HELD for row in rows}


async def progress(queries: Queries, id_: UUID, token: UUID, report: Report) -> bool:
    """Keep how far a job is. False: it is lost."""
    checkpoint = None if report.checkpoint is None else json.dumps(report.checkpoint)
    said = {"progress": progress_json(report.progress), "steps": steps_json(report.steps), "checkpoint": checkpoint}
    return await queries.row(_progress(), id=id_, token=token, **said) is not None


async def finish(queries: Queries, id_: UUID, token: UUID, outcome: Outcome) -> Status | None:
    """Write what an attempt came to; tells how the job stands then. None: it is lost."""
    if isinstance(outcome, Done) and len(outcome.result) > MAX_RESULT_BYTES:
        outcome = Failed(RESULT_TOO_LARGE, None)
    row = await queries.row(_finish(), id=id_, token=token, **_written(outcome))
    return Status(row["status"]) if row else None


async def release(queries: Queries, held: Sequence[Held]) -> int:
    """Give jobs back as if they had not been tried; tells how many were still held."""
    return len(await queries.rows(_release(), **_arrays(held)))


def _written(outcome: Outcome) -> dict[str, Any]:
    nothing: dict[str, Any] = {"result": None, "delay": timedelta(0), **dict.fromkeys(FAILURE)}
    if isinstance(outcome, Done):
        return nothing | {"wanted": Status.COMPLETE, "result": outcome.result}
    # Where nobody has canceled it, a worker that believes so is mistaken: as good as any fault of ours.
    failed = Failed(INTERNAL, FIRST_DELAY) if isinstance(outcome, Stopped) else outcome
    failure, delay = failed.failure, failed.delay
    wanted = Status.ERROR if delay is None or not failure.retryable else Status.PENDING
    said = {"reason": text(failure.reason), "message": text(failure.message), "retryable": failure.retryable}
    return nothing | said | {"wanted": wanted, "delay": timedelta(seconds=delay or 0)}


def _arrays(held: Sequence[Held]) -> dict[str, list[UUID]]:
    return {"ids": [id_ for id_, _ in held], "tokens": [token for _, token in held]}


def _mine(*columns: Any) -> Any:
    """The jobs that are still held, locked in the order of their ids lest two statements of a worker deadlock."""
    arrays = [bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "tokens")]
    asked = func.unnest(*arrays).table_valued("id", "token").render_derived(name="asked")
    pair = and_(j.id == asked.c.id, j.lease_token == asked.c.token)
    return select(j.id, *columns).join(asked, pair).order_by(j.id).with_for_update(of=jobs).cte("chosen")


def _one() -> tuple[Any, Any]:
    """The job, if it is still held; asked in words that only its key answers, not the index of all that are leased."""
    token = bindparam("token", type_=Uuid)
    return j.id == bindparam("id", type_=Uuid), j.lease_token.is_not_distinct_from(token)


@lru_cache
def _next_due() -> Statement:
    waits = (
        j.queue == bindparam("queue", type_=Text),
        WAITS,
        j.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
    )
    # The ends of an index, and not whether anything is due: for that, all of the table would be looked through.
    first = select(func.min(j.next_run_at)).where(*waits).scalar_subquery()
    soonest = select(func.min(j.next_run_at)).where(*waits, j.next_run_at > NOW).scalar_subquery()
    due = func.coalesce(first <= NOW, false())
    seconds = cast(func.extract("epoch", soonest - NOW), DOUBLE_PRECISION)
    return Statement(select(due.label("due"), seconds.label("seconds")))


@lru_cache
def _beat() -> Statement:
    chosen = _mine()
    kept = update(jobs).where(j.id == chosen.c.id).values(lease_until=NOW + bindparam("lease", type_=Interval))
    return Statement(kept.returning(j.lease_token, j.status))


@lru_cache
def _progress() -> Statement:
    values: dict[str, Any] = {
        "progress": func.coalesce(bindparam("progress", type_=JSONB), j.progress),
        "steps": func.coalesce(bindparam("steps", type_=JSONB), j.steps),
        "checkpoint": func.coalesce(bindparam("checkpoint", type_=JSON), j.checkpoint),
        "seq": j.seq + ONE,
    }
    mine = _one()
    columns = (j.id, j.seq, j.status, j.attempt, j.progress, *(j[name] for name in FAILURE))
    done = update(jobs).where(*mine).values(values).returning(*columns).cte("done")
    return Statement(select(done.c.id).add_cte(written(done, EventKind.PROGRESS)))


@lru_cache
def _finish() -> Statement:
    wanted = bindparam("wanted", type_=Text)
    becomes = case(
        (j.status == word(Status.CANCELING), word(Status.CANCELED)),
        (wanted == word(Status.COMPLETE), wanted),
        (j.attempt < j.max_attempts, wanted),
        else_=word(Status.ERROR),
    )
    mine = _one()
    chosen = select(j.id, becomes.label("becomes")).where(*mine).with_for_update().cte("chosen")
    failure = {name: bindparam(name, type_=j[name].type) for name in FAILURE}
    waits = chosen.c.becomes == word(Status.PENDING)
    done = moved(
        chosen,
        # What the action calls not retryable is wrong with what was asked for, and no operator mends that.
        failure["retryable"],
        **because(chosen, failure),
        result=case((chosen.c.becomes == word(Status.COMPLETE), bindparam("result", type_=LargeBinary))),
        next_run_at=case((waits, NOW + bindparam("delay", type_=Interval)), else_=j.next_run_at),
        crashes=literal_column("0"),
    )
    return Statement(select(done.c.status).add_cte(written(done), tried(done)))


@lru_cache
def _release() -> Statement:
    canceling = j.status == word(Status.CANCELING)
    becomes = case((canceling, word(Status.CANCELED)), else_=word(Status.PENDING))
    chosen = _mine(becomes.label("becomes"))
    waits = chosen.c.becomes == word(Status.PENDING)
    done = moved(
        chosen,
        attempt=case((waits, j.attempt - ONE), else_=j.attempt),
        started_at=case((or_(j.attempt > ONE, ~waits), j.started_at)),
        next_run_at=case((waits, NOW), else_=j.next_run_at),
    )
    canceled = done.c.status == word(Status.CANCELED)
    return Statement(select(done.c.id).add_cte(written(done), tried(done, canceled)))
