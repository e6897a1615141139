"""How a job is made: at most once a request id, at most once at a time a dedupe key, and in its owner's turn."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Interval,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from chassis.errors import IdempotencyKeyReused
from services.jobs.domain import Caps, Job, JobNotFound, Kind, Owner, Status, TooManyJobs
from services.jobs.rows import to_job
from services.jobs.store import get, live
from services.jobs.store_moves import LEASED, NOT_DEAD, NOW, ONE, OWNER, UNFINISHED, WAITS, word, written
from services.jobs.tables import jobs, requests

j, r = jobs.c, requests.c
KEY = (r.workspace == bindparam("workspace"), r.user_id == bindparam("user"), r.request_id == bindparam("request"))
REMEMBERED: ColumnElement[Any] = literal_column("interval '24 hours'", Interval)
# The index `jobs_dedupe`.
DEDUPED = [j.workspace, j.user_id, j.kind, j.dedupe_key]
ONE_OF_A_KEY = text("dedupe_key is not null and completed_at is null")


@dataclass(frozen=True, slots=True)
class New:
    """A job to be made. No request id or dedupe key: empty."""

    owner: Owner
    kind: Kind
    input: bytes
    request_id: str
    # Of all that was asked for: the same request id with another one is a mistake.
    fingerprint: bytes
    id: UUID
    dedupe_key: str = ""
    retried_from: UUID | None = None
    traceparent: str = ""


class Created(NamedTuple):
    """The job that answers a call; `replayed` where it was there before."""

    job: Job
    replayed: bool


async def create(queries: Queries, new: New, caps: Caps) -> Created:
    """Make a job, in the caller's transaction; whoever makes another one for the same person waits until it ends."""
    owner, key = new.owner._asdict(), {"request": new.request_id}
    values = {"fingerprint": new.fingerprint, "id": new.id, "person": "\n".join(("cairn.jobs", *new.owner))}
    claimed = await queries.value(_claim_request(), **owner, **key, **values)
    if new.request_id and not claimed:
        return await _again(queries, new)
    while True:
        row = await queries.row(_insert(), **owner, **_values(new), most=caps.unfinished)
        assert row is not None
        if row["id"]:
            return Created(to_job(row), replayed=False)
        twin = new.dedupe_key and await queries.row(_twin(), **owner, kind=new.kind.name, dedupe=new.dedupe_key)
        if twin:
            await queries.rows(_answer(), **owner, **key, id=twin["id"])
            return Created(to_job(twin), replayed=True)
        if not row["room"]:
            raise TooManyJobs


async def known(queries: Queries, owner: Owner, request_id: str) -> bool:
    """Whether the request id has made something that it stands for still."""
    return bool(request_id) and bool(await queries.rows(_known(), **owner._asdict(), request=request_id))


async def _again(queries: Queries, new: New) -> Created:
    """The job that the request id made."""
    row = await queries.row(_claimed(), **new.owner._asdict(), request=new.request_id)
    assert row is not None
    if row["fingerprint"] != new.fingerprint:
        raise IdempotencyKeyReused
    job = await get(queries, new.owner, row["job_id"])
    if job is None:
        raise JobNotFound
    return Created(job, replayed=True)


def _values(new: New) -> dict[str, Any]:
    kind = new.kind
    return {
        "id": new.id,
        "kind": kind.name,
        "queue": kind.queue,
        "input": new.input,
        "result_seconds": kind.result_seconds,
        "max_attempts": kind.max_attempts,
        "dedupe": new.dedupe_key or None,
        "retried_from": new.retried_from,
        "traceparent": new.traceparent,
    }


def turn(queue: Any, mine: Any) -> Any:
    """The round of a new job: one after its owner's last one that waits, and none that is under way or over.

    Rounds are counted and not timed: a long backlog of one person does not grow old enough to come before others.
    """
    under_way = select(func.max(j.turn)).where(j.queue == queue, LEASED)
    to_come = select(func.min(j.turn)).where(j.queue == queue, WAITS)
    # Pending, in words that lead to the index of what the person has, and not to that of all that waits.
    last = select(func.max(j.turn)).where(*mine, j.queue == queue, UNFINISHED, j.lease_token.is_(None))
    zero: Any = literal_column("0")
    now = func.coalesce(under_way.scalar_subquery(), to_come.scalar_subquery(), zero)
    return func.greatest(now, func.coalesce(last.scalar_subquery(), zero)) + ONE


