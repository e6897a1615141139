"""Jobs in a database in which time passes when told to: all times in the rows are moved."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uuid_utils.compat

from chassis.database import Database
from services.jobs import store, store_claim, store_create, store_lease, store_upkeep
from services.jobs.domain import Caps, Claimed, Failure, Job, Kind, Owner, Queue, Status
from services.jobs.store_claim import Worker
from services.jobs.store_create import Created, New
from services.jobs.store_lease import Done, Failed, Outcome

QUICK = Kind("quick", Queue.INTERACTIVE)
SLOW = Kind("slow", Queue.BULK, max_attempts=5)
RARE = Kind("rare", Queue.BULK, max_running=2)
KINDS = (QUICK, SLOW, RARE)
CAPS = Caps()
# Nobody is held up by a cap.
WIDE = Caps(running=10_000, unfinished=100_000)
ANN = Owner("w", "ann")
BUSY = Failure("BUSY", "Somebody else is faster.", retryable=True)
WRONG = Failure("WRONG", "That cannot be done.", retryable=False)
# The archive has a dozen partitions, which are slow to truncate and mostly empty.
CLEAR = "truncate jobs.jobs, jobs.attempts, jobs.events, jobs.requests; delete from jobs.archive"
SHIFTS = (
    """
    update jobs.jobs set
        created_at = created_at - $1::interval,
        next_run_at = next_run_at - $1::interval,
        started_at = started_at - $1::interval,
        completed_at = completed_at - $1::interval,
        died_at = died_at - $1::interval,
        archive_at = archive_at - $1::interval,
        lease_until = lease_until - $1::interval,
        result_expires_at = result_expires_at - $1::interval
    """,
    "update jobs.requests set made_at = made_at - $1::interval",
)
FINAL = {"complete", "error", "canceled"}
# From one event to the next; progress leaves the state as it is.
LEGAL = {
    None: {"pending"},
    "pending": {"running", "canceled"},
    "running": {"running", "pending", "canceling", "complete", "error"},
    "canceling": {"canceling", "canceled"},
}
WAITING = "select count(distinct pid) from pg_locks where not granted"


def owner(user: str) -> Owner:
    """A person of the workspace."""
    return Owner("w", user)


@dataclass
class Stage:
    """Jobs, and who works on them; `connection` is one of its own, for the tests."""

    database: Database
    connection: Any

    async def create(self, user: str = "ann", kind: Kind = QUICK, caps: Caps = CAPS, **more: Any) -> Created:
        """Make a job."""
        values: dict[str, Any] = {
            "input": b"{}",
            "request_id": "",
            "fingerprint": b"same",
            "id": uuid_utils.compat.uuid7(),
        }
        async with self.database.begin() as queries:
            return await store_create.create(queries, New(**values | {"owner": owner(user), "kind": kind} | more), caps)

    async def pending(self, user: str = "ann", kind: Kind = QUICK, **more: Any) -> uuid.UUID:
        """The id of a new job."""
        return (await self.create(user, kind, **more)).job.id

    async def claim(self, slots: int = 1, kind: Kind = QUICK, **more: Any) -> list[Claimed]:
        """Claim from the queue of a kind, as a worker that knows all kinds."""
        values: dict[str, Any] = {"name": "w1", "queue": kind.queue, "kinds": KINDS, "caps": CAPS}
        async with self.database.begin() as queries:
            return (await store_claim.claim(queries, Worker(**values | more), slots)).jobs

    async def running(self, user: str = "ann", kind: Kind = QUICK, **more: Any) -> Claimed:
        """A new job, claimed."""
        id_ = await self.pending(user, kind, **more)
        [claimed] = await self.claim(1, kind)
        assert claimed.id == id_
        return claimed

    async def finish(self, job: Claimed, outcome: Outcome | None = None) -> Status | None:
        """Finish a job, well unless told otherwise."""
        return await store_lease.finish(self.database, job.id, job.token, outcome or Done(b"result"))

    async def ended(self, outcome: Outcome | None = None, user: str = "ann") -> uuid.UUID:
        """The id of a new job that has ended."""
        claimed = await self.running(user)
        assert await self.finish(claimed, outcome) in FINAL
        return claimed.id

    async def dead(self, user: str = "ann") -> uuid.UUID:
        """The id of a dead letter."""
        return await self.ended(Failed(BUSY, None), user)

    async def cancel(self, id_: uuid.UUID, user: str = "ann") -> Status | None:
        """Cancel a job."""
        return await store.cancel(self.database, owner(user), id_)

    async def job(self, id_: uuid.UUID, user: str = "ann") -> Job:
        """A job, as its owner sees it."""
        job = await store.get(self.database, owner(user), id_)
        assert job
        return job

    async def status(self, id_: uuid.UUID, user: str = "ann") -> Status:
        """How a job stands."""
        return (await self.job(id_, user)).status

    async def pass_(self, seconds: float) -> None:
        """Let time pass."""
        for shift in SHIFTS:
            await self.connection.execute(shift, timedelta(seconds=seconds))

    async def sql(self, query: str, *arguments: object) -> list[Any]:
        """The rows of a query."""
        rows: list[Any] = await self.connection.fetch(query, *arguments)
        return rows

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(await self.connection.fetchval("select count(*) from jobs.X".replace("X", table)))

    async def blocked(self, number: int = 1) -> None:
        """Wait until so many statements wait for a lock."""
        give_up = time.monotonic() + 10
        while await self.connection.fetchval(WAITING) < number:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.005)

    async def put_away(self, id_: uuid.UUID) -> None:
        """See that a job is in the archive; the upkeep of a service that runs beside may be quicker."""
        give_up = time.monotonic() + 10
        while await self.connection.fetchval("select count(*) from jobs.jobs where id = $1", id_):
            await store_upkeep.put_away(self.database, 10)
            assert time.monotonic() < give_up

    async def check(self) -> None:
        """The invariants I1 to I5 that can be read from the rows; of jobs that are not archived."""
        # At one moment: some jobs may still go on.
        async with self.connection.transaction(isolation="repeatable_read", readonly=True):
            await self._check()

    async def _check(self) -> None:
        jobs = {row["id"]: row for row in await self.sql("select * from jobs.jobs")}
        tokens = [row["lease_token"] for row in jobs.values() if row["lease_token"]]
        assert len(set(tokens)) == len(tokens)
        events: dict[uuid.UUID, list[Any]] = {id_: [] for id_ in jobs}
        for row in await self.sql("select job_id, seq, payload->>'status' as status from jobs.events order by seq"):
            events[row["job_id"]].append(row)
        for id_, found in events.items():
            self.check_one(jobs[id_], found)
        tries = await self.sql("select job_id, max(number) as number from jobs.attempts group by job_id")
        assert all(row["number"] <= jobs[row["job_id"]]["attempt"] for row in tries)

    def check_one(self, job: Any, events: Sequence[Any]) -> None:
        """What holds for each job."""
        assert [row["seq"] for row in events] == list(range(1, job["seq"] + 1))
        before: str | None = None
        for row in events:
            assert row["status"] in LEGAL[before]
            before = row["status"]
            assert before not in FINAL or row is events[-1]
        assert before == job["status"]
        assert 0 <= job["attempt"] <= job["max_attempts"]
