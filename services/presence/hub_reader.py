"""Reads what may have changed in one workspace: one reading at a time, for all watchers together.

While a reading runs, what is hinted at gathers; then it is read at once. So a quiet room hears of a change after one
reading, and a busy one reads each person once for any number of changes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

import structlog

from chassis.identity import Caller
from services.presence.domain import Presence
from services.presence.hub_room import Facet, Key, Room
from services.presence.hub_rounds import RETRY_SECONDS, Mark, PeopleAway, Rounds, Spawn, new_mark, settle

# In one reading, of those who were hinted at and of the others, who get their turn beside them: few, since whoever is
# hinted at next waits for the end of this reading.
HINTED_AT_ONCE, OTHERS_AT_ONCE = 400, 100
MAX_EVERYBODY = 10_000
# Seconds: longer than between two looks at everybody watched; and a little, for clocks that differ.
COME_BACK_WITHIN, COME_BACK_MARGIN = 15.0, 0.02


def _now() -> datetime:
    return datetime.now(UTC)


class Reads(NamedTuple):
    """How people are read: as a viewer sees them, as each sees themselves, and who is or says anything.

    Of a workspace with more than `MAX_EVERYBODY` people, `everybody` names those first who are there, the latest
    first, then those who say anything. Whoever is not among these appears as soon as they change.
    """

    batch: Callable[[Caller, Sequence[str]], Awaitable[list[Presence]]]
    own: Callable[[str, Sequence[str]], Awaitable[list[Presence]]]
    everybody: Callable[[str, int], Awaitable[list[str]]]


class Reader:
    """What is to be read in a room."""

    def __init__(
        self, room: Room, reads: Reads, turns: asyncio.Semaphore, spawn: Spawn, now: Callable[[], datetime] = _now
    ) -> None:
        """`turns` bounds the readings of the process at one time; `now` tells the time, roughly."""
        self._now = now
        self.room = room
        self._reads = reads
        self._turns = turns
        self._spawn = spawn
        self._hinted: dict[Facet, None] = {}
        # In turn; a mark is reached when everybody before it was read.
        self._queue: dict[Facet | Mark, None] = {}
        self._task: asyncio.Task[None] | None = None
        self.rounds = Rounds(self._round, spawn)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to read."""
        return not (self._hinted or self._queue) and (self._task is None or self._task.done())

    def hint(self, facets: Iterable[Facet]) -> None:
        """Read these as soon as may be."""
        self._hinted.update(dict.fromkeys(facets))
        self._start()

    def refresh(self, facets: Iterable[Facet]) -> Mark:
        """Read these; done when each of them was read after now."""
        mark = new_mark()
        self._queue.update(dict.fromkeys(facets))
        self._queue[mark] = None
        self._start()
        return mark

    async def _round(self) -> None:
        """Everybody who is watched, and where somebody watches everybody, whoever there is."""
        if self.room.watched_whole:
            for id_ in await self._reads.everybody(self.room.workspace, MAX_EVERYBODY):
                self.room.facet(Key(id_, own=False))
        await self.refresh(list(self.room.facets.values()))

    def _start(self) -> None:
        if (self._hinted or self._queue) and (self._task is None or self._task.done()):
            self._task = self._spawn(self._run())

    async def _run(self) -> None:
        while self._hinted or self._queue:
            facets, marks = self._batch()
            try:
                async with self._turns:
                    await self._read(facets)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody watched may be forgotten for it
                structlog.get_logger().warning("watchers wait: people cannot be read", exc_info=error)
                self._hinted.update(facets)
                # Those further back in the queue may wait for the same people, who are no longer before them.
                for mark in [*marks, *(each for each in self._queue if not isinstance(each, Facet))]:
                    settle(mark, PeopleAway(retry_after=RETRY_SECONDS))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                for mark in marks:
                    settle(mark, None)

    def _batch(self) -> tuple[dict[Facet, None], list[Mark]]:
        facets, marks = dict.fromkeys(islice(self._hinted, HINTED_AT_ONCE)), []
        for facet in facets:
            del self._hinted[facet]
        others = 0
        while self._queue and others < OTHERS_AT_ONCE:
            first = next(iter(self._queue))
            del self._queue[first]
            if isinstance(first, Facet):
                facets[first] = None
                self._hinted.pop(first, None)
                others += 1
            else:
                marks.append(first)
        return facets, marks

    async def _read(self, facets: Iterable[Facet]) -> None:
        public = [facet.key.user for facet in facets if not facet.key.own]
        own = [facet.key.user for facet in facets if facet.key.own]
        found: dict[Key, Presence] = {}
        if public:
            # As nobody in particular: what everybody may see.
            people = await self._reads.batch(Caller(self.room.workspace), public)
            found.update((Key(each.user_id, own=False), each) for each in people)
        if own:
            people = await self._reads.own(self.room.workspace, own)
            found.update((Key(each.user_id, own=True), each) for each in people)
        for facet in facets:
            self.room.take(facet, found[facet.key])
            self._come_back(facet, found[facet.key])

    def _come_back(self, facet: Facet, presence: Presence) -> None:
        """Read somebody again when something begins or ceases to hold their notifications: nobody tells of that."""
        moment = presence.dnd_until_time or presence.dnd_begins_time
        if moment is not None:
            seconds = (moment - self._now()).total_seconds()
            # Those further off are seen again before, by the look at everybody watched.
            if 0 < seconds < COME_BACK_WITHIN:
                asyncio.get_running_loop().call_later(seconds + COME_BACK_MARGIN, self.hint, [facet])
