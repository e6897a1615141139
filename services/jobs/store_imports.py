"""What became of the links of imports, in PostgreSQL. A batch of rows is written as a whole, in order."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Statement
from services.jobs import store_fence
from services.jobs.domain import Claimed, Owner
from services.jobs.domain_imports import Outcome, Row
from services.jobs.tables_imports import import_rows

r = import_rows.c
WORKSPACE, JOB = bindparam("workspace", type_=Text), bindparam("job", type_=Uuid)
OWN = (r.workspace == WORKSPACE, r.user_id == bindparam("user", type_=Text), r.job_id == JOB)
WRITTEN = {"number": Integer, "url": Text, "outcome": Text, "reason": Text, "bookmark_id": Uuid}


async def write(queries: Queries, job: Claimed, rows: Sequence[Row]) -> None:
    """Keep what became of some links, in a transaction; raises JobFailed if the job is lost."""
    # Whoever deletes the person deletes their jobs first, and waits for us, or we find nothing.
    await store_fence.still_ours(queries, job.id, job.token)
    values = {name: [getattr(row, name) for row in rows] for name in WRITTEN}
    await queries.rows(_write(), **job.owner._asdict(), job=job.id, **values)


async def done(queries: Queries, job: Claimed) -> int:
    """How many links of the file have come to something: the first so many."""
    return int(await queries.value(_done(), **job.owner._asdict(), job=job.id) or 0)


async def counts(queries: Queries, job: Claimed) -> Mapping[Outcome, int]:
    """How many links have come to what."""
    rows = await queries.rows(_counts(), **job.owner._asdict(), job=job.id)
    return {Outcome(row["outcome"]): row["total"] for row in rows}


async def page(
    queries: Queries, owner: Owner, job_id: UUID, outcome: Outcome | None, span: tuple[int, int]
) -> Sequence[Row]:
    """Those after a number, so many of them: `span` is both."""
    after, size = span
    values = {"job": job_id, "outcome": outcome, "after": after, "size": size}
    rows = await queries.rows(_page(filtered=outcome is not None), **owner._asdict(), **values)
    return [Row(row["number"], row["url"], Outcome(row["outcome"]), row["reason"], row["bookmark_id"]) for row in rows]


def theirs(users: Any) -> Iterable[Any]:
    """Deletes what these people have imported, as far as it is told here."""
    return [delete(import_rows).where(r.workspace == WORKSPACE, r.user_id.in_(users))]


@lru_cache
def _write() -> Statement:
    arrays: list[Any] = [bindparam(name, type_=ARRAY(type_)) for name, type_ in WRITTEN.items()]
    new = func.unnest(*arrays).table_valued(*WRITTEN).render_derived(name="new")
    names = ["job_id", "workspace", "user_id", *WRITTEN]
    rows = select(JOB, WORKSPACE, bindparam("user", type_=Text), *(new.c[name] for name in WRITTEN))
    return Statement(insert(import_rows).from_select(names, rows))


@lru_cache
def _done() -> Statement:
    return Statement(select(func.max(r.number)).where(*OWN))


@lru_cache
def _counts() -> Statement:
    return Statement(select(r.outcome, func.count().label("total")).where(*OWN).group_by(r.outcome))


@lru_cache
def _page(*, filtered: bool) -> Statement:
    conditions = [*OWN, r.number > bindparam("after", type_=Integer)]
    if filtered:
        conditions.append(r.outcome == bindparam("outcome", type_=Text))
    columns = (r.number, r.url, r.outcome, r.reason, r.bookmark_id)
    found = select(*columns).where(*conditions).order_by(r.number)
    return Statement(found.limit(bindparam("size", type_=Integer)))
