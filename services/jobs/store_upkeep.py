"""What is done behind the workers' backs, by any number of replicas at once: leases that ended, and what is over."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Interval,
    Text,
    case,
    cast,
    column,
    delete,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Queries, Statement
from services.jobs.domain import FIRST_DELAY, JITTER, LONGEST_DELAY, MAX_CRASHES, POISON, WORKER_LOST, Status
from services.jobs.store import tries_of
from services.jobs.store_create import REMEMBERED
from services.jobs.store_moves import LEASED, NOW, ONE, because, moved, tried, word, written
from services.jobs.tables import SCHEMA, archive, attempts, events, jobs, requests
from services.jobs.tables_imports import import_rows

KEPT_DAYS, AHEAD_DAYS = 7, 3
NAME = "archive_%Y%m%d"
j, r = jobs.c, requests.c


async def reap(queries: Queries, limit: int) -> list[tuple[UUID, Status]]:
    """Take jobs from workers whose leases have ended; tells how each stands then."""
    return [(row["id"], Status(row["status"])) for row in await queries.rows(_reap(limit))]


async def put_away(queries: Queries, limit: int) -> int:
    """Move jobs that are over to the archive, without their results, and delete old dead letters; tells how many."""
    return int(await queries.value(_put_away(limit)) or 0)


async def forget_requests(queries: Queries, limit: int) -> int:
    """Forget request ids that are too old to be answered; tells how many."""
    return len(await queries.rows(_forget(limit)))


async def partitions(queries: Queries) -> tuple[list[str], list[str]]:
    """Make the days of the archive that are missing and drop those that are over, in a transaction; tells which."""
    await queries.serialise("cairn.jobs.partitions")
    # Who reads the archive now may do so to the end, but nobody is to wait for us behind them.
    await queries.rows(Statement(text("select set_config('lock_timeout', '2s', true)")))
    today: date = await queries.value(_today())
    there = {row["name"] for row in await queries.rows(_there())}
    wanted = {f"{day:{NAME}}": day for day in _days(today)}
    made, dropped = sorted(wanted.keys() - there), sorted(there - wanted.keys())
    for name in made:
        day = wanted[name]
        span = f"from ('{day} 00:00+00') to ('{day + timedelta(days=1)} 00:00+00')"
        ddl = f"create table {SCHEMA}.{name} partition of {SCHEMA}.archive for values {span}"
        await queries.rows(Statement(text(ddl.replace(":", "\\:"))))
    for name in dropped:
        await queries.rows(Statement(text(f"drop table {SCHEMA}.{name}")))
    return made, dropped


def _days(today: date) -> Iterator[date]:
    return (today + timedelta(days=each) for each in range(-KEPT_DAYS, AHEAD_DAYS + 1))


@lru_cache
def _today() -> Statement:
    return Statement(select(func.date(func.timezone(literal_column("'UTC'"), NOW))))


@lru_cache
def _there() -> Statement:
    parent: Any = literal_column(f"'{SCHEMA}.archive'::regclass")
    inherits, classes = (
        table("pg_inherits", column("inhrelid"), column("inhparent")),
        table("pg_class", column("oid"), column("relname")),
    )
    joined = inherits.join(classes, classes.c.oid == inherits.c.inhrelid)
    names = select(cast(classes.c.relname, Text).label("name")).select_from(joined)
    return Statement(names.where(inherits.c.inhparent == parent))


@lru_cache
def _reap(limit: int) -> Statement:
    crashes = (j.crashes + ONE).label("crashes")
    given_up = or_(crashes >= literal_column(str(MAX_CRASHES)), j.attempt >= j.max_attempts)
    becomes = case(
        (j.status == word(Status.CANCELING), word(Status.CANCELED)),
        (given_up, word(Status.ERROR)),
        else_=word(Status.PENDING),
    )
    lost = select(j.id, crashes, becomes.label("becomes")).where(LEASED, j.lease_until <= NOW).order_by(j.lease_until)
    lost = lost.limit(literal_column(str(limit))).with_for_update(skip_locked=True)
    chosen = lost.cte("chosen")
    poison = chosen.c.crashes >= literal_column(str(MAX_CRASHES))
    failure = {
        name: case((poison, literal(getattr(POISON, name))), else_=literal(getattr(WORKER_LOST, name)))
        for name in WORKER_LOST._fields
    }
    waits = chosen.c.becomes == word(Status.PENDING)
    done = moved(
        chosen,
        true(),
        **because(chosen, failure),
        crashes=chosen.c.crashes,
        next_run_at=case((waits, NOW + _delay()), else_=j.next_run_at),
    )
    return Statement(select(done.c.id, done.c.status).add_cte(written(done), tried(done)))


def _delay() -> Any:
    """As `domain.delay` has it."""
    usual = func.least(FIRST_DELAY * func.power(2, j.attempt - ONE), LONGEST_DELAY)
    chance = 1 - JITTER + 2 * JITTER * func.random()
    return usual * chance * literal_column("interval '1 second'", Interval)


@lru_cache
def _put_away(limit: int) -> Statement:
    over = select(j.id).where(j.archive_at <= NOW).order_by(j.archive_at)
    over = over.limit(literal_column(str(limit))).with_for_update(skip_locked=True)
    chosen = over.cte("chosen")
    # An array, for which the keys are looked up; a set might be compared with all the rows there are.
    ids = func.any(func.array(select(chosen.c.id).scalar_subquery()))
    gone = delete(jobs).where(j.id == ids).returning(*j).cte("gone")
    names = [column.name for column in archive.columns]
    # This statement still sees the tries that it deletes.
    kept = [tries_of(gone.c.id).label(name) if name == "attempts" else gone.c[name] for name in names]
    # What ended before the days of the archive, as a dead letter that nobody wanted has, is not kept.
    first_day = func.date_trunc(literal_column("'day'"), NOW, literal_column("'UTC'"))
    young = gone.c.completed_at >= first_day - literal_column(f"interval '{KEPT_DAYS} days'", Interval)
    new = insert(archive).from_select(names, select(*kept).where(young)).cte("new")
    parts = (attempts, events, import_rows)
    rest = [delete(each).where(each.c.job_id == ids).cte(f"gone_{each.name}") for each in parts]
    return Statement(select(func.count()).select_from(gone).add_cte(new, *rest))


@lru_cache
def _forget(limit: int) -> Statement:
    key = (r.workspace, r.user_id, r.request_id)
    old = select(*key).where(r.made_at <= NOW - REMEMBERED).order_by(r.made_at).limit(literal_column(str(limit)))
    chosen = old.with_for_update(skip_locked=True).cte("chosen")
    return Statement(delete(requests).where(tuple_(*key).in_(select(*chosen.c))).returning(null()))
