"""A queue of jobs in a real database, and whoever works it off: in this process, or in processes of their own."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uuid_utils.compat
from sqlalchemy import text

from chassis.database import Database, DatabaseSettings, Statement
from services.jobs import hints, store, store_create, store_upkeep
from services.jobs.domain import FINAL, Caps, Job, Owner, Queue, Status
from services.jobs.heart import Heart, Pace
from services.jobs.hints import Hints
from services.jobs.runner import Plan, Runner
from services.jobs.store_create import New
from tests.services.jobs.stage import CLEAR, Stage
from tests.services.jobs.standins import actions

ROOT = Path(__file__).parents[3]
ANN = Owner("w", "ann")
NUMBERS = itertools.count(1)
LEASE = 1.5
CLAIMS = Statement(
    text("select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in tr%'")
)
MAIN = "from tests.services.jobs.standins import main; main()"


async def until(true: Callable[[], Any], seconds: float = 20) -> None:
    """Wait until something is true; it may be a coroutine function."""
    give_up = time.monotonic() + seconds
    while True:
        answer = true()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        assert time.monotonic() < give_up, "it did not come to pass"
        await asyncio.sleep(0.02)


class Hand:
    """A worker process."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        """Start it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", MAIN], env={**kept, **environ, "PYTHONPATH": path}, stderr=output
            )

    def lives(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    async def serving(self) -> None:
        """Wait until it works."""
        await until(lambda: "serving" in self.log.read_text() or not self.lives(), 15)
        assert "serving" in self.log.read_text(), self.log.read_text()

    async def ended(self, seconds: float) -> tuple[int, float]:
        """Wait for its end; its exit code, and how long it took."""
        started = time.monotonic()
        await until(lambda: not self.lives(), seconds)
        return self.process.wait(), time.monotonic() - started

    def kill(self) -> None:
        """Kill it as `kill -9` does, frozen or not."""
        self.process.kill()
        self.process.wait()

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


def worker_environ(database_url: str, redis_url: str, port: int) -> dict[str, str]:
    """The environment of a worker process whose leases are short."""
    return {
        "CAIRN_DATABASE_URL": database_url,
        "CAIRN_REDIS_URL": redis_url,
        "CAIRN_JOBS_QUEUE": "interactive",
        "CAIRN_JOBS_INTERACTIVE_PORT": str(port),
        "CAIRN_JOBS_LEASE_SECONDS": str(LEASE),
        "CAIRN_JOBS_BEAT_SECONDS": str(LEASE / 4),
    }


@dataclass
class Crew:
    """Jobs of stand-in kinds, and who works."""

    database: Database
    database_url: str
    redis_url: str
    folder: Path
    hints: Hints
    lease: float = LEASE
    hands: list[Hand] = field(default_factory=list)

    async def add(self, kind: str, owner: Owner = ANN, *, ring: bool = False, **given: object) -> UUID:
        """Make a job; without a ring it is found by the look of each second."""
        [action] = [action for action in actions() if action.kind.name == kind]
        id_ = uuid_utils.compat.uuid7()
        words = json.dumps({"notes": str(self.folder / str(id_)), **given}).encode()
        async with self.database.begin() as queries:
            await store_create.create(queries, New(owner, action.kind, words, "", b"", id_), Caps())
        if ring:
            bell = hints.bell(self.redis_url, action.kind.queue)
            await bell.ring(hints.LOOK)
            await bell.shutdown()
        return id_

    async def job(self, id_: UUID, owner: Owner = ANN) -> Job:
        """A job as it is."""
        job = await store.get(self.database, owner, id_)
        assert job is not None
        return job

    async def cancel(self, id_: UUID, *, tell: bool = True) -> None:
        """Cancel a job; the hint may get lost."""
        status = await store.cancel(self.database, ANN, id_)
        if tell and status:
            self.hints.tell(id_, status)

    async def ended(self, id_: UUID, seconds: float = 20) -> Job:
        """A job when it has ended."""
        return await self.becomes(id_, *FINAL, seconds=seconds)

    async def becomes(self, id_: UUID, *statuses: Status, seconds: float = 20) -> Job:
        """A job when it has one of these states."""

        async def there() -> bool:
            return (await self.job(id_)).status in statuses

        await until(there, seconds)
        return await self.job(id_)

    async def failed_once(self, id_: UUID) -> Job:
        """A job when it waits for another try."""

        async def there() -> bool:
            job = await self.job(id_)
            return job.status is Status.PENDING and len(job.attempts) == 1

        await until(there)
        return await self.job(id_)

    def notes(self, id_: UUID) -> list[str]:
        """What was written down of a job."""
        path = self.folder / str(id_)
        return path.read_text().splitlines() if path.exists() else []

    async def begun(self, id_: UUID, attempt: int = 1, seconds: float = 5) -> None:
        """Wait until an attempt has begun."""
        await until(lambda: f"begin {attempt}" in self.notes(id_), seconds)

    async def hand(self, port: int, **settings: object) -> Hand:
        """A worker process, at work."""
        log = self.folder / f"hand-{next(NUMBERS)}"
        environ = worker_environ(self.database_url, self.redis_url, port)
        environ |= {name: str(value) for name, value in settings.items()}
        self.hands.append(Hand(environ, log))
        hand = self.hands[-1]
        await hand.serving()
        return hand

    async def freeze(self, hand: Hand) -> None:
        """Stop a worker process as if its machine slept; not in the middle of a claim, for which others would wait."""

        async def asleep() -> bool:
            hand.process.send_signal(signal.SIGSTOP)
            claims = await self.database.value(CLAIMS)
            if claims:
                hand.thaw()
            return not claims

        await until(asleep)

    @asynccontextmanager
    async def runner(
        self, *, slots: int = 8, drain: float = 0.2, beat: float = 0.5, through: str = ""
    ) -> AsyncIterator[Runner]:
        """A runner in this process, which may reach the database `through` another URL."""
        settings = DatabaseSettings(through or self.database_url, database_pool_size=5)
        database = await Database.connect(settings, "tests")
        heart = Heart(settings, Pace(self.lease, beat))
        plan = Plan(Queue.INTERACTIVE, f"here-{next(NUMBERS)}", slots, Caps(running=100), self.lease, drain)
        runner = Runner(database, heart, actions(), plan, self.hints.tell)
        stopping = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(runner.run(stopping))
                listening = group.create_task(hints.listen(self.redis_url, runner.hinted, lambda: None))
                try:
                    yield runner
                finally:
                    stopping.set()
                await running
                listening.cancel()
        finally:
            await database.aclose()


@asynccontextmanager
async def assembled(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Crew]:
    """A crew without anybody in it yet; what workers lose is taken back ten times a second."""
    database = await Database.connect(DatabaseSettings(database_url, database_pool_size=5), "tests")
    connection = await asyncpg.connect(database_url)
    await connection.execute(CLEAR)
    telling = Hints(redis_url)

    async def reap() -> None:
        while True:
            for id_, status in await store_upkeep.reap(database, 100):
                telling.tell(id_, status)
            await asyncio.sleep(0.1)

    crew = Crew(database, database_url, redis_url, folder, telling)
    background = [asyncio.create_task(reap()), asyncio.create_task(telling.run())]
    try:
        yield crew
        assert not background[0].done()
        await Stage(database, connection).check()
    finally:
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        for hand in crew.hands:
            hand.kill()
        await connection.execute(CLEAR)  # lest others are at what was left here
        await database.aclose()
        await connection.close()
