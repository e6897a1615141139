"""Jobs while Redis is away, comes back empty, says nothing or takes no writes: F11, F12."""

import asyncio
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import grpc
import pytest
import pytest_asyncio

from chassis.doorbell import Doorbell
from services.jobs import hints
from services.jobs.domain import Queue, Status
from tests.faults.jobs_more import PROCESS, More, becomes, check, notes
from tests.faults.jobs_people import People, gathered
from tests.faults.jobs_site import Site
from tests.faults.lines import Line, lined
from tests.faults.world import Killable, kept_tidy, until

pytestmark = pytest.mark.asyncio(loop_scope="package")
# A call, and a job that is found by the look of each second.
SOON = 4.0
# Silence is noticed after eight seconds, and what else there is sooner; the rest is for a slow machine.
NOTICED, RECOVERED, CANCELED = 15.0, 12.0, 8.0
# By a ring; and of the processors, what a process may take that tries again and again.
AT_ONCE, BUSY = 0.3, 0.3
# What waits on a connection of its own; upkeep may come by another one that does not hang.
HEARS = ("read", "listen")


@dataclass
class Behind:
    """A replica, and a worker of the bulk queue, each with a line to Redis of its own."""

    service: Killable
    service_line: Line
    worker: Killable
    worker_line: Line
    channel: grpc.aio.Channel
    bell: Doorbell
    people: People

    async def run(self, *, ring: bool = False, **given: object) -> tuple[UUID, float]:
        """A job of the bulk queue that has begun, and after how many seconds it did."""
        name = f"redis-{len(self.people.accepted)}"
        id_ = await self.people.make("ann", "elsewhere", notes=str(self.people.folder / name), **given)
        if ring:
            await self.bell.ring(hints.LOOK)
        await until(lambda: notes(self.people, name))
        [job] = await becomes(self.people, [id_], Status.RUNNING, Status.COMPLETE)
        assert job.started_time is not None
        return id_, (job.started_time - job.created_time).total_seconds()

    async def goes_on(self, noticed: Callable[[], bool], seconds: float) -> None:
        """The service takes orders, and jobs begin, until that is noticed in time."""
        asked = time.monotonic()
        await self.people.start("ann", f"order-{asked}", self.channel)
        assert time.monotonic() - asked < SOON
        while not noticed():
            assert time.monotonic() - asked < seconds
            _, waited = await self.run()
            assert waited < SOON

    async def is_well(self) -> None:
        """Nothing is away any more: what goes away again then says so again."""
        those = [(self.service, "listen"), *((self.worker, thing) for thing in (*HEARS, "upkeep"))]
        await until(lambda: all(said(*each) == said(*each, "back") for each in those), RECOVERED)

    def notices(self, *those: tuple[Killable, str]) -> Callable[[], bool]:
        """Tells whether all of these have said, from now on, that their Redis is away."""
        before = [said(*each) for each in those]
        return lambda: all(said(*each) > known for each, known in zip(those, before, strict=True))

    async def cancels(self, id_: UUID) -> None:
        """A job that runs is canceled, whether or not anybody hears of it."""
        asked = time.monotonic()
        await self.people.cancel(id_)
        [job] = await becomes(self.people, [id_])
        assert job.status is Status.CANCELED
        assert time.monotonic() - asked < CANCELED

    async def recovers(self) -> None:
        """Rings are heard again: three on end, which no looks are likely to have been as quick as."""

        async def heard() -> bool:
            return all([(await self.run(ring=True))[1] < AT_ONCE for _ in range(3)])

        await until(heard, RECOVERED)


def said(process: Killable, thing: str, event: str = "away") -> int:
    """How often a process has said that something is away, or back."""
    return len(re.findall(rf"\] {event} .*thing='\S* \({thing}\)'", process.log.read_text()))


def forget(folder: Path) -> None:
    """Remove what a Redis keeps, whichever version it is of."""
    kept = list(folder.glob("appendonly*"))
    assert kept
    for each in kept:
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def used(process: Killable) -> float:
    """How many seconds of a processor it has taken."""
    assert process.process is not None
    fields = Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest_asyncio.fixture(loop_scope="package")
