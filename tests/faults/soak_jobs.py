"""Jobs while everything falls, at random and for as long as one likes: `python -m tests.faults.soak_jobs`.

SECONDS says how long (600), SEED repeats the order of what is done; both are printed. At the end everything must have
been done, and every promise kept: I1 to I7 below.
"""

import asyncio
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from services.jobs.domain import Caps
from tests.faults.jobs_people import People, gathered, live
from tests.faults.jobs_site import Site, built
from tests.faults.world import until
from tests.services.jobs.stage import Stage

JOBS_A_SECOND = 6.0
USERS = [f"user-{number}" for number in range(8)]
FAULTS = {
    "kill a worker": 4,
    "freeze a worker": 3,
    "end a worker": 2,
    "kill the service": 2,
    "freeze the service": 1,
    "end the service": 1,
    "flush Redis": 2,
    "restart Redis": 2,
}
CALM_SECONDS = (0.5, 4.0)
DRAIN_SECONDS = 90.0
SAMPLE_SECONDS = 0.1
# What a connection says whose server falls, or is not yet up.
AWAY = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)
# All of it at one moment.
BUSIEST = """
    select coalesce(max(count), 0) from (
        select count(*) from jobs.jobs where lease_token is not null group by workspace, user_id, queue
    ) running
"""
UNFINISHED = "select count(*) from jobs.jobs where completed_at is null"
ENDS = "select id, status, attempt, max_attempts, reason, started_at - created_at as waited from jobs.jobs"
REASONS = "select distinct reason from jobs.attempts where reason is not null"
EXPECTED = {"BAD_INPUT", "CANCELED", "TIMEOUT", "UPSTREAM_AWAY", "WORKER_LOST"}


@dataclass
class Soak:
    """One run, and what was seen in it."""

    site: Site
    people: People
    seed: int
    # How many jobs one person had running at a time, at most.
    busiest: int = 0
    seen: dict[str, Any] = field(default_factory=dict)

    async def run(self, seconds: float) -> None:
        """Let all of it happen for so long, and then come to an end."""
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look())
            async with asyncio.TaskGroup() as some:
                some.create_task(self._demand(seconds))
                some.create_task(self._strike(seconds))
            started = time.monotonic()
            await until(self._drained, DRAIN_SECONDS)
            self.seen["drained in"] = round(time.monotonic() - started, 1)
            looking.cancel()

    async def _demand(self, seconds: float) -> None:
        rng = random.Random(self.seed)  # noqa: S311 - nothing is secret here
        async with asyncio.TaskGroup() as group:
            for number in range(round(seconds * JOBS_A_SECOND)):
                own = random.Random(f"{self.seed} {number}")  # noqa: S311
                group.create_task(live(self.people, own, rng.choice(USERS)))
                await asyncio.sleep(rng.expovariate(JOBS_A_SECOND))

    async def _strike(self, seconds: float) -> None:
        rng = random.Random(-self.seed)  # noqa: S311
        end, half = time.monotonic() + seconds, time.monotonic() + seconds / 2
        while (now := time.monotonic()) < end:
            if half and now > half:
                half = 0.0
                await self.site.restart_postgres(rng.uniform(0, 3))
            else:
                [fault] = rng.choices(list(FAULTS), list(FAULTS.values()))
                await self.site.strike(rng, fault)
            await asyncio.sleep(rng.uniform(*CALM_SECONDS))

    async def _look(self) -> None:
        """Whatever the database lets see of it."""
        while True:
            with suppress(*AWAY):
                await self._look_on()
            await asyncio.sleep(SAMPLE_SECONDS)

    async def _look_on(self) -> None:
        async with self._connection() as connection:
            while True:
                self.busiest = max(self.busiest, await connection.fetchval(BUSIEST))
                await asyncio.sleep(SAMPLE_SECONDS)

    async def _drained(self) -> bool:
        async with self._connection() as connection:
            return not await connection.fetchval(UNFINISHED)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.site.cluster.url())
        try:
            yield connection
        finally:
            await connection.close()

    async def check(self) -> None:
        """All that was promised."""
        async with self._connection() as connection:
            # I1 to I5, of all jobs from their events: one end, nothing after it, no gap, no try too many.
            await Stage(self.people.database, connection).check()
            rows = {row["id"]: row for row in await connection.fetch(ENDS)}
            reasons = {row["reason"] for row in await connection.fetch(REASONS)}
        assert set(rows) == set(self.people.accepted), "I1: what was accepted is there, and nothing else"
        assert {row["status"] for row in rows.values()} <= {"complete", "error", "canceled"}, "I1: all have ended"
        ended = {id_: rows[id_]["status"] for id_ in self.people.canceled}
        assert set(ended.values()) <= {"canceled"}, "I5: what was acknowledged as canceled stays so"
        assert self.busiest <= Caps().running, "I6: nobody has more running than they may"
        heard = {id_: f"STATUS_{rows[id_]['status'].upper()}" for id_ in self.people.watched}
        assert heard == self.people.watched, "I7: who watches hears what is so"
        assert reasons <= EXPECTED, "nothing fails for a reason of its own"
        self._sum_up(list(rows.values()))

    def _sum_up(self, rows: list[Any]) -> None:
        waited = [row["waited"].total_seconds() for row in rows if row["waited"] and row["attempt"] == 1]
        self.seen |= {
            "jobs": len(rows),
            "ended": dict(Counter(row["status"] for row in rows)),
            "tried again": sum(row["attempt"] > 1 for row in rows),
            "first start, median": round(statistics.median(waited), 3),
            "watched": len(self.people.watched),
            "canceled while under way": len(self.people.canceled),
            "busiest person": self.busiest,
            "struck": dict(self.site.struck),
            "started again": dict(self.site.restarts),
            "calls without an answer": dict(self.people.unanswered),
        }


async def soak(site: Site, seconds: float, seed: int) -> dict[str, Any]:
    """Let it all happen; tells what did."""
    async with gathered(site) as people:
        run = Soak(site, people, seed)
        await run.run(seconds)
        await run.check()
    return run.seen


async def _alone(folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    async with built(folder, _free_port) as site:
        return await soak(site, seconds, seed)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Soak, and say how it went."""
    seconds, seed = float(os.environ.get("SECONDS", "600")), int(os.environ.get("SEED", time.time_ns() % 10**9))
    sys.stdout.write(f"jobs under faults for {seconds:g} s; again with SEED={seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(_alone(Path(folder), seconds, seed))
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in seen.items()))


if __name__ == "__main__":
    main()
