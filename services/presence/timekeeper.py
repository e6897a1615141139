"""Rings the worker at the moment a claim expires, and does the work itself where nobody comes.

The row is the schedule. What is planned here is only what a look at the rows showed a moment ago; whatever is
forgotten, done twice or too late is put right by the next look, of this replica or another.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias
from uuid import UUID

from taskiq.acks import AcknowledgeType

from chassis.database import Queries
from chassis.doorbell import Doorbell, Queue
from chassis.outage import Outage
from services.presence import store_expiry
from services.presence.store_expiry import Due

QUEUE = Queue("presence", read_count=20, slots=20, acknowledge=AcknowledgeType.WHEN_EXECUTED)
EXPIRE = "presence.expire"

LOOK_SECONDS = 1.0
# A look shows what is due until after the next one.
WITHIN_SECONDS = 1.25
# What was set since the last look and is due before the next is looked for so long before its time.
AHEAD_SECONDS = 0.05
LOOKS_APART_SECONDS = 0.02
# Added to the moment, lest a ring comes before the time has come on the clock of the database.
MARGIN_SECONDS = 0.001
# What the clock of the database may gain on ours, or ours on it, in each second.
CLOCKS_APART = 0.000_2
# Rings are so far apart; what comes due in between goes with the next.
RINGS_APART_SECONDS = 0.003
KEYS_A_RING = 100
GRACE_SECONDS = 0.1
LOOK_LIMIT = 5000
SWEEP_LIMIT = 500

Look: TypeAlias = Callable[[float, int], Awaitable[list[Due]]]
Sweep: TypeAlias = Callable[[float, int], Awaitable[int]]
# Must not raise.
Ring: TypeAlias = Callable[[list[list[str]]], Awaitable[object]]


class Timer:
    """The clock of this machine, used only for waiting."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for the event, so many seconds at most."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


class Moments:
    """When claims are due by our clock: never before, and hardly after.

    The answer to a look is older than it seems by its way back to us. What this look and the one before both show
    tells which of the two took longer, and by how much; so the quickest of the last looks counts for all.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: dict[UUID, float] = {}
        self._looked_at = -math.inf

    def of(self, rows: Sequence[Due], asked: float, answered: float) -> list[float]:
        """Of each row of a look that was asked for and answered at these times."""
        latest = {row.expiry_id: answered + row.seconds for row in rows}
        known, apart = self._known, (asked - self._looked_at) * CLOCKS_APART
        later = min((at - known[id_] for id_, at in latest.items() if id_ in known), default=0.0) - apart
        # The rows cannot have been read before they were asked for.
        later = min(max(later, 0.0), answered - asked)
        self._known, self._looked_at = {id_: at - later for id_, at in latest.items()}, asked
        return [self._known[row.expiry_id] for row in rows]


class Timekeeper:
    """Looks, waits, rings, and sweeps up."""

    def __init__(self, look: Look, sweep: Sweep, ring: Ring, timer: Timer) -> None:
        """`look` and `sweep` are those of the store, on a database."""
        self._look = look
        self._sweep = sweep
        self._ring = ring
        self._timer = timer
        self._nudged = asyncio.Event()
        self._plan: deque[tuple[float, Due]] = deque()
        self._moments = Moments()
        self._rung: set[UUID] = set()
        self._rung_at = self._looked_at = -math.inf
        self._look_at = 0.0
        self._sweep_at: float | None = None

    def nudge(self, seconds: float) -> None:
        """Something was set that expires in so many seconds."""
        at = max(self._timer.now() + seconds - AHEAD_SECONDS, self._looked_at + LOOKS_APART_SECONDS)
        if at < self._look_at:
            self._look_at = at
            self._nudged.set()

    async def run(self) -> None:
        """Keep time until cancelled."""
        outage = Outage("the database, for the timekeeper")
        async with asyncio.TaskGroup() as rings:
            while True:
                try:
                    await self._step(rings)
                    outage.ended()
                    pause = self._next() - self._timer.now()
                except Exception as error:  # noqa: BLE001 - whatever it was, time goes on
                    pause = outage.began(error)
                self._nudged.clear()
                if pause > 0:
                    await self._timer.wait(self._nudged, pause)

    async def _step(self, rings: asyncio.TaskGroup) -> None:
        """Do what is to be done now."""
        if self._timer.now() >= self._look_at:
            await self._make_plan()
        if self._sweep_at is not None and self._timer.now() >= self._sweep_at:
            await self._sweep_up()
        if self._timer.now() >= self._rung_at + RINGS_APART_SECONDS:
            self._ring_due(rings)

    def _next(self) -> float:
        """When there is something to be done again."""
        moments = [self._look_at]
        if self._sweep_at is not None:
            moments.append(self._sweep_at)
        if self._plan:
            moments.append(max(self._plan[0][0], self._rung_at + RINGS_APART_SECONDS))
        return min(moments)

    async def _make_plan(self) -> None:
        self._looked_at = started = self._timer.now()
        self._look_at = started + LOOK_SECONDS
        try:
            rows = await self._look(WITHIN_SECONDS, LOOK_LIMIT)
        except BaseException:
            self._look_at = started
            raise
        moments = self._moments.of(rows, started, self._timer.now())
        self._rung.intersection_update(row.expiry_id for row in rows)
        planned = zip((moment + MARGIN_SECONDS for moment in moments), rows, strict=True)
        self._plan = deque(
            (at, row) for at, row in planned if row.expiry_id not in self._rung and row.seconds > -GRACE_SECONDS
        )
        if rows and rows[0].seconds <= -GRACE_SECONDS:
            self._sweep_at = started
        if len(rows) == LOOK_LIMIT:
            self._look_at = min(self._look_at, max(moments[-1], started + GRACE_SECONDS))

    async def _sweep_up(self) -> None:
        """Expire what nobody else did, and come back for what was rung for less than the grace ago."""
        while await self._sweep(GRACE_SECONDS, SWEEP_LIMIT) == SWEEP_LIMIT:
            pass
        again = self._rung_at + GRACE_SECONDS
        self._sweep_at = again if again > self._timer.now() else None

    def _ring_due(self, rings: asyncio.TaskGroup) -> None:
        now = self._timer.now()
        keys = []
        while self._plan and self._plan[0][0] <= now:
            row = self._plan.popleft()[1]
            self._rung.add(row.expiry_id)
            keys.append([row.workspace, row.user, row.claim_id, str(row.expiry_id)])
        if keys:
            rings.create_task(self._ring_for(keys))
            self._rung_at = now
            self._sweep_at = now + GRACE_SECONDS if self._sweep_at is None else self._sweep_at

    async def _ring_for(self, keys: list[list[str]]) -> None:
        for start in range(0, len(keys), KEYS_A_RING):
            await self._ring(keys[start : start + KEYS_A_RING])


def timekeeper(queries: Queries, doorbell: Doorbell) -> Timekeeper:
    """The timekeeper of a replica."""
    look, sweep = partial(store_expiry.due, queries), partial(store_expiry.sweep, queries)
    return Timekeeper(look, sweep, partial(doorbell.ring, EXPIRE), Timer())
