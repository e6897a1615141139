"""Jobs whose service, worker, database or answer is lost between two steps: F1, F2, F3, F5, F9, F13."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import grpc
import httpx
import pytest
import pytest_asyncio

from cli.health import illness
from services.jobs import hints
from services.jobs.domain import WORKER_LOST, Status
from tests.faults.jobs_more import PROCESS, More, becomes, check, job_of, notes
from tests.faults.jobs_people import People, credential, gathered
from tests.faults.jobs_site import LEASE_SECONDS, Site
from tests.faults.lines import lined
from tests.faults.world import Killable, until

pytestmark = pytest.mark.asyncio(loop_scope="package")
DOOMED = "tests.faults.doomed"
# Found by the look of each second.
SOON = 4.0
# What a worker tells the database of a job that is done, after the length of the word.
COMPLETE = b"\x00\x00\x00\x08complete"
ONCE = ["begin 1", "end 1"]
# Of both workers.
SLOTS = 8


@pytest_asyncio.fixture(loop_scope="package")
async def people(jobs_site: Site) -> AsyncIterator[People]:
    """People without jobs; in the end, all that they asked for was done once, and nothing else was."""
    async with gathered(jobs_site) as people:
        yield people
        await becomes(people, list(people.accepted))
        await check(jobs_site, people)
        assert await count(people) == len(people.accepted)


@pytest.fixture
def more(jobs_site: Site, keep: Callable[[Killable], Killable], free_port: Callable[[], int]) -> More:
    """Further processes, which are gone after the test."""
    return More(jobs_site, keep, free_port)


async def count(people: People) -> int:
    """How many jobs there are."""
    rows = await people.database._runner.fetch("select count(*) from jobs.jobs")
    return int(rows[0]["count"])


async def bulk(more: More, *module: str, **environ: str) -> Killable:
    """A worker at the bulk queue, at which there is nobody else."""
    environ |= {"CAIRN_JOBS_QUEUE": "bulk", "CAIRN_JOBS_BULK_PORT": str(more.free_port())}
    worker, _ = await more.start("bulk", *module, "worker", **environ)
    return worker


async def asked_of_the_dying(people: People, more: More, failpoint: str, request_id: str) -> None:
    """Ask a replica for a job that dies before it answers."""
    replica, address = await more.start("dying", DOOMED, PROCESS, failpoint, "service")
    async with grpc.aio.insecure_channel(address) as channel:
        asking = asyncio.create_task(people.start("ann", request_id, channel))
        assert await replica.ended() == -signal.SIGKILL
        await until(lambda: people.unanswered["start"])
        asking.cancel()


async def make(people: People, kind: str, name: str, user: str = "ann", **given: object) -> UUID:
    """A job that writes its notes under this name."""
    return await people.make(user, kind, notes=str(people.folder / name), **given)


async def test_a_death_between_the_commit_and_the_ring(people: People, more: More) -> None:
    """F1: the look of the next second finds the job, and who asks again is told of it."""
    await asked_of_the_dying(people, more, "committed, and not yet rung", "f1")
    await until(lambda: notes(people, "f1") == ONCE, SOON)
    answer = await people.start("ann", "f1")
    job = await job_of(people, UUID(answer.id))
    assert answer.replayed
    assert job.started_time is not None
    assert (job.started_time - job.created_time).total_seconds() < SOON


async def test_a_death_before_the_commit(people: People, more: More) -> None:
    """F2: there was no job, and who asks again has one."""
    await asked_of_the_dying(people, more, "made, and not yet committed", "f2")
    assert await count(people) == 0
    answer = await people.start("ann", "f2")
    await until(lambda: notes(people, "f2") == ONCE, SOON)
    again = await people.start("ann", "f2")
    assert (answer.replayed, again.replayed, again.id) == (False, True, answer.id)


async def test_an_answer_is_lost(jobs_site: Site, people: People, more: More) -> None:
    """F3: who sends the same key again hears of the same job."""
    port = str(more.free_port())
    await more.start("gateway", "gateway", CAIRN_GATEWAY_PORT=port, CAIRN_JOBS_ADDRESS=jobs_site.address)
    headers = {"Idempotency-Key": "f3", **dict(credential("ann"))}
    async with (
        lined(f"http://127.0.0.1:{port}/") as line,
        httpx.AsyncClient(base_url=line.url, headers=headers, trust_env=False) as client,
    ):
        line.lose(b"actions/search")
        with pytest.raises(httpx.TransportError):
            await client.post("api/v1/actions/search", json={"query": str(people.folder / "f3")})
        assert line.lost == 1
        answer = await client.post("api/v1/actions/search", json={"query": str(people.folder / "f3")})
    assert (answer.status_code, answer.headers.get("idempotent-replayed")) == (202, "true")
    people.accepted[UUID(answer.json()["data"]["id"])] = "ann"
    await until(lambda: notes(people, "f3") == ONCE, SOON)


async def test_rings_and_hints_that_come_again(jobs_site: Site, people: People) -> None:
    """F5: ten rings for one job, and all of them, and every hint, once more after its end."""
    redis, stream = jobs_site.redis.client, people.bell.queue_name
    for worker in jobs_site.workers:
        worker.send(signal.SIGSTOP)
    id_ = await make(people, "nap", "f5", seconds=0.3)
    rings = [await people.bell.ring(hints.LOOK) for _ in range(10)]
    entries: Any = redis.xrange(stream)
    captured = [fields for _, fields in entries]
    for worker in jobs_site.workers:
        worker.send(signal.SIGCONT)
    [job] = await becomes(people, [id_])
    assert (all(rings), len(captured)) == (True, 11)
    for fields, status in zip(captured, [*Status] * 2, strict=False):
        redis.xadd(stream, fields)
        redis.publish(hints.CHANNEL, f"{id_} {status.value}")
    await until(lambda: redis.xlen(stream) == 0)
    assert await job_of(people, id_) == job
    assert notes(people, "f5") == ONCE


async def test_an_outcome_that_is_not_written_and_one_that_is_not_confirmed(
    jobs_site: Site, people: People, more: More
) -> None:
    """F9: what was done and not written is done again; what was written is neither done nor written again."""
    dying = await bulk(more, DOOMED, PROCESS, "done, and not yet written")
    id_ = await make(people, "elsewhere", "f9")
    assert await dying.ended() == -signal.SIGKILL
    async with lined(jobs_site.cluster.url()) as line:
        worker = await bulk(more, PROCESS, CAIRN_DATABASE_URL=line.url)
        line.lose(COMPLETE)
        await until(lambda: "outcome dropped" in worker.log.read_text())
        assert line.lost == 1
        job, after = await becomes(people, [id_, await make(people, "elsewhere", "after")])
        worker.clean_up()
    assert (job.status, [each.error for each in job.attempts]) == (Status.COMPLETE, [WORKER_LOST, None])
    assert (after.status, after.attempt) == (Status.COMPLETE, 1)
    assert notes(people, "f9") == [*ONCE, "begin 2", "end 2"]
    assert notes(people, "after") == ONCE


async def test_postgresql_falls_while_jobs_run(jobs_site: Site, people: People) -> None:
    """F13: for longer than a lease. Workers say so, and all is well again by itself."""

    def ill(worker: Killable) -> bool:
        return bool(illness(f"grpc://127.0.0.1:{(worker.program.environ or {})['CAIRN_JOBS_INTERACTIVE_PORT']}", 1))

    async def are(wanted: bool) -> bool:
        return all([await asyncio.to_thread(ill, worker) is wanted for worker in jobs_site.workers])

    ids = [await make(people, "nap", f"f13-{number}", f"user-{number % 5}", seconds=1.5) for number in range(10)]
    await until(lambda: sum(bool(notes(people, f"f13-{number}")) for number in range(10)) == SLOTS)
    falling = asyncio.create_task(jobs_site.restart_postgres(LEASE_SECONDS + 0.5))
    await until(lambda: are(True))
    await falling
    await until(lambda: are(False))
    for job in await becomes(people, ids):
        assert (job.status, job.attempt in (1, 2)) == (Status.COMPLETE, True)
        assert {attempt.error for attempt in job.attempts} <= {WORKER_LOST, None}
    [long] = await becomes(people, [await make(people, "nap", "long", seconds=1.5 * LEASE_SECONDS)])
    assert (long.attempt, notes(people, "long")) == (1, ONCE)
    await people.start("ann", "f13")
