"""More processes of a site of jobs than those that are kept running, and what is told of jobs there."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import grpc

from cairn.jobs.v1 import jobs_pb2 as pb
from services.jobs import store
from services.jobs.domain import Job, Owner, Status
from services.jobs.use_cases import OVER
from tests.faults.jobs_people import People, credential
from tests.faults.jobs_site import Site
from tests.faults.world import Killable, until
from tests.services.jobs.stage import Stage

PROCESS = "tests.faults.jobs_process"
LEASED_BY = "select worker from jobs.jobs where id = $1 and lease_token is not null"


@dataclass
class More:
    """Starts further processes of a site."""

    site: Site
    keep: Callable[[Killable], Killable]
    free_port: Callable[[], int]

    async def start(self, name: str, *module: str, **environ: str) -> tuple[Killable, str]:
        """A process, at work, and its address; `module` is what Python is told to run."""
        like = self.site.service.program
        port = str(self.free_port())
        ports = {"CAIRN_JOBS_PORT": port, "CAIRN_JOBS_INTERACTIVE_PORT": port}
        program = replace(
            like,
            name=name,
            command=(*like.command[:-2], *module),
            environ={**(like.environ or {}), **ports, **environ},
            log=self.site.folder / f"{name}-{port}.log",
        )
        process = self.keep(Killable(program, self.site.service.ready))
        await process.start()
        return process, f"127.0.0.1:{port}"


@dataclass
class Told:
    """What a replica says to a person."""

    address: str
    user: str = "ann"

    async def ask(self, method: str, request: Any, response: Any) -> Any:
        """Its answer."""
        async with grpc.aio.insecure_channel(self.address) as channel:
            call: Any = channel.unary_unary(f"/cairn.jobs.v1.JobsService/{method}")
            return response.FromString(
                await call(request.SerializeToString(), metadata=credential(self.user), timeout=5)
            )

    async def job(self, id_: UUID) -> pb.Job:
        """A job."""
        job: pb.Job = await self.ask("GetJob", pb.GetJobRequest(job_id=str(id_)), pb.Job)
        return job

    async def again(self, id_: UUID) -> UUID:
        """The id of a job that is done once more."""
        return UUID((await self.ask("RetryJob", pb.RetryJobRequest(job_id=str(id_)), pb.Job)).id)

    async def ids(self) -> list[UUID]:
        """All jobs of the person in the order of the list, a page for each."""
        found: list[UUID] = []
        token = ""
        while not found or token:
            request = pb.ListJobsRequest(page_size=1, page_token=token)
            page = await self.ask("ListJobs", request, pb.ListJobsResponse)
            found += [UUID(job.id) for job in page.jobs]
            token = page.next_page_token
        return found


def notes(people: People, name: str) -> list[str]:
    """What was written down under a name."""
    path = people.folder / name
    return path.read_text().splitlines() if path.exists() else []


async def job_of(people: People, id_: UUID) -> Job:
    """A job, as it is."""
    job = await store.get(people.database, Owner("w", people.accepted[id_]), id_)
    assert job is not None
    return job


async def becomes(people: People, ids: Sequence[UUID], *statuses: Status, seconds: float = 20) -> list[Job]:
    """Jobs when each has one of these states, or has ended."""

    async def there() -> bool:
        return all([(await job_of(people, id_)).status in (statuses or OVER) for id_ in ids])

    await until(there, seconds)
    return [await job_of(people, id_) for id_ in ids]


async def at_work(site: Site) -> None:
    """Wait until all that are kept running can be reached: some may just have been started again."""
    for process in (site.service, *site.workers):
        environ = process.program.environ or {}

        def open_(port: int = int(environ["CAIRN_JOBS_PORT"])) -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        await until(open_)


async def holder(site: Site, id_: UUID) -> Killable:
    """The worker that has a job, of those kept running."""
    connection = await asyncpg.connect(site.cluster.url())
    try:
        pid = int((await connection.fetchval(LEASED_BY, id_)).split(":")[1])
    finally:
        await connection.close()
    [worker] = [each for each in site.workers if each.process is not None and each.process.pid == pid]
    return worker


async def check(site: Site, people: People) -> None:
    """I1 to I7, as far as rows, events and answers tell, once all has ended."""
    connection = await asyncpg.connect(site.cluster.url())
    try:
        await Stage(people.database, connection).check()
    finally:
        await connection.close()
    jobs = await asyncio.gather(*(job_of(people, id_) for id_ in people.accepted))
    assert {job.status for job in jobs} <= set(OVER)
    for id_, heard in people.watched.items():
        assert heard == f"STATUS_{(await job_of(people, id_)).status.upper()}"
