"""People who have jobs made while things break: they ask until they are answered, and remember what they were told."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import grpc
import jwt
import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2 as pb
from cairn.jobs.v1 import search_pb2
from chassis.database import Database, DatabaseSettings
from chassis.doorbell import Doorbell
from chassis.errors import Unavailable
from services.jobs import hints, store_create
from services.jobs.domain import Caps, Owner, Queue
from services.jobs.store_create import New
from tests.faults.jobs_process import actions
from tests.faults.jobs_site import Site
from tests.faults.rounds import PROMPT
from tests.services.jobs.client import JWT_SECRET
from tests.services.jobs.stage import CLEAR

Answer = TypeVar("Answer")
CALL_SECONDS = 5.0
PAUSE_SECONDS = 0.2
# What a service says that is gone, going or has no database, or to somebody who watches all that they may; and what a
# client says that hears nothing.
AWAY = tuple(grpc.StatusCode[name] for name in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "RESOURCE_EXHAUSTED"))
STATUS = pb.Job.Status
# It goes on for a minute unless it is canceled, and then has a result in spite of it.
ENDLESS = "stubborn"
# What is wanted, and how often; "abort" takes its worker along.
WANTED = {
    "nap": 60,
    "flaky": 10,
    "bad": 8,
    "count": 10,
    "walk": 6,
    "hurried": 2,
    ENDLESS: 4,
    "abort": 1,
}
GIVEN: dict[str, dict[str, object]] = {
    "flaky": {"times": 1, "retry_after": 0.2},
    "count": {"total": 8, "pause": 0.05},
    "hurried": {"seconds": 1},
}
# Of all.
WATCHED, CANCELED = 0.25, 0.1
LONGEST_NAP = 1.0


@dataclass
class People:
    """All of them, in one workspace, and what they know."""

    database: Database
    bell: Doorbell
    channel: grpc.aio.Channel
    folder: Path
    # Every job that was accepted, and whose it is.
    accepted: dict[UUID, str] = field(default_factory=dict)
    # Jobs whose cancel was acknowledged while they had not ended.
    canceled: set[UUID] = field(default_factory=set)
    # How those ended that were watched, and what their watchers heard, by number.
    watched: dict[UUID, str] = field(default_factory=dict)
    # How often an answer did not come.
    unanswered: Counter[str] = field(default_factory=Counter)

    async def make(self, user: str, kind: str, **given: object) -> UUID:
        """Have a job made; asked again until the answer comes, it is made once."""
        [action] = [action for action in actions() if action.kind.name == kind]
        request = str(uuid_utils.compat.uuid7())
        words = json.dumps({"notes": str(self.folder / request), **given}).encode()

        async def make() -> UUID:
            id_ = uuid_utils.compat.uuid7()
            async with self.database.begin() as queries:
                new = New(Owner("w", user), action.kind, words, request, b"", id_)
                return (await store_create.create(queries, new, Caps(unfinished=100_000))).job.id

        id_ = await self.answered("make", make)
        self.accepted[id_] = user
        await self.bell.ring(hints.LOOK)
        return id_

    async def start(self, user: str, request_id: str, replica: grpc.aio.Channel | None = None) -> pb.Job:
        """Have a replica make a job, which writes its notes under the request id; asked again until it answers."""
        call: Any = (replica or self.channel).unary_unary("/cairn.jobs.v1.SearchService/StartSearch")
        request = search_pb2.StartSearchRequest(query=str(self.folder / request_id), request_id=request_id)

        async def start() -> pb.Job:
            data = await call(request.SerializeToString(), metadata=credential(user), timeout=CALL_SECONDS)
            return pb.Job.FromString(data)

        job = await self.answered("start", start)
        self.accepted[UUID(job.id)] = user
        return job

    async def cancel(self, id_: UUID) -> None:
        """Cancel a job, and remember whether that was acknowledged."""
        user = self.accepted[id_]
        try:
            await self.ask(user, "CancelJob", pb.CancelJobRequest(job_id=str(id_)))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return  # it is complete
        job = pb.Job.FromString(await self.ask(user, "GetJob", pb.GetJobRequest(job_id=str(id_))))
        if job.status in (STATUS.STATUS_CANCELING, STATUS.STATUS_CANCELED):
            self.canceled.add(id_)

    async def retry(self, id_: UUID) -> UUID:
        """Have a job done again that failed or was canceled."""
        user = self.accepted[id_]
        answer = await self.ask(user, "RetryJob", pb.RetryJobRequest(job_id=str(id_), request_id=f"again {id_}"))
        again = UUID(pb.Job.FromString(answer).id)
        self.accepted[again] = user
        return again

    async def watch(self, id_: UUID) -> None:
        """Watch a job to its end, coming back as often as it takes."""
        token = ""
        while id_ not in self.watched:
            try:
                async for event in self._events(id_, token):
                    token = event.resume_token
            except grpc.aio.AioRpcError as error:
                await self.pause("watch", error)

    async def _events(self, id_: UUID, token: str) -> AsyncIterator[pb.JobEvent]:
        call: Any = self.channel.unary_stream("/cairn.jobs.v1.JobsService/WatchJob")
        request = pb.WatchJobRequest(job_id=str(id_), resume_token=token)
        who = credential(self.accepted[id_])
        async for data in call(request.SerializeToString(), metadata=who, timeout=CALL_SECONDS):
            event = pb.JobEvent.FromString(data)
            assert not event.gap
            if event.event == pb.JobEvent.EVENT_DONE:
                self.watched[id_] = STATUS.Name(event.job.status)
            yield event

    async def ask(self, user: str, method: str, request: Any) -> bytes:
        """What the service answers, whenever it does."""
        call: Any = self.channel.unary_unary(f"/cairn.jobs.v1.JobsService/{method}")

        async def ask() -> bytes:
            answer: bytes = await call(request.SerializeToString(), metadata=credential(user), timeout=CALL_SECONDS)
            return answer

        return await self.answered(method, ask)

    async def answered(self, what: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """What is answered, asked again while nobody can."""
        while True:
            try:
                return await call()
            except (Unavailable, grpc.aio.AioRpcError) as error:
                await self.pause(what, error)

    async def pause(self, what: str, error: Exception) -> None:
        """Wait a moment, if that may help."""
        if isinstance(error, grpc.aio.AioRpcError) and error.code() not in AWAY:
            raise error
        self.unanswered[what] += 1
        await asyncio.sleep(PAUSE_SECONDS)


def credential(user: str) -> tuple[tuple[str, str], ...]:
    """The credential of a person."""
    claims = {"sub": user, "workspace": "w", "iss": "cairn", "aud": "cairn"}
    token = jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)
    return (("authorization", f"Bearer {token}"),)


async def clear(site: Site) -> None:
    """Forget all jobs."""
    connection = await asyncpg.connect(site.cluster.url())
    await connection.execute(CLEAR)
    await connection.close()


@asynccontextmanager
async def gathered(site: Site) -> AsyncIterator[People]:
    """People without jobs, where nobody has any."""
    database = await Database.connect(DatabaseSettings(site.cluster.url(), 10, 3.0), "people")
    await clear(site)
    bell = hints.bell(site.redis.server.url, Queue.INTERACTIVE)
    notes = site.folder / "notes"
    notes.mkdir(exist_ok=True)
    async with grpc.aio.insecure_channel(site.address, options=PROMPT) as channel:
        yield People(database, bell, channel, notes)
    await bell.shutdown()
    await database.aclose()


async def live(people: People, rng: random.Random, user: str) -> None:
    """Have one job made, see what becomes of it, and change one's mind now and then."""
    [kind] = rng.choices(list(WANTED), list(WANTED.values()))
    given = {"seconds": rng.uniform(0, LONGEST_NAP), **GIVEN.get(kind, {})}
    id_ = await people.make(user, kind, **given)
    watching = asyncio.create_task(people.watch(id_)) if rng.random() < WATCHED else None
    if kind == ENDLESS or rng.random() < CANCELED:
        await asyncio.sleep(rng.uniform(0, 1.5))
        await people.cancel(id_)
    if watching is not None:
        await watching
        if people.watched[id_] in ("STATUS_ERROR", "STATUS_CANCELED") and kind != ENDLESS:
            await people.retry(id_)
