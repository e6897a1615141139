"""A hub on real PostgreSQL and Redis, without a server round it, and the streams that read from it."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import uuid_utils.compat

from cairn.presence.v1 import presence_pb2 as pb
from chassis.database import Database, DatabaseSettings
from chassis.errors import Unavailable
from chassis.identity import Caller
from chassis.listener import RedisListener
from services.presence import online
from services.presence.domain import MANUAL, MANUAL_PRIORITY, Draft, Expiry, Online, Presence, Saying
from services.presence.hub import Hub, Pace
from services.presence.hub_hints import PostgresListener
from services.presence.hub_reader import Reads
from services.presence.online import Sessions
from services.presence.use_cases import People, Statuses
from services.presence.use_cases_dnd import Disturbance

LEASE, GRACE = 0.6, 0.2
NUMBERS = itertools.count(1)
Event = pb.PresenceEvent


async def eventually(true: Callable[[], object], seconds: float = 5) -> None:
    """Wait for something that tells nobody when it comes about, and fail if it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")


class Stream:
    """One stream; `people` is what its reader knows of everybody."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        """Not yet read."""
        self._events = events
        self.people: dict[str, pb.Presence] = {}
        self.snapshots = 0
        self.changes = 0
        self.token = ""

    async def next(self, seconds: float = 5) -> pb.PresenceEvent:
        """The next event."""
        try:
            async with asyncio.timeout(seconds):
                event = Event.FromString(await anext(self._events))
        except TimeoutError:
            raise AssertionError(f"nothing was heard for {seconds:g} s; known is {self.people}") from None
        self.token = event.resume_token or self.token
        if event.HasField("presence"):
            self.people[event.presence.user_id] = event.presence
        self.snapshots += event.event == Event.EVENT_SNAPSHOT
        self.changes += event.event == Event.EVENT_CHANGE
        return event

    async def ready(self) -> None:
        """Read the snapshot."""
        while (await self.next()).event != Event.EVENT_READY:
            continue

    async def until(self, true: Callable[[pb.Presence], object]) -> pb.Presence:
        """The first change of which this is true."""
        while True:
            event = await self.next()
            if true(event.presence):
                return event.presence


class Script:
    """Stands between the hub and the people it reads: counts, holds up and breaks readings."""

    def __init__(self, people: People) -> None:
        """Readings pass."""
        self._people = people
        self.readings: list[list[str]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False

    async def batch(self, viewer: Caller, ids: Sequence[str]) -> list[Presence]:
        """A reading as everybody sees them."""
        self.readings.append(list(ids))
        if self.broken:
            raise Unavailable
        found = await self._people.batch(viewer, ids)
        self.begun.set()
        await self.gate.wait()
        return found


@dataclass
class Stage:
    """A workspace of its own, and what can be done in it."""

    hub: Hub
    script: Script
    sessions: Sessions
    database: Database
    clock: list[float]
    workspace: str = field(default_factory=lambda: f"stage-{next(NUMBERS)}")

    def caller(self, user: str) -> Caller:
        """A person here."""
        return Caller(self.workspace, user)

    @asynccontextmanager
    async def watching(self, who: str, *ids: str, token: str = "", device: str = "") -> AsyncIterator[Stream]:
        """A stream whose reader has the snapshot, or has resumed."""
        async with aclosing(self.hub.watch(self.caller(who), ids, token, device)) as events:
            stream = Stream(events)
            await stream.ready()
            yield stream

    async def says(self, user: str, text: str) -> None:
        """Set a person's manual status; empty clears it."""
        statuses = Statuses(self.database, uuid_utils.compat.uuid7, lambda _: None)
        if not text:
            await statuses.clear(self.caller(user), MANUAL, MANUAL)
            return
        draft = Draft(MANUAL, MANUAL, MANUAL_PRIORITY, Saying("", text, dnd=False), Expiry())
        await statuses.put(self.caller(user), draft)

    async def hides(self, user: str, invisible: bool) -> None:
        """Make a person invisible, or visible."""
        await Disturbance(self.database, self.sessions).set_invisible(self.caller(user), invisible)

    async def beats(self, user: str, state: Online = Online.ACTIVE) -> None:
        """A beat of a person's phone."""
        await self.sessions.beat(self.workspace, user, "phone", state)


@asynccontextmanager
async def staged(
    database_url: str, redis_url: str, pace: Pace | None = None, **sessions: float
) -> AsyncIterator[Stage]:
    """A running hub that listens to both; by its default pace it never looks again by itself."""
    clock = [0.0]
    database = await Database.connect(DatabaseSettings(database_url, database_pool_size=5), "tests")
    leases = Sessions(redis_url, sessions.get("lease", LEASE), sessions.get("grace", GRACE))
    people = People(database, leases)
    script = Script(people)
    reads = Reads(script.batch, people.own, people.everybody)
    listeners = (PostgresListener(database_url), RedisListener(redis_url, online.CHANNEL))
    seldom = Pace(reconcile=3600, check=0.02)
    hub = Hub(reads, leases, listeners, pace or seldom, lambda: clock[0])
    running = asyncio.create_task(hub.run())
    try:
        stage = Stage(hub, script, leases, database, clock)
        await _listening(stage)
        yield stage
    finally:
        running.cancel()
        _, still = await asyncio.wait([running], timeout=10)
        assert not still, f"the hub does not end: {running}"
        await leases.aclose()
        await database.aclose()


async def _listening(stage: Stage) -> None:
    """Wait until hints of both kinds come through."""
    ear = Stage(stage.hub, stage.script, stage.sessions, stage.database, stage.clock)
    async with ear.watching("ear", "mouth") as stream:
        await _said(stream, lambda number: ear.says("mouth", f"{number}"), lambda seen: seen.text)
        await _said(stream, lambda number: ear.beats("mouth", _state(number)), lambda seen: seen.online < 3)
    await ear.sessions.forget(ear.workspace, "mouth")


def _state(number: int) -> Online:
    return (Online.ACTIVE, Online.AWAY)[number % 2]


async def _said(stream: Stream, say: Callable[[int], object], heard: Callable[[pb.Presence], object]) -> None:
    hearing = asyncio.create_task(stream.until(heard))
    for number in itertools.count():
        result = say(number)
        assert asyncio.iscoroutine(result)
        await result
        done, _ = await asyncio.wait([hearing], timeout=0.05)
        if done:
            await hearing
            return
