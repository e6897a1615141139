"""What happened to jobs, as those who watch read it."""

import json
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Uuid, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Owner, Status
from services.jobs.domain_views import Event, EventKind
from services.jobs.rows import to_failure, to_progress
from services.jobs.store_moves import OWNER
from services.jobs.tables import events, jobs

j, e = jobs.c, events.c


async def after(queries: Queries, owner: Owner, id_: UUID, seq: int, limit: int) -> list[Event]:
    """The first changes after the one with this number. None of a job that is archived, or not the owner's."""
    values = {"id": id_, "seq": seq, "size": limit}
    return [_event(row) for row in await queries.rows(_after(), **owner._asdict(), **values)]


async def latest(queries: Queries, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the latest change of each of these jobs that is not archived."""
    return {row["id"]: row["seq"] for row in await queries.rows(_latest(), ids=list(ids))}


def _event(row: Row) -> Event:
    payload = json.loads(row["payload"])
    status, progress, error = Status(payload["status"]), to_progress(payload["progress"]), to_failure(payload)
    return Event(row["seq"], EventKind(row["kind"]), status, payload["attempt"], progress, error, row["at"])


@lru_cache
def _after() -> Statement:
    theirs = exists().where(j.id == bindparam("id", type_=Uuid), *OWNER)
    mine = (e.job_id == bindparam("id", type_=Uuid), e.seq > bindparam("seq", type_=BigInteger), theirs)
    some = select(e.seq, e.kind, e.payload, e.at).where(*mine).order_by(e.seq)
    return Statement(some.limit(bindparam("size", type_=Integer)))


@lru_cache
def _latest() -> Statement:
    return Statement(select(j.id, j.seq).where(j.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
