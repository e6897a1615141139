"""What the host application may tell us: here, who was deleted."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.database import Database
from chassis.identity import Caller
from chassis.times import check_occurred
from services.presence import store_facts
from services.presence.domain import Deletion
from services.presence.online import Sessions


class Feed:
    """Takes facts."""

    def __init__(self, database: Database, sessions: Sessions, now: Callable[[], datetime]) -> None:
        """Where statuses are, and where devices; `now` is aware of its time zone."""
        self._database = database
        self._sessions = sessions
        self._now = now

    async def apply(self, caller: Caller, deletions: Sequence[Deletion], times: Sequence[datetime | None]) -> None:
        """Forget the people who were deleted, each before the time of it; `times` are those of the whole batch."""
        check_occurred(times, self._now())
        if not deletions:
            return
        async with self._database.begin() as queries:
            await store_facts.forget(queries, caller.workspace, deletions)
        # Should we die here, the leases still end by themselves, within a minute.
        for user in dict.fromkeys(deletion.user for deletion in deletions):
            await self._sessions.forget(caller.workspace, user)
