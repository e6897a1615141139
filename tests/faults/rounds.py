"""People whose statuses end while things break, and what is seen of them."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import grpc

from chassis.database import Database
from services.presence import store_expiry, store_people
from tests.faults.nodes import Node
from tests.services.presence.client import Client
from tests.services.presence.watching import watching

PROMPT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 300)]


@asynccontextmanager
async def client(node: Node) -> AsyncIterator[Client]:
    """A client in a new workspace, that comes back soon."""
    async with grpc.aio.insecure_channel(node.address, options=PROMPT) as channel:
        yield Client(channel, workspace=f"w-{uuid.uuid4().hex}")


class Round:
    """People who each set a status once, and what is seen of them."""

    def __init__(self, client: Client, database: Database, ends: dict[str, datetime]) -> None:
        """`ends` tells when each status ends."""
        self.client = client
        self.ends = ends
        self.acknowledged: set[str] = set()
        # What the watcher knows, and how often it saw each status come and go; when it heard of the end.
        self.known: dict[str, str] = dict.fromkeys(ends, "")
        self.came: Counter[str] = Counter()
        self.went: Counter[str] = Counter()
        self.heard: dict[str, datetime] = {}
        self._database = database
        self._token = ""

    async def set(self, user: str, after: float) -> None:
        """Set a status; whether it was set is not known where the service dies meanwhile."""
        await asyncio.sleep(after)
        with suppress(grpc.aio.AioRpcError):
            await self.client.set(user, text="Tea", expires_time=self.ends[user])
            self.acknowledged.add(user)

    async def watch(self) -> None:
        """Watch, come back with the token whenever the stream breaks, and write down what is heard."""
        while True:
            with suppress(grpc.aio.AioRpcError):
                await self._stream()
            await asyncio.sleep(0.05)

    async def _stream(self) -> None:
        """Hear one stream until it breaks; the token stands for what was written down."""
        async with watching(self.client, "viewer", *self.ends, token=self._token) as stream:
            for user, seen in stream.people.items():
                self._hear(user, seen.text)
            while True:
                self._token = stream.token
                event = await stream.next(60)
                assert event.presence.text != self.known[event.presence.user_id], "told twice"
                self._hear(event.presence.user_id, event.presence.text)

    async def read(self) -> None:
        """Read, and find each status exactly while it lives."""
        while True:
            acknowledged = set(self.acknowledged)
            people = await store_people.read(self._database, self.client.workspace, list(self.ends))
            for user, said in people.items():
                lives = said.now < self.ends[user]
                assert lives or not said.text, "read past its expiry"
                assert said.text or not lives or user not in acknowledged, "gone before its expiry"
            await asyncio.sleep(0.01)

    async def over(self) -> None:
        """Wait until every status has ended, every row is gone, and the watcher knows."""
        give_up = time.monotonic() + 20
        while datetime.now(UTC) < max(self.ends.values()) or await self._rows() or any(self.known.values()):
            assert time.monotonic() < give_up, f"{await self._rows()} rows; known: {self.known}"
            await asyncio.sleep(0.02)

    async def _rows(self) -> int:
        due = await store_expiry.due(self._database, 3600, 5000)
        return sum(each.workspace == self.client.workspace for each in due)

    def _hear(self, user: str, text: str) -> None:
        before, self.known[user] = self.known[user], text
        self.came[user] += bool(text and not before)
        if before and not text:
            self.went[user] += 1
            self.heard[user] = datetime.now(UTC)


@asynccontextmanager
async def observed(round_: Round) -> AsyncIterator[None]:
    """Read and watch until the block ends; what either finds wrong is raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(round_.read()), group.create_task(round_.watch())]
        yield
        for task in tasks:
            task.cancel()
