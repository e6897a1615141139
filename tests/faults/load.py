"""Load that goes on while things break, and remembers what was promised to it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import httpx

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from chassis.channels import open_channel
from tests.faults.world import SECONDS, until

MESSAGES = 6000
WORKERS = 8
ALL = tuple(f"m-{number}" for number in range(MESSAGES))
# Stands for an answer where there was none: the connection broke, or there was nobody to connect to.
NO_ANSWER = -1
# Statuses of gRPC.
OK, CANCELLED, UNAVAILABLE = 0, 1, 14


@dataclass
class Load:
    """Saves one message after the other, over several connections. Keeps the status of each answer."""

    save: Callable[[str], Awaitable[int]]
    good: frozenset[int]
    ids: Iterator[str]
    answers: dict[str, int] = field(default_factory=dict)
    stopped: bool = False
    workers: "list[asyncio.Task[None]]" = field(default_factory=list)

    @property
    def promised(self) -> set[str]:
        """What was acknowledged."""
        return {id_ for id_, status in self.answers.items() if status in self.good}

    @property
    def outcomes(self) -> Counter[int]:
        """How often there was which status."""
        return Counter(self.answers.values())

    def with_status(self, status: int) -> set[str]:
        """What was answered so."""
        return {id_ for id_, each in self.answers.items() if each == status}

    async def saves_more(self, number: int = 50) -> None:
        """Wait until so many more were promised."""
        goal = len(self.promised) + number
        await until(lambda: len(self.promised) >= goal)

    async def fails_more(self, number: int = 5) -> None:
        """Wait until so many more were not."""
        goal = len(self.answers) - len(self.promised) + number
        await until(lambda: len(self.answers) - len(self.promised) >= goal)

    async def done(self) -> None:
        """Wait until there is nothing left to save."""
        await asyncio.gather(*self.workers)

    async def work(self) -> None:
        """One connection's work."""
        for id_ in self.ids:
            if self.stopped:
                return
            self.answers[id_] = status = await self.save(id_)
            # A refusal is given time, as a client would; and so are the messages, to last.
            await asyncio.sleep(0.002 if status in self.good else 0.05)


@asynccontextmanager
async def under_load(load: Load) -> AsyncIterator[Load]:
    """Load until the end of the block."""
    load.workers += [asyncio.create_task(load.work()) for _ in range(WORKERS)]
    try:
        yield load
    finally:
        load.stopped = True
        await load.done()


@asynccontextmanager
async def grpc_load(port: int, token: str, ids: Iterable[str] = ALL) -> AsyncIterator[Load]:
    """Load on a service itself. Statuses are those of gRPC."""
    async with open_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(
            "/cairn.bookmarks.v1.BookmarkService/SaveBookmark",
            request_serializer=pb.SaveBookmarkRequest.SerializeToString,
            response_deserializer=pb.SaveBookmarkResponse.FromString,
        )
        metadata = (("authorization", f"Bearer {token}"),)

        async def save(id_: str) -> int:
            request = pb.SaveBookmarkRequest(target=pb.Target(message_id=id_))
            try:
                await call(request, metadata=metadata, timeout=SECONDS)
            except grpc.aio.AioRpcError as error:
                return int(error.code().value[0])
            return OK

        async with under_load(Load(save, frozenset({OK}), iter(ids))) as load:
            yield load


@asynccontextmanager
async def rest_load(url: str, token: str, ids: Iterable[str] = ALL) -> AsyncIterator[Load]:
    """Load through a gateway. A refusal must say when to come again."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=SECONDS, trust_env=False) as client:

        async def save(id_: str) -> int:
            try:
                answer = await client.post("/api/v1/bookmarks", json={"target": {"messageId": id_}})
            except httpx.TransportError:
                return NO_ANSWER
            assert answer.status_code != 503 or int(answer.headers["retry-after"]) >= 1
            return answer.status_code

        async with under_load(Load(save, frozenset({200, 201}), iter(ids))) as load:
            yield load
