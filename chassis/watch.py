"""Those in this process who wait for things to change. A hint wakes them at once; a look finds what none told of."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from chassis.database import DatabaseFault
from chassis.errors import CairnError, LimitReached, Unavailable
from chassis.outage import Outage

LOOK_SECONDS = 0.5
# Streams and waits of one person at a time, in this process.
MAX_STREAMS = 20


class Draining(Unavailable):
    """The server is stopping; come back with the resume token"""

    reason = "DRAINING"


class TooManyStreams(LimitReached):
    """You watch, or wait for, as much as you may at a time: end one of these calls first"""

    reason = "TOO_MANY_STREAMS"


class Waiting:
    """One who waits for one thing."""

    def __init__(self) -> None:
        """`seq` is the last change they know of."""
        self.seq = 0
        self.draining = False
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._bell.set()

    async def change(self, seconds: float | None = None) -> None:
        """Wait until there may be something new, as long as that; not at all while draining."""
        if self.draining:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()


class Watch:
    """Who waits for what."""

    def __init__(self, latest: Callable[[Sequence[UUID]], Awaitable[dict[UUID, int]]]) -> None:
        """`latest` tells the number of the latest change of each."""
        self._latest = latest
        self._waiting: dict[UUID, set[Waiting]] = {}
        self._streams: Counter[Hashable] = Counter()
        self._draining = False

    @contextmanager
    def waiting(self, owner: Hashable, id_: UUID) -> Iterator[Waiting]:
        """Wait for changes of something."""
        if self._streams[owner] >= MAX_STREAMS:
            raise TooManyStreams
        one = Waiting()
        one.draining = self._draining
        self._streams[owner] += 1
        self._waiting.setdefault(id_, set()).add(one)
        try:
            yield one
        finally:
            self._waiting[id_].discard(one)
            if not self._waiting[id_]:
                del self._waiting[id_]
            self._streams[owner] -= 1
            if not self._streams[owner]:
                del self._streams[owner]

    def heard(self, id_: UUID) -> None:
        """It may have changed."""
        for one in self._waiting.get(id_, ()):
            one.wake()

    def drain(self) -> None:
        """End all waiting, and that of whoever still comes."""
        self._draining = True
        for some in self._waiting.values():
            for one in some:
                one.draining = True
                one.wake()

    async def run(self) -> None:
        """Look, twice a second, for changes that no hint told of; for ever."""
        outage = Outage("the database, for those who watch")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
                outage.ended()
            except (CairnError, DatabaseFault) as error:  # who watches sees it too, and nobody else is to
                outage.began(error)

    async def look(self) -> None:
        """Wake those who have missed something; and those whose thing is gone from where it was."""
        ids = list(self._waiting)
        found = await self._latest(ids) if ids else {}
        for id_ in ids:
            for one in self._waiting.get(id_, ()):
                if id_ not in found or found[id_] > one.seq:
                    one.wake()
