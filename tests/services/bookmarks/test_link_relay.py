"""The outbox: whatever dies in between, a saved link comes to exactly one job; and what becomes of lost jobs."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_status import rpc_status

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.jobs.v1 import jobs_pb2, links_pb2
from chassis.errors import LimitReached, NotFound
from chassis.peer import Peer
from chassis.status import to_status
from services.bookmarks.jobs_client import GET, START, JobsClient
from services.bookmarks.reconcile import Reconcile
from services.bookmarks.relay import Relay
from tests.services.bookmarks.client import INTERNAL_KEY, Service

Job = jobs_pb2.Job
OUTBOX = "select attempts, round from bookmarks.outbox where workspace = :workspace"
LINKS = "select * from bookmarks.links where workspace = :workspace"
STEPS = "select s.* from bookmarks.link_steps s join bookmarks.links l using (bookmark_id) where workspace = :workspace"
LATER = "update bookmarks.outbox set next_at = now() where workspace = :workspace"
QUIET = "update bookmarks.links set looked_up_at = now() - interval '2 minutes' where workspace = :workspace"


class TooManyJobs(LimitReached):
    """No more"""

    reason = "TOO_MANY_JOBS"


class JobNotFound(NotFound):
    """None"""

    reason = "JOB_NOT_FOUND"


@dataclass
class Jobs(grpc.GenericRpcHandler):
    """Stands for the jobs service: one job for each request id."""

    jobs: dict[str, Job] = field(default_factory=dict)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    refusal: Exception | None = None

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        self.metadata.append(dict(handler_call_details.invocation_metadata or ()))
        answers = {START: self.start, GET: self.get}
        return grpc.unary_unary_rpc_method_handler(answers[handler_call_details.method])

    async def start(self, data: bytes, context: Any) -> bytes:
        asked = links_pb2.StartLinkEnrichmentRequest.FromString(data)
        if self.refusal:
            await refuse(context, self.refusal)
        return self.jobs.setdefault(asked.request_id, Job(id=str(uuid.uuid4()))).SerializeToString()

    async def get(self, data: bytes, context: Any) -> bytes:
        asked = jobs_pb2.GetJobRequest.FromString(data).job_id
        found = [job for job in self.jobs.values() if job.id == asked]
        if not found:
            await refuse(context, JobNotFound())
        return found[0].SerializeToString()


async def refuse(context: Any, error: Any) -> None:
    rich = rpc_status.to_status(to_status(error))
    await context.abort(rich.code, rich.details, rich.trailing_metadata)


@dataclass
class Stage:
    """A relay and what it talks to, on a service with one saved link."""

    service: Service
    jobs: Jobs
    client: JobsClient
    server: grpc.aio.Server

    @property
    def relay(self) -> Relay:
        return Relay(self.service.database, self.client)

    async def look_after(self) -> None:
        await self.service.execute(QUIET)
        await Reconcile(self.service.database, self.client, uuid.uuid4).step()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(service: Service) -> AsyncIterator[Stage]:
    await service.execute("delete from bookmarks.outbox where :workspace <> ''")
    jobs, server = Jobs(), grpc.aio.server()
    server.add_generic_rpc_handlers([jobs])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    client = JobsClient(Peer(f"127.0.0.1:{port}", INTERNAL_KEY))
    await service.save("zoë", url="https://example.com/a")
    yield Stage(service, jobs, client, server)
    await client.aclose()
    await server.stop(None)


async def test_a_saved_link_becomes_one_job_in_its_owners_name(stage: Stage) -> None:
    assert await stage.relay.step() == 1
    [job] = stage.jobs.jobs.values()
    [link] = await stage.service.execute(LINKS)
    assert (str(link["job_id"]), link["user_id"]) == (job.id, "zoë")
    assert stage.jobs.metadata[0]["x-cairn-user"] == "zo%C3%AB"
    assert await stage.service.execute(OUTBOX) == []
    assert await stage.relay.step() == 0


async def test_whoever_dies_between_leaves_one_job(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(*_: object) -> None:
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr("services.bookmarks.store_outbox.done", die)
        with pytest.raises(KeyError):
            await stage.relay.step()
    assert await stage.relay.step() == 0, "it is claimed for half a minute"
    await stage.service.execute(LATER)
    assert await stage.relay.step() == 1
    assert len(stage.jobs.jobs) == 1
    assert await stage.service.execute(OUTBOX) == []


@pytest.mark.parametrize("refusal", [TooManyJobs(retry_after=30), None], ids=["refused", "away"])
async def test_what_is_not_taken_is_tried_later(stage: Stage, refusal: Exception | None) -> None:
    stage.jobs.refusal = refusal
    if refusal is None:
        await stage.server.stop(None)
    await stage.relay.step()
    assert await stage.relay.step() == 0
    [row] = await stage.service.execute(OUTBOX)
    assert row["attempts"] == 1
    [link] = await stage.service.execute(LINKS)
    assert link["job_id"] is None


async def test_a_row_of_an_older_round_is_dropped(stage: Stage) -> None:
    await stage.service.execute("update bookmarks.links set round = 2 where workspace = :workspace")
    assert await stage.relay.step() == 1
    assert (stage.jobs.jobs, await stage.service.execute(OUTBOX)) == ({}, [])


async def test_of_an_import_twenty_are_looked_up_at_a_time(stage: Stage) -> None:
    targets = [pb.Target(url=f"https://example.com/{number}") for number in range(30)]
    await stage.service.ask("zoë", pb.BatchSaveBookmarksRequest(targets=targets))
    await stage.service.execute("update bookmarks.outbox set imported = true where workspace = :workspace")
    await stage.service.save("zoë", url="https://example.com/by-hand")
    while await stage.relay.step():
        continue
    [by_hand] = [row for row in await stage.service.execute(LINKS) if row["url"].endswith("by-hand")]
    started = [row for row in await stage.service.execute(LINKS) if row["job_id"]]
    assert by_hand["job_id"]
    assert len(started) == 20


async def test_a_lost_job_is_asked_for_again_and_one_that_failed_is_told(stage: Stage) -> None:
    await stage.relay.step()
    await stage.look_after()
    assert await stage.service.execute(OUTBOX) == []
    first = dict(stage.jobs.jobs)
    stage.jobs.jobs.clear()
    await stage.look_after()
    assert len(await stage.service.execute(OUTBOX)) == 1
    await stage.relay.step()
    [job] = stage.jobs.jobs.values()
    assert job.id not in {each.id for each in first.values()}
    job.status, job.error.reason = Job.STATUS_ERROR, "BOOKMARKS_AWAY"
    await stage.look_after()
    [link] = await stage.service.execute(LINKS)
    steps = await stage.service.execute(STEPS)
    assert link["enrichment"] == "failed"
    assert {(step["state"], step["reason"]) for step in steps} == {("failed", "BOOKMARKS_AWAY")}
