"""Renews the leases of the jobs of this process, from a thread with an event loop and a connection of its own.

Whatever blocks the event loop in which the jobs run, their leases are renewed, until the time of a job is over. When
they cannot be, the jobs are told to stop before anybody else may start them.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import structlog

from chassis.database import DatabaseSettings, Queries
from chassis.outage import Outage
from services.jobs import store_lease

PATIENCE_SECONDS = 3.0
END_SECONDS = 2.0
# Of a lease; the rest is for stopping.
SAFE_PART = 0.9


class News(Enum):
    """What a heart hears of a job."""

    CANCELING = auto()
    LOST = auto()
    # The lease could not be renewed: nobody else has the job yet, but soon somebody may.
    UNRENEWED = auto()


# Called in the event loop that started the heart, with the token of the job.
Told: TypeAlias = Callable[[UUID, News], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a lease is, and how often it is renewed."""

    lease: float = 15.0
    beat: float = 5.0


@dataclass(slots=True)
class Hold:
    """A job that is held. Times are of the monotonic clock."""

    id: UUID
    token: UUID
    renewed: float
    until: float


class Heart:
    """Beats for what it holds."""

    def __init__(self, database: DatabaseSettings, pace: Pace) -> None:
        """Not yet started."""
        self._database = database
        self._pace = pace
        # Written by both threads, each time in one step that the interpreter does not divide.
        self._holds: dict[UUID, Hold] = {}
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._ended = False
        self._connection: Any = None
        self._outage = Outage("the database, for the leases")
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self, told: Told) -> None:
        """Begin to beat."""
        self._told: Told = told
        self._home = asyncio.get_running_loop()
        self._thread.start()

    async def end(self) -> None:
        """Beat no more."""
        self._ended = True
        self.beat_soon()
        await asyncio.to_thread(self._thread.join, END_SECONDS)

    def hold(self, job_id: UUID, token: UUID, since: float, until: float) -> None:
        """Keep up a lease that began at `since`, and not beyond `until`, on the monotonic clock."""
        self._holds[token] = Hold(job_id, token, since, until)

    def drop(self, token: UUID) -> None:
        """Let a lease run out."""
        self._holds.pop(token, None)

    def holds(self, token: UUID) -> bool:
        """Whether the lease still stands, as far as can be known here."""
        return token in self._holds

    def held(self) -> list[store_lease.Held]:
        """All jobs that are held, with their tokens."""
        return [(hold.id, hold.token) for hold in list(self._holds.values())]

    def beat_soon(self) -> None:
        """Beat now, rather than at the usual time."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._beat_on())
        finally:
            self._loop.close()

    async def _beat_on(self) -> None:
        while not self._ended:
            self._wake.clear()
            started = time.monotonic()
            pause = await self._beat()
            self._let_go()
            await self._wait(started + pause)
        await self._hang_up()

    async def _wait(self, next_at: float) -> None:
        """Wait for the next beat; in the meantime, let go of what has run out."""
        while not (self._wake.is_set() or self._ended):
            moment = min(next_at, self._soonest())
            try:
                async with asyncio.timeout(moment - time.monotonic()):
                    await self._wake.wait()
            except TimeoutError:
                self._let_go()
            if time.monotonic() >= next_at:
                return

    async def _beat(self) -> float:
        """Renew all; tells how many seconds there are until the next time."""
        holds = list(self._holds.values())
        if not holds:
            return self._pace.beat
        started = time.monotonic()
        try:
            async with asyncio.timeout(min(PATIENCE_SECONDS, max(self._soonest() - started, 0.1))):
                queries = await self._queries()
                beats = await store_lease.beat(queries, [(hold.id, hold.token) for hold in holds], self._pace.lease)
        except Exception as error:  # noqa: BLE001 - whatever it is, beats go on, and what runs out is let go of
            await self._hang_up()
            return self._outage.began(error)
        self._outage.ended()
        for hold in holds:
            self._heard(hold, beats.get(hold.token), started)
        return self._pace.beat

    def _heard(self, hold: Hold, beat: store_lease.Beat | None, started: float) -> None:
        hold.renewed = started
        if beat is None:  # or it has just been finished
            self._lose(hold, News.LOST)
        elif beat is store_lease.Beat.CANCELING:
            self._tell(hold.token, News.CANCELING)

    def _let_go(self) -> None:
        """Stop what could not be renewed, and what does not end."""
        now = time.monotonic()
        for hold in list(self._holds.values()):
            if now >= self._end(hold):
                endless = now >= hold.until
                why = "endless" if endless else "not renewed"
                structlog.get_logger().warning("lease let go", job=str(hold.id), why=why)
                self._lose(hold, News.LOST if endless else News.UNRENEWED)

    def _soonest(self) -> float:
        return min((self._end(hold) for hold in list(self._holds.values())), default=math.inf)

    def _end(self, hold: Hold) -> float:
        return min(hold.renewed + self._pace.lease * SAFE_PART, hold.until)

    def _lose(self, hold: Hold, news: News) -> None:
        self.drop(hold.token)
        self._tell(hold.token, news)

    def _tell(self, token: UUID, news: News) -> None:
        self._home.call_soon_threadsafe(self._told, token, news)

    async def _queries(self) -> Queries:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._database.database_url,
                statement_cache_size=self._database.database_statement_cache,
                server_settings={"application_name": "cairn-jobs-heart"},
            )
        return Queries(self._connection, PATIENCE_SECONDS)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        await asyncio.sleep(0)  # what was terminated ends in the next round of the loop
