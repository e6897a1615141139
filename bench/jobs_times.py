"""How soon jobs start, stop and start again. All moments are those of the database, which runs on this machine."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import uuid_utils.compat
from redis.asyncio import Redis
from sqlalchemy import text

from bench.jobs_worker import FLAKY, NAP
from bench.stack import Stack, free_port
from bench.workspace import NAME, token
from chassis.database import Database, Statement
from chassis.doorbell import Doorbell
from services.jobs import hints, store, store_create
from services.jobs.domain import FINAL, Caps, Job, Kind, Owner, Queue, Status
from services.jobs.store_create import New

WAIT_SECONDS = 90.0
LOOK_SECONDS = 0.01
# Calls on new connections, before statements are prepared.
WARM_UP = 20
# A person may search 120 times a minute.
ASKED_EACH = 100
# Between the end of the first try with its delay, and the start of the second.
LATE = Statement(
    text(
        "select extract(epoch from b.started_at - a.ended_at)::float - 1.0 from jobs.attempts a, jobs.attempts b "
        "where a.job_id = :id and b.job_id = :id and a.number = 1 and b.number = 2"
    )
)
WORKER = Statement(text("select worker from jobs.jobs where id = :id"))


@dataclass(frozen=True)
class Owned:
    """A job and whose it is."""

    id: UUID
    owner: Owner


@dataclass
class Site:
    """A service, a gateway and workers, for as long as the stack runs."""

    stack: Stack
    database: Database
    settings: dict[str, str]
    rest: str = ""
    # Ids of processes.
    workers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the service and the gateway."""
        jobs, rest = free_port(), free_port()
        self.bell: Doorbell = hints.bell(self.stack.environ["CAIRN_REDIS_URL"], Queue.INTERACTIVE)
        self.stack.python("services.jobs", jobs, {**self.settings, "CAIRN_JOBS_PORT": str(jobs)})
        places = {"CAIRN_GATEWAY_PORT": str(rest), "CAIRN_JOBS_ADDRESS": f"127.0.0.1:{jobs}"}
        self.stack.python("gateway", rest, {**self.settings, **places})
        self.rest = f"http://127.0.0.1:{rest}"

    def hire(self) -> None:
        """One more worker."""
        port = free_port()
        mine = {"CAIRN_JOBS_QUEUE": "interactive", "CAIRN_JOBS_SLOTS": "20", "CAIRN_JOBS_INTERACTIVE_PORT": str(port)}
        self.workers.append(self.stack.python("bench.jobs_worker", port, {**self.settings, **mine}))

    def client(self, user: str) -> httpx.AsyncClient:
        """A person at the gateway."""
        who = {"Authorization": token(user, self.settings["CAIRN_JWT_SECRET"])}
        return httpx.AsyncClient(base_url=self.rest, headers=who, timeout=10, trust_env=False)

    async def make(self, user: str, kind: Kind, given: str = "0", *, ring: bool = True) -> Owned:
        """A job, as the service makes one."""
        owned = Owned(uuid_utils.compat.uuid7(), Owner(NAME, user))
        async with self.database.begin() as queries:
            new = New(owned.owner, kind, given.encode(), "", b"", owned.id)
            await store_create.create(queries, new, Caps())
        if ring:
            await self.bell.ring(hints.LOOK)
        return owned

    async def becomes(self, owned: Owned, statuses: Sequence[Status], attempt: int = 1) -> Job:
        """The job when it is there."""
        give_up = time.monotonic() + WAIT_SECONDS
        while True:
            job = await store.get(self.database, owned.owner, owned.id)
            assert job is not None
            if job.status in statuses and job.attempt >= attempt:
                return job
            assert time.monotonic() < give_up, job
            await asyncio.sleep(LOOK_SECONDS)


