"""Expiry on a real PostgreSQL and Redis, with the worker as a process of its own."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.database import Database, DatabaseAway, DatabaseSettings
from chassis.doorbell import Doorbell
from cli.health import illness
from services.presence import store_expiry
from services.presence.timekeeper import QUEUE, timekeeper
from services.presence.worker import Expiry

ROOT = Path(__file__).parents[3]
INSERT = """
insert into presence.claims
  (workspace, user_id, claim_id, source, priority, emoji, text, dnd, expires_at, expiry_id, set_at)
values ('w', $1, 'manual', '', 0, '', 'x', false, now() + $2::interval, $3, now())
"""


class Claims:
    """Claims in the database, and what is told of them."""

    def __init__(self, connection: Any) -> None:
        """On a connection of its own."""
        self.connection = connection
        self.told: list[tuple[float, str]] = []

    async def set(self, user: str, seconds: float) -> tuple[str, str, str, uuid.UUID]:
        """Set a claim; tells its key."""
        expiry = uuid.uuid4()
        await self.connection.execute(INSERT, user, timedelta(seconds=seconds), expiry)
        return "w", user, "manual", expiry

    async def left(self) -> int:
        """How many are left."""
        return int(await self.connection.fetchval("select count(*) from presence.claims"))

    async def all_told(self, count: int, seconds: float) -> None:
        """Wait until so many changes are told."""
        give_up = time.monotonic() + seconds
        while len(self.told) < count:
            assert time.monotonic() < give_up, f"{len(self.told)} of {count} were told"
            await asyncio.sleep(0.01)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool."""
    database = await Database.connect(DatabaseSettings(database_url), "tests")
    yield database
    await database.aclose()


@pytest.fixture
async def claims(database_url: str) -> AsyncIterator[Claims]:
    """No claims yet."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("truncate presence.claims")
    claims = Claims(connection)

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        claims.told.append((time.monotonic(), payload))

    await connection.add_listener("cairn_presence", hear)
    yield claims
    await connection.close()


@pytest.fixture
async def keeping(database: Database, redis_url: str) -> AsyncIterator[None]:
    """A timekeeper at work."""
    doorbell = Doorbell(redis_url, QUEUE)
    task = asyncio.create_task(timekeeper(database, doorbell).run())
    yield
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    await doorbell.shutdown()


@pytest.fixture(scope="module")
def worker(
    database_url: str, redis_url: str, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """The worker process, well."""
    port = free_port()
    environ = {
        "CAIRN_DATABASE_URL": database_url,
        "CAIRN_REDIS_URL": redis_url,
        "CAIRN_PRESENCE_WORKER_PORT": str(port),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")]),
    }
    log = tmp_path_factory.mktemp("worker") / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "services.presence.worker"]
        process = subprocess.Popen(command, env={**os.environ, **environ}, stderr=output)
    give_up = time.monotonic() + 15
    while illness(f"grpc://127.0.0.1:{port}", 1):
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


def lateness(claims: Claims, due: dict[str, float]) -> list[float]:
    """How long after its moment each person was told of, the shortest first; each must be told of once."""
    assert sorted(payload for _, payload in claims.told) == sorted(f"w\n{user}" for user in due)
    return sorted(moment - due[payload.split("\n")[1]] for moment, payload in claims.told)


@pytest.mark.usefixtures("keeping")
async def test_the_worker_expires_each_claim_once_and_on_time(claims: Claims, worker: subprocess.Popen[bytes]) -> None:
    due: dict[str, float] = {}
    for number in range(200):
        seconds = 1.3 + number * 0.618 % 1
        due[f"user-{number}"] = time.monotonic() + seconds
        await claims.set(f"user-{number}", seconds)
    await claims.all_told(200, 10)
    late = lateness(claims, due)
    assert await claims.left() == 0
    assert late[0] > -0.01
    # The replica itself would have come 100 ms after the moment: it was the worker.
    assert late[100] < 5
    assert worker.poll() is None


@pytest.mark.usefixtures("keeping")
async def test_without_a_worker_the_replica_expires_them(claims: Claims, worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    due: dict[str, float] = {}
    for number in range(50):
        seconds = 1.3 + number * 0.618 % 1
        due[f"user-{number}"] = time.monotonic() + seconds
        await claims.set(f"user-{number}", seconds)
    await claims.all_told(50, 10)
    late = lateness(claims, due)
    assert await claims.left() == 0
    assert late[0] > 0.09
    assert late[25] < 5


async def test_a_stale_early_or_repeated_ring_deletes_nothing(claims: Claims, database: Database) -> None:
    task = Expiry(database)
    early = await claims.set("early", 60)
    due = await claims.set("due", 0)
    stale = (*due[:3], uuid.uuid4())
    for keys in ([early], [stale], [due, due], [due]):
        await task.expire([[*key[:3], str(key[3])] for key in keys])
    assert await claims.left() == 1
    await claims.all_told(1, 5)
    assert len(claims.told) == 1


async def test_a_failing_expiry_is_tried_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Any] = []
    pauses: list[float] = []

    async def fail(_queries: object, keys: object) -> int:
        tries.append(keys)
        raise DatabaseAway

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(store_expiry, "expire", fail)
    key = uuid.uuid4()
    queries: Any = None
    with pytest.raises(DatabaseAway):
        await Expiry(queries, sleep).expire([["w", "u", "c", str(key)]])
    assert tries == [[("w", "u", "c", key)]] * 3
    assert pauses == [1, 2]
