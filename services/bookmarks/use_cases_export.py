"""What a person takes along: all their bookmarks, for a file that is made while it is sent."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from chassis.database import Database
from chassis.identity import Caller
from services.bookmarks import store_collections, store_export
from services.bookmarks.domain_export import Exported, Format
from services.bookmarks.store import Owner
from services.bookmarks.store_export import PAGE, Part, Position
from services.bookmarks.use_cases import owner_of


class Exports:
    """The use case of exports."""

    def __init__(self, database: Database) -> None:
        """Nothing of an export is kept."""
        self._database = database

    async def pages(self, caller: Caller, form: Format) -> AsyncIterator[Sequence[Exported]]:
        """A page at a time, as the file wants them; no more of them is here at once."""
        owner = owner_of(caller)
        if form is not Format.HTML:
            async for found in self._part(owner, Part.ALL if form is Format.JSON else Part.LINKS):
                yield found
            return
        # A folder is written as a whole, so it is read as one.
        async for found in self._part(owner, Part.LOOSE_LINKS):
            yield found
        async for collection in self._collections(owner):
            async for found in self._part(owner, Part.LINKS_OF_ONE, collection):
                yield found

    async def _part(
        self, owner: Owner, part: Part, collection: UUID | None = None
    ) -> AsyncIterator[Sequence[Exported]]:
        after: Position | None = None
        while found := await store_export.page(self._database, owner, part, after, collection):
            yield found
            if len(found) < PAGE:
                return
            after = Position(found[-1].create_time, found[-1].id)

    async def _collections(self, owner: Owner) -> AsyncIterator[UUID]:
        after: tuple[str, UUID] | None = None
        while found := await store_collections.page(self._database, owner, after, PAGE):
            for each in found:
                yield each.id
            after = (found[-1].name_key, found[-1].id)
