"""Those who watch jobs while replicas die, readers stall, and clients vanish (F24)."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
import pytest_asyncio

from cairn.jobs.v1 import jobs_pb2 as pb
from tests.chassis.gate import gated
from tests.faults.jobs_more import PROCESS, More, Told, at_work, becomes, check
from tests.faults.jobs_people import credential, gathered
from tests.faults.jobs_site import Site
from tests.faults.rounds import PROMPT
from tests.faults.world import Killable, kept_tidy, until

pytestmark = pytest.mark.asyncio(loop_scope="package")
# No worker of the site works off its queue.
QUIET = "elsewhere"
ESTABLISHED = "01"
ALONE = [("grpc.use_local_subchannel_pool", 1)]
STREAMS, BYTES_A_STREAM = 200, 64 * 1024
VANISHED, GONE_SECONDS = 5, 30.0


@dataclass
class Reader:
    """One who watches a job, at an address, and comes back as often as it takes."""

    address: str
    id: UUID
    user: str = "ann"
    heard: list[pb.JobEvent] = field(default_factory=list)
    broken: int = 0

    async def watch(self, stall: float = 0.0) -> None:
        """To the end; after the first event nothing is read for so long."""
        while not (self.heard and self.heard[-1].event == pb.JobEvent.EVENT_DONE):
            try:
                await self._stream(stall)
            except grpc.aio.AioRpcError:
                self.broken += 1
                await asyncio.sleep(0.1)

    async def _stream(self, stall: float) -> None:
        token = self.heard[-1].resume_token if self.heard else ""
        async with grpc.aio.insecure_channel(self.address, options=PROMPT) as channel:
            call: Any = channel.unary_stream("/cairn.jobs.v1.JobsService/WatchJob")
            request = pb.WatchJobRequest(job_id=str(self.id), resume_token=token)
            async for data in call(request.SerializeToString(), metadata=credential(self.user)):
                self.heard.append(pb.JobEvent.FromString(data))
                if len(self.heard) == 1:
                    await asyncio.sleep(stall)

    def whole(self) -> bool:
        """Whether every change was heard once and in order, and no gap was owned up to."""
        places = [int(event.resume_token) for event in self.heard]
        return places == list(range(places[0], places[-1] + 1)) and not any(event.gap for event in self.heard)


def memory(process: Killable) -> int:
    """How many bytes a process holds."""
    assert process.process is not None
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024


def connections(port: int) -> int:
    """How many clients a server has, as its kernel sees it."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED for row in rows)


@dataclass
class Lonely:
    """A replica that only some know, the clients of it that vanished, and when they did."""

    process: Killable
    address: str
    since: float

    @property
    def port(self) -> int:
        """Where it serves."""
        return int(self.address.rpartition(":")[2])


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def lonely(jobs_site: Site, free_port: Callable[[], int]) -> AsyncIterator[Lonely]:
    """The clients vanish before the first test, lest the last one wait for long."""
    with kept_tidy() as keep:
        process, address = await More(jobs_site, keep, free_port).start("lonely", PROCESS, "service")
        async with gated(f"tcp://{address}/") as gate, AsyncExitStack() as stack, gathered(jobs_site) as people:
            there = Lonely(process, address, time.monotonic())
            id_ = await people.make("ann", QUIET)
            for _ in range(VANISHED):
                await stack.enter_async_context(watched(gate.url[len("tcp://") : -1], id_))
            assert connections(there.port) == VANISHED
            gate.jam()  # no FIN, no RST, no answer to a ping
            there.since = time.monotonic()
            yield there


@asynccontextmanager
async def watched(address: str, id_: UUID, user: str = "ann") -> AsyncIterator[Any]:
    """A stream whose first event has come, over a connection of its own."""
    async with grpc.aio.insecure_channel(address, options=ALONE) as channel:
        call: Any = channel.unary_stream("/cairn.jobs.v1.JobsService/WatchJob")
        request = pb.WatchJobRequest(job_id=str(id_))
        stream = call(request.SerializeToString(), metadata=credential(user))
        assert pb.JobEvent.FromString(await stream.read()).event == pb.JobEvent.EVENT_SNAPSHOT
        yield stream


@pytest.mark.usefixtures("lonely")
async def test_a_replica_dies_while_some_read_and_others_stall(jobs_site: Site) -> None:
    await at_work(jobs_site)
    async with gathered(jobs_site) as people:
        id_ = await people.make("ann", "count", total=12, pause=0.3)
        readers = [Reader(jobs_site.address, id_) for _ in range(4)]
        reading = [asyncio.create_task(each.watch(2.0 * (each in readers[:2]))) for each in readers]
        await until(lambda: len(readers[-1].heard) > 3 and all(each.heard for each in readers))
        jobs_site.signal(jobs_site.service, signal.SIGKILL)
        await becomes(people, [id_])
        await asyncio.gather(*reading)
        late = Reader(jobs_site.address, id_)
        await late.watch()
        job = await Told(jobs_site.address).job(id_)
        await check(jobs_site, people)
    assert all(each.whole() and each.broken for each in readers)
    assert all(each.heard[-1].job == job for each in (*readers, late))
    assert [event.event for event in late.heard] == [pb.JobEvent.EVENT_SNAPSHOT, pb.JobEvent.EVENT_DONE]


async def test_many_streams_cost_little_and_hear_the_end(jobs_site: Site, lonely: Lonely) -> None:
    async with gathered(jobs_site) as people:
        users = [f"user-{number}" for number in range(STREAMS // 10)]
        made = {user: await people.make(user, QUIET) for user in users}
        async with AsyncExitStack() as stack:

            async def more(some: list[str]) -> list[Any]:
                opened = (stack.enter_async_context(watched(lonely.address, made[user], user)) for user in some)
                return [await each for each in opened]

            streams = await more(users)
            before = memory(lonely.process)
            streams += await more(users * 9)
            cost = (memory(lonely.process) - before) / (STREAMS * 0.9)
            for id_ in made.values():
                await people.cancel(id_)
            last = [pb.JobEvent.FromString(await stream.read()) for stream in streams]
        await check(jobs_site, people)
    assert {(event.event, event.job.status) for event in last} == {(pb.JobEvent.EVENT_DONE, pb.Job.STATUS_CANCELED)}
    assert cost < BYTES_A_STREAM


async def test_who_vanished_without_a_word_is_let_go(lonely: Lonely) -> None:
    await until(lambda: connections(lonely.port) == 0, GONE_SECONDS - (time.monotonic() - lonely.since))
