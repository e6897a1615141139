"""One change, many who watch: when the last of them has it."""

import asyncio
import time
from dataclasses import dataclass, field

import grpc

from bench.load import Arm
from bench.presence_calls import SERVICE, Callers, names
from bench.presence_stream import streaming
from bench.workspace import token
from cairn.presence.v1 import presence_pb2 as pb

WATCHERS, CONNECTIONS = 1000, 10
WATCHED = "watched"
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 30.0
WARM_UP = 5
READY = pb.PresenceEvent(event=pb.PresenceEvent.EVENT_READY).SerializeToString()
CHANGE = pb.PresenceEvent(event=pb.PresenceEvent.EVENT_CHANGE).SerializeToString()


@dataclass
class Audience:
    """Counts who has heard; what an event says is looked at later."""

    missing: int = WATCHERS
    kind: bytes = READY
    all_told: asyncio.Event = field(default_factory=asyncio.Event)
    last: bytes = b""

    def heard(self, _place: int, message: bytes) -> None:
        """An event."""
        if message.startswith(self.kind):
            self.missing -= 1
            self.last = message
            if not self.missing:
                self.all_told.set()

    async def all_have_it(self) -> None:
        """Wait for the last one, and begin again."""
        await asyncio.wait_for(self.all_told.wait(), PATIENCE_SECONDS)
        self.all_told.clear()
        self.missing, self.kind = WATCHERS, CHANGE


async def seconds_until_all_have_it(replica: Arm, secret: str, changes: int) -> list[float]:
    """From the call that changes something until the last watcher was told, for each change."""
    callers = Callers(list(names("viewer-", WATCHERS)), secret)
    audience = Audience()
    requests = [callers.watch(viewer, [WATCHED]) for viewer in callers.users]
    credential = (("authorization", token(WATCHED, secret)),)
    taken = []
    async with (
        streaming(replica.port, requests, CONNECTIONS, audience.heard),
        grpc.aio.insecure_channel(f"127.0.0.1:{replica.port}") as channel,
    ):
        set_status = channel.unary_unary(SERVICE + "SetStatus", pb.SetStatusRequest.SerializeToString)
        await audience.all_have_it()
        for number in range(changes + WARM_UP):
            started = time.perf_counter()
            call = set_status(pb.SetStatusRequest(text=f"Number {number}"), metadata=credential)
            await audience.all_have_it()
            taken.append(time.perf_counter() - started)
            await call
            if pb.PresenceEvent.FromString(audience.last).presence.text != f"Number {number}":
                raise RuntimeError("the watchers heard of something else")
            await asyncio.sleep(PAUSE_SECONDS)
    return taken[WARM_UP:]
