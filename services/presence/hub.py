"""All streams of this process that watch people.

A hint says who may have changed; the hub reads them, once for everybody who watches, and tells only what is not as it
was told before. What no hint tells of (a lost one, a window of Do-Not-Disturb that begins) it finds by reading
everybody watched again every few seconds.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cairn.presence.v1 import presence_pb2 as pb
from chassis.cancellation import unless_cancelled
from chassis.errors import CairnError
from chassis.identity import Caller
from services.presence.domain import Online, Presence
from services.presence.encode import from_presence
from services.presence.hub_hints import Listener
from services.presence.hub_holds import Holds
from services.presence.hub_reader import Reader, Reads
from services.presence.hub_room import Facet, Room
from services.presence.hub_watcher import Draining, SlowReader, UserDeleted, Watcher
from services.presence.online import GONE, Sessions

READINGS_AT_ONCE = 4
# For each second that a look at a workspace takes, so many before the next one.
REST = 4
OFFLINE = Online.OFFLINE
# Between asking whether Redis is back.
CORRECT_SECONDS = 0.5
# For streams that end with the process.
LEAVE_SECONDS = 1.0


@dataclass(frozen=True)
class Pace:
    """How long things take, in seconds."""

    reconcile: float = 5.0
    # A reader that takes nothing for so long is dropped.
    patience: float = 30.0
    # How long people are looked at after their last watcher has left: for so long it can resume.
    linger: float = 60.0
    # Between looks at who is slow.
    check: float = 1.0


class Hub:
    """Who watches whom."""

    def __init__(
        self,
        reads: Reads,
        sessions: Sessions,
        listeners: Sequence[Listener],
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`listeners` bring the hints; `clock` is monotonic, in seconds."""
        self._reads = reads
        self._sessions = sessions
        self._listeners = listeners
        self._pace = pace or Pace()
        self._clock = clock
        self._holds = Holds(sessions)
        self._readers: dict[str, Reader] = {}
        self._watchers: dict[Watcher, Caller] = {}
        self._left = asyncio.Event()
        self._left.set()
        self._turns = asyncio.Semaphore(READINGS_AT_ONCE)
        self._readings: set[asyncio.Task[None]] = set()
        self._gap = asyncio.Event()
        self._draining = False

    async def run(self) -> None:
        """Listen, look again, sweep and drop slow readers, until cancelled; then nothing of it is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for listener in self._listeners:
                    tasks.create_task(listener.run(self._heard, self._gap.set))
                tasks.create_task(self._reconcile())
                tasks.create_task(self._drop_slow())
                tasks.create_task(self._sessions.keep_swept())
                tasks.create_task(self._correct())
        finally:
            await self._leave()

    def drain(self) -> None:
        """End every stream, and take no new ones."""
        self._draining = True
        for watcher in self._watchers:
            watcher.end(Draining(retry_after=1))

    async def _leave(self) -> None:
        """Let the streams close their devices, and read nothing more: what both use is closed next."""
        self.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._left.wait()
        for reading in self._readings:
            reading.cancel()
        if self._readings:
            await asyncio.wait(self._readings, timeout=LEAVE_SECONDS)

    async def watch(
        self, caller: Caller, ids: Sequence[str], resume_token: str = "", device: str = ""
    ) -> AsyncGenerator[bytes, None]:
        """Encoded PresenceEvents: a snapshot or what was missed since the token, then every change.

        No ids: everybody in the workspace; whoever is not in the snapshot is offline and says nothing. With a device,
        the stream is its heartbeat.
        """
        if self._draining:
            raise Draining(retry_after=1)
        reader = self._reader(caller.workspace)
        watcher = Watcher(caller.user, dict.fromkeys(ids), reader.room.epoch, self._clock)
        facets = reader.room.join(watcher, dict.fromkeys(ids))
        self._watchers[watcher] = caller
        self._left.clear()
        # The frame of a stream lives long, and need not hold every id.
        ids = ()
        try:
            resumed = _resume(reader.room, watcher, facets, resume_token)
            async with self._holds.held(caller, device, lambda: watcher.dropped):
                for facet in () if resumed else await self._snapshot(reader, watcher, facets):
                    yield watcher.snapshot(facet)
                yield watcher.ready(reader.room.tick())
                while True:
                    yield await watcher.next()
        finally:
            del self._watchers[watcher]
            if not self._watchers:
                self._left.set()
            reader.room.leave(watcher, facets, self._clock())

    async def _snapshot(self, reader: Reader, watcher: Watcher, facets: list[Facet]) -> list[Facet]:
        """Whom to tell of at first, each read after the watcher has joined."""
        await watcher.wait(reader.rounds.next() if watcher.whole else reader.refresh(facets))
        if not watcher.whole:
            return facets
        # Themselves in any case: a snapshot without anybody would look like nothing missed.
        others = (facet for facet in reader.room.others(watcher) if not facet.blank)
        # By what others may see: the order in which they were found would tell who is there and hides.
        return [*facets, *sorted(others, key=lambda facet: (facet.presence.online is OFFLINE, facet.key.user))]

    def _reader(self, workspace: str) -> Reader:
        if workspace not in self._readers:
            room = Room(workspace, _encoded, self._clock)
            self._readers[workspace] = Reader(room, self._reads, self._turns, self._spawn)
        return self._readers[workspace]

    def _spawn(self, reading: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(reading)
        self._readings.add(task)
        task.add_done_callback(self._readings.discard)
        return task

    def _heard(self, payload: str) -> None:
        workspace, _, user = payload.partition("\n")
        user, _, what = user.partition("\n")
        for watcher, caller in self._watchers.items() if what == GONE else ():
            if (caller.workspace, caller.user) == (workspace, user):
                watcher.end(UserDeleted())
        if reader := self._readers.get(workspace):
            reader.hint(reader.room.concerned(user))

    async def _reconcile(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.reconcile):
                    await self._gap.wait()
            # Where much was missed, all are looked at soon.
            rest = 1 if self._gap.is_set() else REST
            self._gap.clear()
            for workspace, reader in list(self._readers.items()):
                begun = self._clock()
                with suppress(CairnError):
                    await reader.rounds.next()
                if not reader.room.tidy(self._clock() - self._pace.linger) and reader.idle:
                    del self._readers[workspace]
                # A process with many workspaces looks less often at each, instead of at nothing else.
                await asyncio.sleep(min((self._clock() - begun) * rest, self._pace.reconcile))

    async def _correct(self) -> None:
        """Look again when Redis is back, where it was guessed who is there: nobody tells of that moment."""
        while True:
            await self._sessions.guessed.wait()
            await asyncio.sleep(CORRECT_SECONDS)
            unless_cancelled()
            if await self._sessions.answers():
                self._gap.set()

    async def _drop_slow(self) -> None:
        while True:
            await asyncio.sleep(self._pace.check)
            for watcher in self._watchers:
                if watcher.stuck(self._pace.patience):
                    watcher.end(SlowReader())


def _resume(room: Room, watcher: Watcher, facets: Sequence[Facet], token: str) -> bool:
    """Have the watcher told what it missed since the token; False where that is not known."""
    seq = watcher.resumes(token)
    missed = None if seq is None else room.missed(watcher, facets, seq)
    for facet in missed or ():
        watcher.push(facet)
    return missed is not None


def _encoded(presence: Presence) -> bytes:
    return pb.PresenceEvent(presence=from_presence(presence)).SerializeToString()
