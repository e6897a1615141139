"""Migrations: once, however many replicas start together."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis import upgrade
from chassis.migrations import migrate
from chassis.settings import SettingsError

ENV = Path(__file__).parents[2] / "services" / "bookmarks" / "migrations" / "env.py"
FIRST = """
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("create table small.first (id int)")
    op.execute("insert into small.first values (1)")
"""
SECOND = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("insert into small.first values (2)")
    op.execute("{last}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations of a schema `small`."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV.read_text())
    (tmp_path / "versions" / "0001.py").write_text(FIRST)
    (tmp_path / "versions" / "0002.py").write_text(SECOND.format(last="select 1"))
    return tmp_path


async def state(url: str) -> tuple[list[int], str]:
    """What the migrations left, and the version."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select id from small.first order by id")
        return [row["id"] for row in rows], await connection.fetchval("select version_num from small.alembic_version")
    finally:
        await connection.close()


async def test_replicas_that_start_together_migrate_once(new_database: Callable[[], str], folder: Path) -> None:
    url = new_database()
    await asyncio.gather(*(asyncio.to_thread(asyncio.run, migrate(url, folder, "small")) for _ in range(4)))
    assert await state(url) == ([1, 2], "0002")
    await migrate(url, folder, "small")
    assert await state(url) == ([1, 2], "0002")


async def test_who_finds_everything_done_waits_for_nobody(new_database: Callable[[], str], folder: Path) -> None:
    url = new_database()
    await migrate(url, folder, "small")
    other = await asyncpg.connect(url)
    try:
        await other.execute("select pg_advisory_lock(hashtextextended('cairn.small', 0))")
        async with asyncio.timeout(10):
            await migrate(url, folder, "small")
    finally:
        await other.close()


async def test_a_migration_that_fails_leaves_what_was_before_it(new_database: Callable[[], str], folder: Path) -> None:
    url = new_database()
    second = folder / "versions" / "0002.py"
    second.write_text(SECOND.format(last="select no_such_function()"))
    with pytest.raises(Exception, match="no_such_function"):
        await migrate(url, folder, "small")
    assert await state(url) == ([1], "0001")
    second.write_text(SECOND.format(last="select 1"))
    await migrate(url, folder, "small")
    assert await state(url) == ([1, 2], "0002")


async def test_an_address_may_say_how_to_connect(new_database: Callable[[], str], folder: Path) -> None:
    url = new_database()
    await migrate(f"{url}?sslmode=prefer&application_name=migrations", folder, "small")
    assert await state(url) == ([1, 2], "0002")


async def test_a_database_that_is_starting_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], str], folder: Path
) -> None:
    url, connect = new_database(), asyncpg.connect
    failures = [ConnectionRefusedError(), asyncpg.CannotConnectNowError("the database system is starting up")]

    async def connect_in_the_end(*arguments: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return await connect(*arguments, **options)

    monkeypatch.setattr(asyncpg, "connect", connect_in_the_end)
    monkeypatch.setattr(upgrade, "PAUSE_SECONDS", 0.0)
    await migrate(url, folder, "small")
    assert await state(url) == ([1, 2], "0002")


async def test_a_database_that_stays_away_ends_the_wait(
    monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int], folder: Path
) -> None:
    monkeypatch.setattr(upgrade, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(OSError, match="Connect call failed"):
        await migrate(f"postgresql://nobody@127.0.0.1:{free_port()}/none", folder, "small")


async def test_a_database_that_lets_nobody_in_is_a_wrong_setting(new_database: Callable[[], str], folder: Path) -> None:
    with pytest.raises(SettingsError, match='CAIRN_DATABASE_URL: database "nowhere" does not exist'):
        await migrate(f"{new_database().rpartition('/')[0]}/nowhere", folder, "small")
