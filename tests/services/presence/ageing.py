"""Claims of one person in a database in which time passes when told to: all times in the rows are moved."""

import asyncio
import time
import uuid
from datetime import timedelta
from typing import Any

from chassis.database import Database, Queries
from services.presence import store
from services.presence.domain import MANUAL, MANUAL_PRIORITY, Draft, Expiry, Saying
from services.presence.store import Owner
from services.presence.store_expiry import Key
from tests.chassis.conftest import eventually

ANN = Owner("w", "ann")
SHIFT = "update presence.claims set expires_at = expires_at - $1::interval, set_at = set_at - $1::interval"


class World:
    """A database with claims, in which time passes when told to."""

    def __init__(self, database: Database, connection: Any) -> None:
        """`connection` is one of its own, which listens."""
        self.database = database
        self.connection = connection
        self.owner = ANN
        self.told: list[str] = []

    async def put(self, text: str, hours: float | None, queries: Queries | None = None, claim: str = MANUAL) -> Key:
        """Set a claim of the owner, who is Ann."""
        expiry = Expiry(after=None if hours is None else timedelta(hours=hours))
        draft = Draft(claim, claim, MANUAL_PRIORITY, Saying("", text, dnd=True), expiry)
        key = uuid.uuid4()
        put = await store.put(queries or self.database, self.owner, draft, key)
        assert (put.in_future, put.room) == (True, True)
        return (*self.owner, claim, key)

    async def texts(self) -> list[str]:
        """What the owner says."""
        return sorted(claim.saying.text for claim in await store.live(self.database, self.owner))

    async def pass_(self, hours: float) -> None:
        """Let time pass."""
        await self.connection.execute(SHIFT, timedelta(hours=hours))

    async def rows(self) -> int:
        """How many rows there are, whether or not they have expired."""
        return int(await self.connection.fetchval("select count(*) from presence.claims"))

    async def deleted(self) -> list[uuid.UUID]:
        """The expiry ids of the rows that were deleted."""
        return [row[0] for row in await self.connection.fetch("select expiry_id from public.deleted")]

    async def heard(self) -> list[str]:
        """What was told until now, each as often as it was told."""
        await self.connection.execute("notify cairn_presence, 'mark'")
        await eventually(lambda: "mark" in self.told)
        told = [each for each in self.told if each != "mark"]
        self.told.clear()
        return told

    async def blocked(self) -> None:
        """Wait until a statement waits for a lock that another transaction holds."""
        query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        give_up = time.monotonic() + 10
        while not await self.connection.fetchval(query):
            assert time.monotonic() < give_up
            await asyncio.sleep(0.01)
