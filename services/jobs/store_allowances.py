"""What people have used of their allowance, in PostgreSQL, whose clock counts."""

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import DateTime, Integer, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Owner
from services.jobs.domain_plans import Bucket
from services.jobs.store_job_infos import USER, WORKSPACE
from services.jobs.tables import MOMENT
from services.jobs.tables_interviews import allowances

c = allowances.c
OWN = (c.workspace == WORKSPACE, c.user_id == USER)
# Once the row is locked: the moment at which the statement began may be before the last change.
CLOCK = func.clock_timestamp(type_=DateTime(timezone=True))


class Used(NamedTuple):
    """What a person has used."""

    interviews: int
    bucket: Bucket


async def lock(queries: Queries, owner: Owner) -> Used:
    """What a person has used, which nobody else changes until the transaction ends."""
    row = await queries.row(_lock(), **owner._asdict())
    assert row is not None, "it is made where there is none"
    return _to_used(row)


async def get(queries: Queries, owner: Owner) -> Used:
    """What a person has used."""
    row = await queries.row(_get(), **owner._asdict())
    assert row is not None, "there is always a row"
    return _to_used(row)


async def save(queries: Queries, owner: Owner, used: Used) -> None:
    """Keep what a person has used now. It must be locked."""
    await queries.rows(_save(), **owner._asdict(), used=used.interviews, full_at=used.bucket.full_at)


def _to_used(row: Row) -> Used:
    return Used(row["used"], Bucket(row["full_at"], row["now"]))


@lru_cache
def _lock() -> Statement:
    new = insert(allowances).from_select(["workspace", "user_id", "full_at"], select(WORKSPACE, USER, CLOCK))
    # Changes nothing, and so locks what is there.
    held = new.on_conflict_do_update(constraint=allowances.primary_key, set_={"used": c.used})
    return Statement(held.returning(c.used, c.full_at, CLOCK.label("now")))


@lru_cache
def _get() -> Statement:
    """One row in any case: who has used nothing has all."""
    zero = literal_column("0", Integer)
    used = func.coalesce(select(c.used).where(*OWN).scalar_subquery(), zero).label("used")
    full_at = func.coalesce(select(c.full_at).where(*OWN).scalar_subquery(), CLOCK).label("full_at")
    return Statement(select(used, full_at, CLOCK.label("now")))


@lru_cache
def _save() -> Statement:
    values = {"used": bindparam("used", type_=Integer), "full_at": bindparam("full_at", type_=MOMENT)}
    return Statement(update(allowances).where(*OWN).values(values))
