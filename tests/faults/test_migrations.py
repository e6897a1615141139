"""Replicas that start together on an empty database: one makes the tables, the others wait for it."""

import signal
from collections.abc import Callable

import asyncpg

from cli.stack.postgres import Cluster
from tests.faults.cairn import Cairn

NewCairn = Callable[[str, str], Cairn]


async def run(url: str, statement: str) -> list[asyncpg.Record]:
    """Run a statement."""
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


async def test_they_migrate_once(
    new_cairn: NewCairn, new_database: Callable[..., str], redis_url: str, cluster: Cluster
) -> None:
    url = new_database()
    await run(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET log_statement = 'ddl'")
    cairn = new_cairn(url, redis_url)
    replicas = [cairn.process("bookmarks") for _ in range(3)]
    for replica in replicas:
        replica.launch()
    for replica in replicas:
        await replica.up()
    assert len(await run(url, "SELECT * FROM bookmarks.alembic_version")) == 1
    assert cluster.log is not None
    assert cluster.log.read_text().lower().count("create table bookmarks.bookmarks (") == 1
    for replica in replicas:
        assert await replica.end(signal.SIGTERM) == 0
        assert "Traceback" not in replica.log.read_text()
