"""What is due. A row is deleted only while it is still the one that was to expire, and only once."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Interval, Text, Uuid, bindparam, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION

from chassis.database import Queries, Statement
from services.presence.store import told
from services.presence.tables import claims

c = claims.c
Key = tuple[str, str, str, UUID]


class Due(NamedTuple):
    """A claim that expires soon; `seconds` from now, less than nothing when it is overdue."""

    workspace: str
    user: str
    claim_id: str
    expiry_id: UUID
    seconds: float


async def due(queries: Queries, within: float, limit: int) -> list[Due]:
    """The claims that expire within so many seconds, the earliest first."""
    rows = await queries.rows(_due(), within=timedelta(seconds=within), size=limit)
    return [Due(*row) for row in rows]


async def expire(queries: Queries, keys: Sequence[Key]) -> int:
    """Delete those of the claims whose time has come; tells how many."""
    ordered = sorted(keys)
    columns = list(zip(*ordered, strict=True)) if ordered else [(), (), (), ()]
    names = ("workspaces", "users", "claims", "expiries")
    arrays: dict[str, Any] = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return int(await queries.value(_expire(), **arrays) or 0)


async def sweep(queries: Queries, grace: float, limit: int) -> int:
    """Delete what is overdue by more than `grace` seconds and nobody else is at; tells how many."""
    return int(await queries.value(_sweep(), grace=timedelta(seconds=grace), size=limit) or 0)


@lru_cache
def _due() -> Statement:
    seconds = cast(func.extract("epoch", c.expires_at - func.now()), DOUBLE_PRECISION)
    soon = c.expires_at <= func.now() + bindparam("within", type_=Interval)
    statement = select(c.workspace, c.user_id, c.claim_id, c.expiry_id, seconds).where(soon).order_by(c.expires_at)
    return Statement(statement.limit(bindparam("size", type_=Integer)))


@lru_cache
def _expire() -> Statement:
    arrays = [bindparam(name, type_=ARRAY(Text)) for name in ("workspaces", "users", "claims")]
    asked = func.unnest(*arrays, bindparam("expiries", type_=ARRAY(Uuid)))
    keys = asked.table_valued("workspace", "user_id", "claim_id", "expiry_id").render_derived(name="asked")
    # Locked in the order of the key, so that two hands that were rung for the same claims do not deadlock.
    doomed = (
        select(*_key(c))
        .join(keys, tuple_(*_key(c)) == tuple_(*_key(keys.c)))
        .where(c.expires_at <= func.now())
        .order_by(*_key(c))
        .with_for_update(of=claims)
        .cte("doomed")
    )
    return Statement(_deleted(doomed))


@lru_cache
def _sweep() -> Statement:
    overdue = c.expires_at <= func.now() - bindparam("grace", type_=Interval)
    doomed = (
        select(*_key(c))
        .where(overdue)
        .order_by(c.expires_at)
        .limit(bindparam("size", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("doomed")
    )
    return Statement(_deleted(doomed))


def _key(columns: Any) -> tuple[Any, Any, Any, Any]:
    return columns.workspace, columns.user_id, columns.claim_id, columns.expiry_id


def _deleted(doomed: Any) -> Any:
    """Delete the claims, tell of each person once, and count the claims."""
    rows = tuple_(*_key(c)).in_(select(*_key(doomed.c)))
    gone = delete(claims).where(rows).returning(c.workspace, c.user_id).cte("gone")
    people = select(gone.c.workspace, gone.c.user_id).distinct().cte("people")
    count = select(func.count()).select_from(gone).scalar_subquery()
    return select(count, told(people.c.workspace, people.c.user_id)).select_from(people)
