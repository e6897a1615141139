"""What people spent on models, in PostgreSQL: a row for each person, day, kind and model."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Double,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.jobs.domain import Owner
from services.jobs.domain_model import Usage
from services.jobs.domain_usage import KEPT_DAYS, Spent
from services.jobs.store_moves import NOW
from services.jobs.tables_facts import users
from services.jobs.tables_usage import usage

WORKSPACE, USER = bindparam("workspace", type_=Text), bindparam("user", type_=Text)
COUNTS = ("calls", "input_tokens", "output_tokens", "audio_seconds")
u = usage.c
OWN = (u.workspace == WORKSPACE, u.user_id == USER)


async def add(queries: Queries, owner: Owner, spent: Spent) -> None:
    """Add to what was spent. For a person who is deleted, nothing is written."""
    values = {"day": spent.day, "kind": spent.kind, "model": spent.model, "calls": spent.calls}
    await queries.rows(_add(), **owner._asdict(), **values, **spent.usage._asdict())


async def tokens(queries: Queries, owner: Owner, day: date) -> int:
    """How many tokens a person spent on a day."""
    return int(await queries.value(_tokens(), **owner._asdict(), day=day))


async def between(queries: Queries, owner: Owner, first: date, last: date) -> Sequence[Spent]:
    """What a person spent from one day to another, oldest first."""
    rows = await queries.rows(_between(), **owner._asdict(), first=first, last=last)
    return [_spent(row) for row in rows]


async def forget(queries: Queries, limit: int) -> int:
    """Delete some of the rows that are too old; tells how many."""
    return len(await queries.rows(_forget(), limit=limit))


def theirs(users: Select[Any]) -> list[Any]:
    """What deletes everything about these users of the workspace."""
    return [delete(usage).where(u.workspace == WORKSPACE, u.user_id.in_(users))]


def _spent(row: Any) -> Spent:
    used = Usage(row["input_tokens"], row["output_tokens"], row["audio_seconds"])
    return Spent(row["day"], row["kind"], row["model"], row["calls"], used)


@lru_cache
def _add() -> Statement:
    who: list[Any] = [cast(WORKSPACE, Text), cast(USER, Text), cast(bindparam("day"), Date)]
    what: list[Any] = [cast(bindparam(name), Text) for name in ("kind", "model")]
    counts: list[Any] = [cast(bindparam(name), BigInteger) for name in COUNTS[:3]] + [
        cast(bindparam(COUNTS[3]), Double)
    ]
    gone = exists().where(users.c.workspace == WORKSPACE, users.c.id == USER, users.c.deleted)
    new = insert(usage).from_select([column.name for column in u], select(*who, *what, *counts).where(~gone))
    more = {name: u[name] + new.excluded[name] for name in COUNTS}
    return Statement(new.on_conflict_do_update(index_elements=list(usage.primary_key), set_=more))


@lru_cache
def _tokens() -> Statement:
    total = cast(func.coalesce(func.sum(u.input_tokens + u.output_tokens), 0), BigInteger)
    return Statement(select(total).where(*OWN, u.day == bindparam("day", type_=Date)))


@lru_cache
def _between() -> Statement:
    days = u.day.between(bindparam("first", type_=Date), bindparam("last", type_=Date))
    return Statement(select(usage).where(*OWN, days).order_by(u.day, u.kind, u.model))


@lru_cache
def _forget() -> Statement:
    key: list[Any] = list(usage.primary_key)
    today = func.date(func.timezone(literal_column("'UTC'"), NOW))
    old = select(*key).where(u.day < today - literal_column(str(KEPT_DAYS))).limit(bindparam("limit", type_=BigInteger))
    return Statement(delete(usage).where(tuple_(*key).in_(old)).returning(u.day))
