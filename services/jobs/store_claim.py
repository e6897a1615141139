"""How workers take jobs: in turn, and no more of a person or of a kind than may run at a time.

A job whose worker died in the middle of it is a suspect. It may be what kills workers, and is to take no other job with
it: a worker starts nothing else while a suspect is fresh, and no other suspect while one is on probation; in that time
the others come in their turn. Where a suspect could start, they wait until nothing is fresh and it has begun.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Caps, Claimed, Kind, Queue, Status
from services.jobs.rows import to_claimed
from services.jobs.store_lease import LEASE_SECONDS
from services.jobs.store_moves import FAILURE, LEASED, NOW, ONE, PAYLOAD, WAITS, word, written
from services.jobs.tables import jobs

j = jobs.c
ZERO: ColumnElement[Any] = literal_column("0")
# So many are looked at in one statement; it is repeated while that may have left out some that could run.
LOOKED_AT = 100
# What kills its worker mostly does so soon. For so many seconds a job that runs is fresh.
FRESH_SECONDS = 2
# What kills it slowly must not meet another suspect, for which that death would be the second.
PROBATION_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Worker:
    """Who claims, and what: only kinds that it knows."""

    # Unique among the workers.
    name: str
    queue: Queue
    kinds: Sequence[Kind]
    caps: Caps
    lease_seconds: float = LEASE_SECONDS


class Claims(NamedTuple):
    """Jobs that were claimed, and a moment of the monotonic clock that is before their leases begin."""

    jobs: list[Claimed]
    since: float


async def claim(queries: Queries, worker: Worker, slots: int) -> Claims:
    """Take up to so many jobs that are due, in a transaction, for which other claims from the queue wait."""
    if slots > 0 and worker.kinds:
        # Counted by the next statement, which sees what those before have taken.
        await queries.serialise(f"cairn.jobs.{worker.queue}")
    since = time.monotonic()
    taken: list[Row] = []
    more = bool(worker.kinds)
    while more and len(taken) < slots:
        rows = await queries.rows(_claim(), **_values(worker), slots=slots - len(taken))
        more = bool(rows) and rows[0]["looked_at"] == LOOKED_AT
        taken += rows
    return Claims([to_claimed(row) for row in taken], since)


def _values(worker: Worker) -> dict[str, Any]:
    return {
        "worker": worker.name,
        "queue": worker.queue,
        "kinds": [kind.name for kind in worker.kinds],
        "most": [kind.max_running for kind in worker.kinds],
        "each": worker.caps.running,
        "lease": timedelta(seconds=worker.lease_seconds),
    }


@lru_cache
def _claim() -> Statement:
    running = _running()
    kinds, busy = _busy(running)
    rooms = _rooms(kinds)
    mine = _mine(running)
    due = _due(busy, rooms, mine)
    picked = _picked(_fair(due, busy, rooms), mine)
    values: dict[str, Any] = {
        "status": word(Status.RUNNING),
        "attempt": j.attempt + ONE,
        "lease_token": func.gen_random_uuid(),
        "lease_until": NOW + bindparam("lease", type_=Interval),
        "worker": bindparam("worker", type_=Text),
        "started_at": NOW,
        # Of the attempt before; its steps stay.
        "progress": null(),
        "seq": j.seq + ONE,
        **dict.fromkeys(FAILURE, null()),
    }
    # Asked again of the row itself: it may have been canceled since.
    taken = update(jobs).where(j.id == picked.c.id, WAITS).values(values)
    wanted = ("id", "seq", "lease_token", "workspace", "user_id", "kind", "input", "max_attempts", "checkpoint")
    returned = (j[name] for name in (*wanted, "turn", "traceparent", *PAYLOAD))
    claimed = taken.returning(*returned).cte("claimed")
    looked_at = select(func.count()).select_from(due).scalar_subquery()
    rows = select(*claimed.c, looked_at.label("looked_at")).order_by(claimed.c.turn, claimed.c.id)
    return Statement(rows.add_cte(written(claimed)))


def _running() -> Any:
    columns = (j.workspace, j.user_id, j.kind, j.worker, j.crashes, j.started_at)
    return select(*columns).where(j.queue == bindparam("queue", type_=Text), LEASED).cte("running")


def _busy(running: Any) -> tuple[Any, Any]:
    """How many jobs run, by kind and by person."""
    people = select(running.c.workspace, running.c.user_id, func.count().label("count"))
    kinds = select(running.c.kind, func.count().label("count")).group_by(running.c.kind).cte("kinds")
    return kinds, people.group_by(running.c.workspace, running.c.user_id).cte("busy")


def _mine(running: Any) -> Any:
    """Whether this worker has anything fresh, a fresh suspect, and a suspect on probation."""
    fresh, probation = (
        running.c.started_at > NOW - literal_column(f"interval '{seconds} seconds'", Interval)
        for seconds in (FRESH_SECONDS, PROBATION_SECONDS)
    )
    suspect = running.c.crashes > ZERO
    sorts = {"fresh": fresh, "fresh_suspect": fresh & suspect, "probation": probation & suspect}
    any_ = (func.coalesce(func.bool_or(each), false()).label(name) for name, each in sorts.items())
    return select(*any_).where(running.c.worker == bindparam("worker", type_=Text)).cte("mine")


def _rooms(kinds: Any) -> Any:
    """How many more of each kind may run, where it is any."""
    arrays = (bindparam("kinds", type_=ARRAY(Text)), bindparam("most", type_=ARRAY(Integer)))
    known = func.unnest(*arrays).table_valued("kind", "most").render_derived(name="known")
    room = known.c.most - func.coalesce(kinds.c.count, ZERO)
    rooms = select(known.c.kind, room.label("room")).select_from(known.outerjoin(kinds, kinds.c.kind == known.c.kind))
    return rooms.where(room > ZERO).cte("rooms")


def _due(busy: Any, rooms: Any, mine: Any) -> Any:
    """The first that are due, of people and kinds that have room; no suspects while one is on probation."""
    full = select(busy.c.workspace, busy.c.user_id).where(busy.c.count >= bindparam("each", type_=Integer))
    conditions = (
        j.queue == bindparam("queue", type_=Text),
        WAITS,
        j.next_run_at <= NOW,
        # An array and a hashed set: joins would lead the planner away from the index that has the order.
        j.kind == func.any(func.array(select(rooms.c.kind).scalar_subquery())),
        tuple_(j.workspace, j.user_id).not_in(full),
        # Not even looked at, lest a hundred of them hide the others.
        or_(j.crashes == ZERO, ~select(mine.c.probation).scalar_subquery()),
    )
    first = select(j.id, j.workspace, j.user_id, j.kind, j.turn, j.crashes).where(*conditions).order_by(j.turn, j.id)
    return first.limit(literal_column(str(LOOKED_AT))).cte("due")


def _fair(due: Any, busy: Any, rooms: Any) -> Any:
    """Of these, those that may all run at once; the suspects and the others are numbered each by themselves."""
    rank: Any = func.row_number()
    theirs = and_(busy.c.workspace == due.c.workspace, busy.c.user_id == due.c.user_id)
    of_person = rank.over(partition_by=(due.c.workspace, due.c.user_id), order_by=(due.c.turn, due.c.id))
    nth = of_person + func.coalesce(busy.c.count, ZERO)
    some = select(due, nth.label("nth")).select_from(due.outerjoin(busy, theirs)).subquery("some")
    of_kind = rank.over(partition_by=some.c.kind, order_by=(some.c.turn, some.c.id)).label("nth")
    suspect = (some.c.crashes > ZERO).label("suspect")
    within = some.c.nth <= bindparam("each", type_=Integer)
    few = select(some.c.id, some.c.turn, some.c.kind, suspect, of_kind).where(within).subquery("few")
    of_sort = rank.over(partition_by=few.c.suspect, order_by=(few.c.turn, few.c.id)).label("nth")
    fair = select(few.c.id, few.c.turn, few.c.suspect, of_sort).join(rooms, rooms.c.kind == few.c.kind)
    return fair.where(few.c.nth <= rooms.c.room).cte("fair")


def _picked(fair: Any, mine: Any) -> Any:
    """The first suspect of these, once nothing is fresh; where there is none of them, the others in their turn."""
    alone = (fair.c.nth == ONE) & ~mine.c.fresh
    unsuspected = ~exists().where(fair.alias("others").c.suspect)
    picked = select(fair.c.id).join(mine, ~mine.c.fresh_suspect)
    picked = picked.where(case((fair.c.suspect, alone), else_=unsuspected)).order_by(fair.c.turn, fair.c.id)
    return picked.limit(bindparam("slots", type_=Integer)).cte("picked")
