"""What every replica does beside answering: frees what dead workers held, and puts away what is over."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import structlog

from chassis.database import Database, DatabaseBusy, DatabaseFault
from chassis.errors import CairnError
from chassis.outage import Outage
from services.jobs import store_memories, store_upkeep, store_uploads, store_usage
from services.jobs.domain import Status
from services.jobs.store_lease import LEASE_SECONDS

REAP_SECONDS = 2.0
# A database that was silent for so long may have kept living workers from renewing their leases.
SILENT_SECONDS = 6.0
TIDY_SECONDS = 30.0
PARTITIONS_SECONDS = 3600.0
REAP_LIMIT, TIDY_LIMIT = 500, 1024

Tell: TypeAlias = Callable[[UUID, Status], object]


class Upkeep:
    """The loops. Any number of replicas may run them at once: each takes what the others have not."""

    def __init__(
        self, database: Database, tell: Tell, clock: Callable[[], float] = time.monotonic, lease: float = LEASE_SECONDS
    ) -> None:
        """`tell` hints that a job has changed; `clock` is monotonic; `lease` is that of workers, in seconds."""
        self._database = database
        self._tell = tell
        self._clock = clock
        self._at_once = TIDY_LIMIT
        self._lease = lease
        self._answered, self._spared_until = clock(), 0.0

    async def run(self) -> None:
        """Keep up until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(REAP_SECONDS, self.reap))
            group.create_task(self._every(TIDY_SECONDS, self.tidy))
            group.create_task(self._every(PARTITIONS_SECONDS, self.partitions))

    async def reap(self) -> None:
        """Take jobs from workers that are dead.

        After a silence of the database the living have the time of a lease to hand back what they had to let go.
        """
        await store_upkeep.reap(self._database, 0)
        now = self._clock()
        if now - self._answered > SILENT_SECONDS:
            self._spared_until = now + self._lease
        self._answered = now
        while now >= self._spared_until:
            freed = await store_upkeep.reap(self._database, REAP_LIMIT)
            for id_, status in freed:
                self._tell(id_, status)
            if len(freed) < REAP_LIMIT:
                return

    async def tidy(self) -> None:
        """Move to the archive what is over, and forget request ids, memories, uploads and counts that are."""
        await self._put_away()
        while await store_upkeep.forget_requests(self._database, TIDY_LIMIT) == TIDY_LIMIT:
            continue
        while await store_memories.forget(self._database, TIDY_LIMIT) == TIDY_LIMIT:
            continue
        while await store_uploads.forget(self._database, TIDY_LIMIT) == TIDY_LIMIT:
            continue
        while await store_usage.forget(self._database, TIDY_LIMIT) == TIDY_LIMIT:
            continue

    async def _put_away(self) -> None:
        """Half as many at a time where that took too long: a job may have thousands of events."""
        try:
            while await store_upkeep.put_away(self._database, self._at_once) == self._at_once:
                continue
        except DatabaseBusy:
            self._at_once = max(1, self._at_once // 2)
            raise
        self._at_once = min(TIDY_LIMIT, self._at_once * 2)

    async def partitions(self) -> None:
        """Make the next days of the archive, and drop those that are over."""
        async with self._database.begin() as queries:
            await store_upkeep.partitions(queries)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
        outage = Outage(f"upkeep of jobs: {work.__name__}")
        while True:
            begun = self._clock()
            try:
                await work()
                outage.ended()
                pause = seconds - (self._clock() - begun)
            except CairnError as error:
                pause = outage.began(error)
            except DatabaseFault:  # of one loop; the others go on, and so does whoever asks for jobs
                structlog.get_logger().exception("upkeep refused", work=work.__name__)
                pause = seconds
            await asyncio.sleep(max(pause, 0.1))