async def starts(site: Site, seconds: float, a_second: float) -> list[float]:
    """From the commit to the start, at a steady rate."""
    chance = random.Random(1)  # noqa: S311 - data, not secrets
    made: list[asyncio.Task[Owned]] = []
    for number in range(round(seconds * a_second)):
        made.append(asyncio.create_task(site.make(f"user-{number}", NAP)))
        await asyncio.sleep(chance.expovariate(a_second))
    jobs = [await site.becomes(owned, FINAL) for owned in await asyncio.gather(*made)]
    return [_since(job.created_time.timestamp(), job) for job in jobs]


async def answers(site: Site, count: int) -> list[float]:
    """From the request to 202, of searches through the gateway; one after the other, of as many people as may ask."""
    found = []
    for number in range(0, WARM_UP + count, ASKED_EACH):
        async with site.client(f"searcher-{number}") as client:
            for query in range(number, min(number + ASKED_EACH, WARM_UP + count)):
                started = time.perf_counter()
                answer = await client.post("/api/v1/actions/search", json={"query": f"number {query}"})
                assert answer.status_code == httpx.codes.ACCEPTED, answer.text
                found.append(time.perf_counter() - started)
    return found[WARM_UP:]


async def stops(site: Site, count: int) -> list[float]:
    """From the request to cancel a running job until it is canceled and its worker has stopped."""
    found = []
    for number in range(count):
        owned = await site.make(user := f"canceler-{number}", NAP, "60")
        await site.becomes(owned, [Status.RUNNING])
        async with site.client(user) as client:
            asked = time.time()
            answer = await client.delete(f"/api/v1/actions/jobs/{owned.id}")
        assert answer.is_success, answer.text
        job = await site.becomes(owned, [Status.CANCELED])
        assert job.completed_time is not None
        found.append(job.completed_time.timestamp() - asked)
    return found


async def retries(site: Site, count: int, a_second: float) -> list[float]:
    """How late the second attempt starts."""
    made = []
    for number in range(count):
        made.append(await site.make(f"flaky-{number}", FLAKY))
        await asyncio.sleep(1 / a_second)
    late = []
    for owned in made:
        job = await site.becomes(owned, FINAL)
        assert [each.number for each in job.attempts] == [1, 2]
        late.append(await site.database.value(LATE, id=owned.id))
    return late


async def flushes(site: Site, count: int) -> list[float]:
    """From the flush of Redis, in which the ring of a job is lost, to the start of that job."""
    found = []
    async with Redis.from_url(site.stack.environ["CAIRN_REDIS_URL"]) as redis:
        for number in range(count):
            owned = await site.make(f"flushed-{number}", NAP, ring=False)
            await redis.flushall()
            found.append(_since(time.time(), await site.becomes(owned, FINAL)))
    return found


async def kills(site: Site, count: int) -> list[float]:
    """From `kill -9` of the worker to the start elsewhere, on a queue that is otherwise idle."""
    found = []
    for number in range(count):
        owned = await site.make(f"killed-{number}", NAP, "60")
        await site.becomes(owned, [Status.RUNNING])
        killed = await _kill(site, owned)
        found.append(_since(killed, await site.becomes(owned, [Status.RUNNING], 2)))
        await store.cancel(site.database, owned.owner, owned.id)
        await site.becomes(owned, FINAL)
    return found


async def kills_full(site: Site, slots: int) -> list[float]:
    """The same of a worker all of whose slots are taken by jobs of a second: for each of them."""
    made = await asyncio.gather(*(site.make(f"full-{number}", NAP, "1", ring=False) for number in range(slots)))
    await site.bell.ring(hints.LOOK)
    await asyncio.gather(*(site.becomes(owned, [Status.RUNNING]) for owned in made))
    killed = await _kill(site, made[0])
    again = [await site.becomes(owned, [Status.RUNNING, *FINAL], 2) for owned in made]
    return [_since(killed, job) for job in again]


async def _kill(site: Site, owned: Owned) -> float:
    """Kill the worker of a job and hire another; tells when it was killed."""
    victim = await site.database.value(WORKER, id=owned.id)
    killed = time.time()
    os.kill(int(victim.split(":")[1]), signal.SIGKILL)
    site.hire()
    return killed


def _since(moment: float, job: Job) -> float:
    assert job.started_time is not None
    return job.started_time.timestamp() - moment
