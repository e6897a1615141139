"""The tables as they are in PostgreSQL: what tables.py says, what cannot be written, and how they are read."""

import re
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import Statement
from services.jobs import store, store_admin, store_claim, store_create, store_events, store_lease, store_upkeep
from services.jobs.domain import Status
from services.jobs.tables import SCHEMA, archive, attempts, events, jobs, metadata, requests
from services.jobs.tables_interviews import allowances, interviews, job_infos, questions
from services.jobs.tables_usage import usage
from tests.services.jobs.stage import Stage

INTERVIEWS = (job_infos, interviews, questions, allowances)
OURS = {table.name for table in (jobs, attempts, events, requests, archive, usage, *INTERVIEWS)}
FILL = """
    insert into jobs.jobs (id, workspace, user_id, kind, queue, status, input, result_seconds, max_attempts,
                           created_at, turn, next_run_at, seq, completed_at, archive_at)
    select gen_random_uuid(), 'w', 'u' || n % 50, 'quick', 'interactive', 'canceled', '', 3600, 3,
           now(), n, now(), 0, now(), now()
    from generate_series(1, 5000) n
"""
HOT: dict[str, Callable[[], Statement]] = {
    "claim": store_claim._claim,
    "beat": store_lease._beat,
    "progress": store_lease._progress,
    "finish": store_lease._finish,
    "release": store_lease._release,
    "next_due": store_lease._next_due,
    "insert": store_create._insert,
    "get": store._live,
    "list": lambda: store._list(kind=False, status=None, first=False, size=51),
    "cancel": store._cancel,
    "after": store_events._after,
    "latest": store_events._latest,
    "reap": lambda: store_upkeep._reap(100),
    "put_away": lambda: store_upkeep._put_away(100),
    "dead": lambda: store_admin._dead(kind=False, first=True, size=51),
    "ended": lambda: store_admin._ended(kind=False, status=None, first=True, size=51),
}


def differences(connection: Connection) -> list[Any]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return name == SCHEMA if kind == "schema" else kind != "table" or name in OURS

    options = {"include_schemas": True, "include_name": ours, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return [each for each in found if _table(each) in OURS]


def _table(difference: Any) -> str:
    """What a difference is about, which comes in lists where a column is changed."""
    first: Any = difference[0] if isinstance(difference, list) else difference
    return str(first[3] if isinstance(difference, list) else getattr(first[1], "table", first[1]).name)


async def test_the_migrations_make_what_tables_says(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize(
    "wrong",
    [
        "status = 'expired'",
        "status = 'running'",
        "status = 'complete'",
        "lease_token = gen_random_uuid()",
        "lease_until = now()",
        "completed_at = now()",
        "archive_at = now()",
        "died_at = now()",
        "result_expires_at = now()",
        "attempt = 4",
        "attempt = -1",
    ],
)
async def test_a_row_that_means_nothing_cannot_be_written(stage: Stage, wrong: str) -> None:
    await stage.pending()
    with pytest.raises(asyncpg.CheckViolationError):
        await stage.sql("update jobs.jobs set WRONG".replace("WRONG", wrong))


@pytest.mark.parametrize("status", ["pending", "running", "canceling", "complete", "error"])
async def test_what_is_final_stays_so_even_by_hand(stage: Stage, status: str) -> None:
    await stage.cancel(id_ := await stage.pending())
    with pytest.raises(asyncpg.RestrictViolationError):
        await stage.sql("update jobs.jobs set status = $1 where id = $2", status, id_)
    assert await stage.status(id_) is Status.CANCELED


async def test_no_statement_reads_all_jobs(stage: Stage) -> None:
    await stage.sql(FILL)
    await stage.sql("insert into jobs.events select id, 1, 'status', '{}', now() from jobs.jobs")
    await stage.sql("analyze jobs.jobs, jobs.events")
    await stage.sql("set plan_cache_mode = force_generic_plan")
    plans = {name: await explained(stage, statement()) for name, statement in HOT.items()}
    await stage.sql("truncate jobs.jobs, jobs.events")
    assert not [name for name, plan in plans.items() if re.search(r"Seq Scan on (jobs|events)\b", plan)]
    assert all("Scan" in plan for plan in plans.values())


async def explained(stage: Stage, statement: Statement) -> str:
    """The plan that is kept for a statement, whatever its parameters."""
    await stage.connection.execute(f"prepare it as {statement.sql}")
    values = ", ".join(["null"] * len(statement._names))
    plan = await stage.sql(f"explain execute it{f'({values})' if values else ''}")
    await stage.sql("deallocate it")
    return "\n".join(row[0] for row in plan)