@lru_cache
def _claim_request() -> Statement:
    values: list[Any] = [
        bindparam("workspace", type_=Text),
        bindparam("user", type_=Text),
        bindparam("request", type_=Text),
        bindparam("fingerprint", type_=LargeBinary),
        bindparam("id", type_=Uuid),
        NOW,
    ]
    source = select(*values).where(bindparam("request", type_=Text) != literal_column("''"))
    new = insert(requests).from_select([column.name for column in requests.columns], source)
    again = {name: new.excluded[name] for name in ("fingerprint", "job_id", "made_at")}
    old = r.made_at <= NOW - REMEMBERED
    taken = new.on_conflict_do_update(constraint=requests.primary_key, set_=again, where=old).returning(r.job_id)
    claimed = taken.cte("claimed")
    # Held until the transaction ends, so that the statement after this one counts what others of the person made.
    person = func.hashtextextended(bindparam("person", type_=Text), literal_column("0"))
    return Statement(select(exists().select_from(claimed), func.pg_advisory_xact_lock(person)))


@lru_cache
def _claimed() -> Statement:
    return Statement(select(r.job_id, r.fingerprint).where(*KEY))


@lru_cache
def _known() -> Statement:
    return Statement(select(r.job_id).where(*KEY, r.made_at > NOW - REMEMBERED))


@lru_cache
def _insert() -> Statement:
    # In the order of the index to be used, which is not the one of all that the person ever had.
    mine = select(ONE).where(*OWNER, UNFINISHED).order_by(j.queue, j.turn)
    unfinished = mine.limit(bindparam("most", type_=Integer)).subquery()
    count = select(func.count()).select_from(unfinished).scalar_subquery()
    room = select((count < bindparam("most", type_=Integer)).label("room")).cte("room")
    values = _row(bindparam("queue", type_=Text))
    new = insert(jobs).from_select(list(values), select(*values.values()).where(room.c.room))
    # Left out where a job of the same dedupe key is under way.
    new = new.on_conflict_do_nothing(index_elements=DEDUPED, index_where=ONE_OF_A_KEY)
    made = new.returning(*live(whole=False)).cte("made")
    rows = select(room.c.room, *made.c).select_from(room.outerjoin(made, true()))
    return Statement(rows.add_cte(written(made), _revived(made)))


def _row(queue: Any) -> dict[str, Any]:
    return {
        "id": bindparam("id", type_=Uuid),
        "workspace": bindparam("workspace", type_=Text),
        "user_id": bindparam("user", type_=Text),
        "kind": bindparam("kind", type_=Text),
        "queue": queue,
        "status": word(Status.PENDING),
        "input": bindparam("input", type_=LargeBinary),
        # What is started again does not repeat the steps that were done.
        "checkpoint": select(j.checkpoint)
        .where(j.id == bindparam("retried_from", type_=Uuid), *OWNER)
        .scalar_subquery(),
        "result_seconds": bindparam("result_seconds", type_=Integer),
        "max_attempts": bindparam("max_attempts", type_=Integer),
        "created_at": NOW,
        "turn": turn(queue, OWNER),
        "next_run_at": NOW,
        "seq": ONE,
        "dedupe_key": bindparam("dedupe", type_=Text),
        "retried_from": bindparam("retried_from", type_=Uuid),
        "traceparent": bindparam("traceparent", type_=Text),
    }


def _revived(made: Any) -> Any:
    """What is tried again is no dead letter any more."""
    # In words that only the key answers: mostly there is none, and nothing is to be looked through to see that.
    id_ = func.any(func.array(select(made.c.retried_from).where(made.c.retried_from.is_not(None)).scalar_subquery()))
    mine = (j[name].is_not_distinct_from(bindparam(value)) for name, value in (("workspace",) * 2, ("user_id", "user")))
    dead = update(jobs).where(j.id == id_, func.coalesce(j.died_at <= NOW, false()), *mine)
    return dead.values(**NOT_DEAD, redriven_as=select(made.c.id).scalar_subquery()).cte("revived")


@lru_cache
def _twin() -> Statement:
    same = (j.kind == bindparam("kind", type_=Text), j.dedupe_key == bindparam("dedupe", type_=Text))
    return Statement(select(*live(whole=False)).where(*OWNER, *same, UNFINISHED))


@lru_cache
def _answer() -> Statement:
    return Statement(update(requests).where(*KEY).values(job_id=bindparam("id", type_=Uuid)))
