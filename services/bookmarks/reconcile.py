"""Sees to it that the looking up of every link ends, also where a job was lost or ended without a word."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from chassis.database import Database, DatabaseFault
from chassis.errors import CairnError
from chassis.outage import Outage
from chassis.peer import PeerAway, PeerRefused
from services.bookmarks import store_enrichment, store_outbox, store_watch
from services.bookmarks.jobs_client import LOST, End, JobsClient
from services.bookmarks.store_outbox import Wanted
from services.bookmarks.store_watch import Silent

EVERY_SECONDS = 10.0
AT_ONCE = 50


class Reconcile:
    """The loop. Any number of replicas may run it: a link is asked after by one, and once a minute."""

    def __init__(self, database: Database, jobs: JobsClient, new_id: Callable[[], UUID]) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._jobs = jobs
        self._new_id = new_id

    async def run(self) -> None:
        """Look after links until cancelled."""
        outage = Outage("what looks after links")
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                while await self.step() == AT_ONCE:
                    continue
                outage.ended()
            except CairnError as error:
                outage.began(error)
            except DatabaseFault:  # whoever asks for bookmarks goes on
                structlog.get_logger().exception("looking after links refused")

    async def step(self) -> int:
        """Ask after some links; tells how many."""
        some = await store_watch.silent(self._database, AT_ONCE)
        for each in some:
            await self._ask_after(each)
        return len(some)

    async def _ask_after(self, link: Silent) -> None:
        try:
            end = await self._jobs.end(link.owner, link.job_id) if link.job_id else LOST
        except PeerAway:
            return  # in a minute again
        except PeerRefused as error:
            structlog.get_logger().info("job not told", code=error.code.name, reason=error.reason)
            return
        if end:
            await self._mend(link, end)

    async def _mend(self, link: Silent, end: End) -> None:
        async with self._database.begin() as queries:
            row = (await store_enrichment.hold(queries, link.owner, [link.id])).get(link.id)
            if row is None or (row["round"], row["job_id"]) != (link.round, link.job_id):
                return  # somebody has taken it up meanwhile
            if end.lost:
                await store_outbox.put(queries, link.owner, Wanted(self._new_id(), link.id, link.round))
            elif row["enrichment"] in store_enrichment.UNFINISHED:
                await store_enrichment.give_up(queries, link.id, end.reason, end.message)
