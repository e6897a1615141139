"""No-op jobs a second, of ours and of its peers, each alone in this process: first all are added, then all worked off.

`python -m bench.jobs_peers ours|taskiq|procrastinate COUNT SLOTS` prints both rates as JSON.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import uuid_utils.compat
import uvloop

from chassis.database import Database, DatabaseSettings
from services.jobs import hints, store_create
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Caps, Kind, Owner, Queue, Status
from services.jobs.heart import Heart, Pace
from services.jobs.runner import Plan, Runner
from services.jobs.store_create import New

IN_FLIGHT = 16
NOOP = Kind("noop", Queue.INTERACTIVE)


class Count:
    """Counts what was done."""

    def __init__(self, goal: int) -> None:
        """Nothing yet."""
        self._left = goal
        self.all = asyncio.Event()

    def one(self) -> None:
        """One more."""
        self._left -= 1
        if self._left <= 0:
            self.all.set()


async def added(count: int, add: Callable[[int], Awaitable[object]]) -> float:
    """So many a second."""
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await add(number)

    started = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - started)


async def ours(count: int, slots: int) -> dict[str, float]:
    """With a ring for each job, an event for each change, and every outcome written."""
    settings = DatabaseSettings(os.environ["CAIRN_DATABASE_URL"])
    redis_url = os.environ["CAIRN_REDIS_URL"]
    database, done = await Database.connect(settings, "bench"), Count(count)
    bell = hints.bell(redis_url, Queue.INTERACTIVE)

    async def add(number: int) -> None:
        id_ = uuid_utils.compat.uuid7()
        new = New(Owner("bench", f"user-{number}"), NOOP, b"", str(id_), b"", id_)
        async with database.begin() as queries:
            await store_create.create(queries, new, Caps())
        await bell.ring(hints.LOOK)

    def told(_id: UUID, status: Status) -> None:
        if status is Status.COMPLETE:
            done.one()

    adds = await added(count, add)
    plan = Plan(NOOP.queue, "bench", slots, Caps(), 15.0, 1.0)
    runner = Runner(database, Heart(settings, Pace()), [Action(NOOP, nothing)], plan, told)
    stopping = asyncio.Event()
    started = time.perf_counter()
    running = asyncio.create_task(runner.run(stopping))
    await done.all.wait()
    rate = count / (time.perf_counter() - started)
    stopping.set()
    await running
    return {"add": adds, "work": rate}


async def nothing(_given: bytes, _context: Context) -> bytes:
    """Do nothing."""
    return b""


async def taskiq(count: int, slots: int) -> dict[str, float]:
    """As its manual shows it: the stream broker, which acknowledges, without a backend for results."""
    from taskiq.receiver import Receiver  # noqa: PLC0415 - each peer is alone with what it needs
    from taskiq_redis import RedisStreamBroker  # noqa: PLC0415

    broker, done = RedisStreamBroker(os.environ["CAIRN_REDIS_URL"], queue_name="bench-taskiq"), Count(count)

    async def noop() -> None:
        done.one()

    task = broker.register_task(noop, "noop")
    await broker.startup()
    adds = await added(count, lambda _: task.kiq())
    finish = asyncio.Event()
    started = time.perf_counter()
    listening = asyncio.create_task(Receiver(broker, max_async_tasks=slots).listen(finish))
    await done.all.wait()
    rate = count / (time.perf_counter() - started)
    finish.set()
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await broker.shutdown()
    return {"add": adds, "work": rate}


async def procrastinate(count: int, slots: int) -> dict[str, float]:
    """As its manual shows it."""
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415

    app, done = App(connector=PsycopgConnector(conninfo=os.environ["CAIRN_DATABASE_URL"])), Count(count)

    async def noop() -> None:
        done.one()

    task = app.task(noop, name="noop")
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        adds = await added(count, lambda _: task.defer_async())
        started = time.perf_counter()
        await app.run_worker_async(concurrency=slots, wait=False, install_signal_handlers=False)
        await done.all.wait()
        return {"add": adds, "work": count / (time.perf_counter() - started)}


def main() -> None:
    """Measure one of them."""
    arm, count, slots = sys.argv[1:]
    measure = {"ours": ours, "taskiq": taskiq, "procrastinate": procrastinate}[arm]
    print(json.dumps(uvloop.run(partial(measure, int(count), int(slots))())))


if __name__ == "__main__":
    main()