async def people(jobs_site: Site) -> AsyncIterator[People]:
    """People without jobs; in the end, all that they asked for has ended as it should."""
    async with gathered(jobs_site) as people:
        yield people
        await becomes(people, list(people.accepted))
        await check(jobs_site, people)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def both(jobs_site: Site, free_port: Callable[[], int]) -> AsyncIterator[Callable[[People], Behind]]:
    """The two processes, which start without a Redis."""
    url = jobs_site.redis.server.url
    async with AsyncExitStack() as stack:
        more = More(jobs_site, stack.enter_context(kept_tidy()), free_port)
        lines = [await stack.enter_async_context(lined(url)) for _ in range(2)]
        for line in lines:
            await line.shut()
        bulk = {"CAIRN_JOBS_QUEUE": "bulk", "CAIRN_JOBS_BULK_PORT": str(free_port())}
        started = (
            more.start("far-service", PROCESS, "service", CAIRN_REDIS_URL=lines[0].url),
            more.start("far-worker", PROCESS, "worker", CAIRN_REDIS_URL=lines[1].url, **bulk),
        )
        (service, address), (worker, _) = await asyncio.gather(*started)
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
        bell = hints.bell(url, Queue.BULK)
        yield partial(Behind, service, lines[0], worker, lines[1], channel, bell)
        await bell.shutdown()
        for each in (service, worker):
            assert each.process is not None
            assert each.process.poll() is None


@pytest.fixture
def behind(both: Callable[[People], Behind], people: People) -> Behind:
    """Both, and these people."""
    return both(people)


async def test_redis_is_not_there_at_the_start_and_comes_back_empty(jobs_site: Site, behind: Behind) -> None:
    """F11: what was not there at the start of a process is found when it comes, and found again without a memory."""
    for line in (behind.service_line, behind.worker_line):
        await line.shut()
    unwanted, _ = await behind.run(seconds=60)
    await behind.goes_on(lambda: said(behind.worker, "read") > 0, NOTICED)
    await behind.cancels(unwanted)
    for line in (behind.service_line, behind.worker_line):
        await line.open()
    await behind.recovers()
    jobs_site.redis.client.set("memory", 1)
    unwanted, _ = await behind.run(seconds=60)
    jobs_site.redis.kill()
    try:
        await behind.goes_on(lambda: said(behind.worker, "read") > 1, NOTICED)
        await behind.cancels(unwanted)
    finally:
        forget(jobs_site.folder / "redis")
        jobs_site.redis.start()
    await behind.recovers()
    assert jobs_site.redis.client.get("memory") is None
    assert not {each.program.name for each in (jobs_site.service, *jobs_site.workers)} & set(jobs_site.restarts)


async def test_redis_says_nothing(behind: Behind) -> None:
    """F12: the worker's connections hang, and new ones do not; nobody answers the service at all."""
    for line in (behind.service_line, behind.worker_line):
        await line.open()
    await behind.recovers()
    await behind.is_well()
    unwanted, _ = await behind.run(seconds=60)
    noticed = behind.notices((behind.service, "listen"), *((behind.worker, thing) for thing in HEARS))
    began, taken = time.monotonic(), used(behind.service) + used(behind.worker)
    behind.worker_line.hang()
    behind.service_line.jam()
    await behind.cancels(unwanted)
    await behind.goes_on(noticed, NOTICED)
    await behind.recovers()
    assert used(behind.service) + used(behind.worker) - taken < 2 * BUSY * (time.monotonic() - began)
    await behind.service_line.open()
    await until(lambda: said(behind.service, "listen", "back") == said(behind.service, "listen"), RECOVERED)


@pytest.mark.parametrize("refuses", ["what takes memory", "all writes"])
async def test_redis_takes_no_writes(jobs_site: Site, behind: Behind, refuses: str) -> None:
    """F12: it has run out of memory, or is a copy of another."""
    redis = jobs_site.redis.client
    for line in (behind.service_line, behind.worker_line):
        await line.open()
    await behind.recovers()
    await behind.is_well()
    noticed = behind.notices((behind.worker, "read"), (behind.worker, "upkeep"))
    began, taken = time.monotonic(), used(behind.worker)
    try:
        if refuses == "all writes":
            redis.replicaof("127.0.0.1", "9")
        else:
            redis.config_set("maxmemory", "1mb")
        await behind.goes_on(noticed, NOTICED)
        await behind.goes_on(lambda: time.monotonic() - began > 3, NOTICED)
        assert used(behind.worker) - taken < BUSY * (time.monotonic() - began)
    finally:
        redis.replicaof("no", "one")
        redis.config_set("maxmemory", "0")
    await behind.recovers()
