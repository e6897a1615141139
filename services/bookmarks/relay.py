"""Asks the jobs service for what stands in the outbox: at once after a commit here, and each second for the rest."""

import asyncio
from contextlib import suppress

import structlog

from chassis.database import Database, DatabaseFault
from chassis.errors import CairnError
from chassis.outage import Outage
from chassis.peer import PeerAway, PeerRefused
from services.bookmarks import store_outbox
from services.bookmarks.jobs_client import JobsClient
from services.bookmarks.store_outbox import Due

LOOK_SECONDS = 1.0
# More of them at a time make those wait who save: bench.links shows it.
AT_ONCE = 5
LONGEST_DELAY = 60.0


class Relay:
    """The loop. Any number of replicas may run it: a row is claimed by one, and asked for twice it is still one job."""

    def __init__(self, database: Database, jobs: JobsClient) -> None:
        """Where the outbox lies, and who is asked."""
        self._database = database
        self._jobs = jobs
        self._bell = asyncio.Event()
        self._outage = Outage("the jobs service, for links")

    def wake(self) -> None:
        """There may be something in the outbox."""
        self._bell.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        outage = Outage("the database, for the outbox")
        while True:
            try:
                # As long as there is as much as was taken at once, there may be more.
                while await self.step() == AT_ONCE:
                    continue
                outage.ended()
            except CairnError as error:
                await asyncio.sleep(outage.began(error))
            except DatabaseFault:  # whoever asks for bookmarks goes on
                structlog.get_logger().exception("outbox refused")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), LOOK_SECONDS)
            self._bell.clear()

    async def step(self) -> int:
        """Ask for some of what is due; tells how many there were."""
        due = await store_outbox.claim(self._database, AT_ONCE)
        await asyncio.gather(*(self._pass_on(each) for each in due))
        return len(due)

    async def _pass_on(self, due: Due) -> None:
        if due.stale:
            await store_outbox.drop(self._database, due)
            return
        try:
            job_id = await self._jobs.start(due.owner, due.bookmark_id, due.round, due.id)
        except PeerAway as error:
            self._outage.began(error)
            await store_outbox.postpone(self._database, due, _delay(due, 0.0))
        except PeerRefused as error:
            structlog.get_logger().info("link not taken", code=error.code.name, reason=error.reason)
            await store_outbox.postpone(self._database, due, _delay(due, error.retry_after or 0.0))
        else:
            self._outage.ended()
            async with self._database.begin() as queries:
                await store_outbox.done(queries, due, job_id)


def _delay(due: Due, at_least: float) -> float:
    """Seconds until it is asked for again: twice as long each time."""
    return min(LONGEST_DELAY, max(at_least, 2.0 ** min(due.attempts - 1, 6)))
