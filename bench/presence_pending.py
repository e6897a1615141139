"""A database with very many statuses that will expire one day, and what an idle replica costs there."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from bench.fill import settle
from bench.load import Arm
from bench.workspace import NAME

DATABASE = "pending"
NANOSECONDS = 1_000_000_000

FILL = """
    insert into presence.claims
        (workspace, user_id, claim_id, source, priority, emoji, text, dnd, expires_at, expiry_id, set_at)
    select $1, 'p' || number, 'manual', 'manual', 50, '🎯', 'Focusing', false,
        now() + interval '1 hour' + random() * interval '24 hours', gen_random_uuid(), now()
    from generate_series(0, $2::bigint - 1, $3::bigint) number
"""
BACKENDS = """
    select pid from pg_stat_activity where datname = current_database() and application_name like 'cairn-presence%'
"""


async def second_database(url: str) -> str:
    """Make another database beside this one; its URL."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {DATABASE}")
    await connection.close()
    return url.rpartition("/")[0] + "/" + DATABASE


async def fill(url: str, people: int, step: int = 1) -> None:
    """Every `step`th of so many people has a status that expires in a day or so."""
    connection = await asyncpg.connect(url)
    await connection.execute(FILL, NAME, people, step, timeout=120)
    await connection.close()
    await settle(url)


async def idle_share(replica: Arm, url: str, seconds: float) -> tuple[float, float]:
    """What of a core an idle replica takes, and what its PostgreSQL backends take."""
    connection = await asyncpg.connect(url)
    backends = [row[0] for row in await connection.fetch(BACKENDS)]
    await connection.close()
    before = _nanoseconds(replica.pids), _nanoseconds(backends)
    await asyncio.sleep(seconds)
    after = _nanoseconds(replica.pids), _nanoseconds(backends)
    process, database = (after[place] - before[place] for place in (0, 1))
    return process / seconds / NANOSECONDS, database / seconds / NANOSECONDS


def _nanoseconds(pids: Iterable[int]) -> int:
    """CPU time of all threads of the processes; a backend may have gone."""
    files = (file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(file.read_text().split()[0]) for file in files)
