"""What every replica does beside answering: empties trash that is 30 days old, and sweeps the object store."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chassis.database import Database, DatabaseFault
from chassis.errors import CairnError
from chassis.outage import Outage
from services.bookmarks import store_objects, store_trash
from services.bookmarks.objects import Objects, ObjectsAway

EVERY_SECONDS = 60.0
AWAY_SECONDS = 5.0
AT_ONCE = 200
# Deleted side by side while their rows are held.
SWEPT_AT_ONCE = 20


class Upkeep:
    """The loop. Any number of replicas may run it at once: each takes what the others have not."""

    def __init__(self, database: Database, objects: Objects) -> None:
        """Where rows lie, and where bytes."""
        self._database = database
        self._objects = objects

    async def run(self) -> None:
        """Keep up until cancelled."""
        outage = Outage("upkeep of bookmarks")
        while True:
            pause = EVERY_SECONDS
            try:
                await self.step()
                outage.ended()
            except CairnError as error:
                outage.began(error)
                pause = AWAY_SECONDS
            except DatabaseFault:  # whoever asks for bookmarks goes on
                structlog.get_logger().exception("upkeep refused")
            await asyncio.sleep(pause)

    async def step(self) -> None:
        """All that is due now."""
        await self._all(store_trash.purge)
        await self._all(store_trash.forget_merges)
        while await self._sweep() == SWEPT_AT_ONCE:
            continue

    async def _all(self, some: Callable[[Database, int], Awaitable[int]]) -> None:
        while await some(self._database, AT_ONCE) == AT_ONCE:
            continue

    async def _sweep(self) -> int:
        """From the store first, and then the rows: what a crash leaves between is swept again."""
        async with self._database.begin() as queries:
            names = await store_objects.unwanted(queries, SWEPT_AT_ONCE)
            left = set(filter(None, await asyncio.gather(*(self._left(name) for name in names))))
            await store_objects.forget(queries, [name for name in names if name not in left])
            await store_objects.postpone(queries, sorted(left))
        return len(names)

    async def _left(self, name: str) -> str:
        """The name, if the object could not be deleted: the others are, and this one later."""
        try:
            await self._objects.delete(name)
        except ObjectsAway as error:
            structlog.get_logger().warning("object not deleted", object=name, error=str(error.__cause__))
            return name
        return ""
