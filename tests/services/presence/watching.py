"""A reader of WatchPresence, as a client of the contract would write one."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from cairn.presence.v1 import presence_pb2 as pb
from tests.services.presence.client import Client

PATH = "/cairn.presence.v1.PresenceService/WatchPresence"
# Whatever is to be heard is heard within a second.
SOON = 1.0


class Watching:
    """One stream; `people` is what its reader knows of everybody."""

    def __init__(self, call: Any) -> None:
        """Not yet read."""
        self._call = call
        self.people: dict[str, pb.Presence] = {}
        self.snapshots = 0
        self.token = ""

    async def next(self, seconds: float = SOON) -> pb.PresenceEvent:
        """The next event."""
        try:
            async with asyncio.timeout(seconds):
                event: pb.PresenceEvent = await self._call.read()
        except TimeoutError:
            raise AssertionError(f"nothing was heard for {seconds:g} s; known is {self.people}") from None
        self.token = event.resume_token or self.token
        if event.HasField("presence"):
            self.people[event.presence.user_id] = event.presence
        self.snapshots += event.event == pb.PresenceEvent.EVENT_SNAPSHOT
        return event

    async def ready(self) -> None:
        """Read the snapshot, which may take longer than a change."""
        while (await self.next(10)).event != pb.PresenceEvent.EVENT_READY:
            continue

    async def until(self, true: Callable[[pb.Presence], object], seconds: float = SOON) -> pb.Presence:
        """The first change of which this is true."""
        give_up = time.monotonic() + seconds
        while True:
            event = await self.next(max(give_up - time.monotonic(), 0))
            if event.event == pb.PresenceEvent.EVENT_CHANGE and true(event.presence):
                return event.presence


@asynccontextmanager
async def watching(client: Client, who: str, *ids: str, token: str = "", device: str = "") -> AsyncIterator[Watching]:
    """A stream whose reader has the snapshot, or has resumed."""
    request = pb.WatchPresenceRequest(user_ids=ids, resume_token=token, device_id=device)
    method: Any = client.channel.unary_stream(PATH, response_deserializer=pb.PresenceEvent.FromString)
    call = method(request.SerializeToString(), metadata=client.as_user(who))
    stream = Watching(call)
    try:
        await stream.ready()
        yield stream
    finally:
        call.cancel()
