"""The jobs service in this process, a client of it, and what its refusals and streams say."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import grpc
import jwt
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cairn.jobs.v1 import admin_pb2, interviews_pb2, links_pb2, memories_pb2, search_pb2, transcription_pb2, usage_pb2
from cairn.jobs.v1 import jobs_pb2 as pb
from chassis import server
from chassis.database import DatabaseSettings
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.server import ServerSettings
from chassis.telemetry import TelemetrySettings
from services.jobs.__main__ import KINDS as KNOWN
from services.jobs.__main__ import Parts, running, served
from services.jobs.domain import Status
from services.jobs.embedder import SearchSettings
from services.jobs.settings import JobsSettings, Settings
from tests.services.jobs.crew import until
from tests.services.jobs.stage import CLEAR, KINDS, Stage

JWT_SECRET = "a secret for tests, 32 characters"
SERVICE_KEY = "a-key-for-tests-0123456789"
FILES = (
    (pb, "JobsService"),
    (search_pb2, "SearchService"),
    (admin_pb2, "JobsAdminService"),
    (usage_pb2, "UsageService"),
    (memories_pb2, "MemoriesService"),
    (interviews_pb2, "JobInfosService"),
    (interviews_pb2, "InterviewsService"),
    (transcription_pb2, "TranscriptionService"),
    (links_pb2, "LinkJobsService"),
)
# Every request belongs to one method.
METHOD_OF = {
    method.input_type.full_name: method
    for file, name in FILES
    for method in file.DESCRIPTOR.services_by_name[name].methods
}
# The model is not needed here, and takes long to load.
NOWHERE = SearchSettings(embeddings_url="http://127.0.0.1:9/")
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Refusal:
    """How a call failed, as a client sees it; `told` is all of it."""

    code: grpc.StatusCode
    reason: str
    told: bytes = b""


class Watching:
    """A stream of events."""

    def __init__(self, call: Any) -> None:
        """Not yet read."""
        self.call = call

    async def next(self, seconds: float = 5) -> pb.JobEvent:
        """The next event."""
        async with asyncio.timeout(seconds):
            data = await self.call.read()
        assert data is not grpc.aio.EOF, "the stream has ended"
        return pb.JobEvent.FromString(data)

    async def until(self, event: int, seconds: float = 5) -> list[pb.JobEvent]:
        """What comes up to an event of this kind."""
        events = [await self.next(seconds)]
        while events[-1].event != event:
            events.append(await self.next(seconds))
        return events

    async def rest(self, seconds: float = 5) -> list[pb.JobEvent]:
        """Everything up to the end, which must be a good one."""
        found = []
        async with asyncio.timeout(seconds):
            while (data := await self.call.read()) is not grpc.aio.EOF:
                found.append(pb.JobEvent.FromString(data))
        return found

    async def refusal(self, seconds: float = 5) -> Refusal:
        """How it fails, after whatever comes before."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.rest(seconds)
        return refusal(caught.value)


@dataclass
class Service:
    """A client, in the workspace of the stage; nobody works on the jobs but the stage."""

    channel: grpc.aio.Channel
    parts: Parts
    stage: Stage

    def person(self, user: str, workspace: str = "w", features: Sequence[str] = ()) -> Metadata:
        """The credential of a person."""
        claims = {"sub": user, "workspace": workspace, "iss": "cairn", "aud": "cairn", "features": list(features)}
        token = jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)
        return (("authorization", f"Bearer {token}"),)

    def operator(self, workspace: str = "w") -> Metadata:
        """The credential of a service of the host."""
        return (("authorization", f"Service {SERVICE_KEY}"), ("x-cairn-workspace", workspace))

    async def ask(self, who: str | Metadata, request: Message, seconds: float | None = 30) -> Any:
        """The response to a request of a person, or with a credential as it is given."""
        method = METHOD_OF[request.DESCRIPTOR.full_name]
        call: Any = self.channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}")
        data = await call(request.SerializeToString(), metadata=self._credential(who), timeout=seconds)
        return GetMessageClass(method.output_type).FromString(data)

    async def refused(self, who: str | Metadata, request: Message) -> Refusal:
        """How a call that must fail fails."""
        if isinstance(request, pb.WatchJobRequest):
            return await self.watch(who, request.job_id).refusal()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(who, request)
        return refusal(caught.value)

    async def get(self, id_: object, user: str = "ann", wait: float | None = None) -> pb.Job:
        """A job, as its owner sees it; waits for its end for so many seconds."""
        request = pb.GetJobRequest(job_id=str(id_))
        if wait is not None:
            request.wait.FromTimedelta(timedelta(seconds=wait))
        job: pb.Job = await self.ask(user, request)
        return job

    def watch(self, who: str | Metadata, id_: object, token: str = "") -> Watching:
        """A stream of a job."""
        call: Any = self.channel.unary_stream("/cairn.jobs.v1.JobsService/WatchJob")
        request = pb.WatchJobRequest(job_id=str(id_), resume_token=token)
        return Watching(call(request.SerializeToString(), metadata=self._credential(who), timeout=30))

    def hint(self, id_: UUID) -> None:
        """Tell replicas that the job has changed, as workers do."""
        self.parts.effects.tell(id_, Status.RUNNING)

    async def waited_for(self, number: int = 1) -> None:
        """Wait until so many in the service wait for changes."""
        await until(lambda: sum(map(len, self.parts.watch._waiting.values())) == number)

    def _credential(self, who: str | Metadata) -> Metadata:
        return self.person(who) if isinstance(who, str) else who


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """What a client is told."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        detail.Unpack(info)
    return Refusal(error.code(), info.reason, status.SerializeToString())


@asynccontextmanager
async def serving(database_url: str, redis_url: str) -> AsyncIterator[Service]:
    """A running service without jobs, which knows the kinds of the stage and searches."""
    identity = IdentitySettings(jwt_secret=JWT_SECRET, service_keys=(f"ops:{SERVICE_KEY}",))
    config = Settings(
        ServerSettings(redis_url, identity, TelemetrySettings()),
        DatabaseSettings(database_url, database_pool_size=5),
        JobsSettings(jobs_user_unfinished=30),
        NOWHERE,
        "a secret for page tokens, 32 and more",
    )
    connection = await asyncpg.connect(database_url)
    await connection.execute(CLEAR)
    limits = Limits(redis_url, lambda: 0.0)
    async with running(config) as parts:
        known = served(parts, config, (*KINDS, *KNOWN))
        grpc_server = server.make_server(known, server.interceptors(config.server, limits))
        port = grpc_server.add_insecure_port("127.0.0.1:0")
        await grpc_server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Service(channel, parts, Stage(parts.database, connection))
        parts.watch.drain()
        await grpc_server.stop(None)
    await limits.aclose()
    await connection.close()
