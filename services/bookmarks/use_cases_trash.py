"""What a person may do with removed links."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Database
from chassis.identity import Caller
from services.bookmarks import store_trash
from services.bookmarks.domain_trash import Trashed
from services.bookmarks.store_lists import Position
from services.bookmarks.use_cases import owner_of

EMPTIED_AT_ONCE = 500


class Trash:
    """The use cases of the trash."""

    def __init__(self, database: Database) -> None:
        """Where it lies."""
        self._database = database

    async def put(self, caller: Caller, ids: Sequence[UUID]) -> list[UUID]:
        """Move links there; those that were moved, in the order asked."""
        return _as_asked(ids, await store_trash.bin_(self._database, owner_of(caller), ids))

    async def restore(self, caller: Caller, ids: Sequence[UUID]) -> list[UUID]:
        """Take links out of it; those that were restored, in the order asked."""
        return _as_asked(ids, await store_trash.restore(self._database, owner_of(caller), ids))

    async def empty(self, caller: Caller, ids: Sequence[UUID]) -> int:
        """Delete for good those of the ids, or everything where there are none; tells how many."""
        total, owner = 0, owner_of(caller)
        while True:
            deleted = await store_trash.empty(self._database, owner, ids or None, EMPTIED_AT_ONCE)
            total += deleted
            if deleted < EMPTIED_AT_ONCE:
                return total

    async def list(self, caller: Caller, after: Position | None, size: int) -> tuple[list[Trashed], bool]:
        """A page of what lies there, the latest first, and whether there is more."""
        found = await store_trash.page(self._database, owner_of(caller), after, size + 1)
        return found[:size], len(found) > size


def _as_asked(ids: Sequence[UUID], done: Sequence[UUID]) -> list[UUID]:
    some = set(done)
    return [id_ for id_ in dict.fromkeys(ids) if id_ in some]
