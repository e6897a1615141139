"""What a person may do with collections."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.database import Database, Queries
from chassis.errors import FieldViolation, ValidationFailed
from chassis.identity import Caller
from services.bookmarks import store_collections
from services.bookmarks.domain import (
    Collection,
    CollectionNotFound,
    TooManyCollections,
    check_etag,
)
from services.bookmarks.store import Owner
from services.bookmarks.use_cases import owner_of


class Collections:
    """The use cases of collections."""

    def __init__(self, database: Database, new_id: Callable[[], UUID]) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._new_id = new_id

    async def create(self, caller: Caller, name: str) -> Collection:
        """A new, empty collection."""
        async with self._database.begin() as queries:
            made = await store_collections.create(queries, owner_of(caller), self._new_id(), name.strip())
        if made is None:
            raise TooManyCollections
        return made

    async def get(self, caller: Caller, id_: UUID) -> Collection:
        """One collection."""
        found = await store_collections.get(self._database, owner_of(caller), id_)
        if found is None:
            raise CollectionNotFound
        return found

    async def list(
        self, caller: Caller, after: tuple[str, UUID] | None, size: int
    ) -> tuple[Sequence[Collection], bool]:
        """A page of the caller's collections by name, and whether there are more."""
        found = await store_collections.page(self._database, owner_of(caller), after, size + 1)
        return found[:size], len(found) > size

    async def count(self, caller: Caller) -> int:
        """How many there are."""
        return await store_collections.count(self._database, owner_of(caller))

    async def rename(self, caller: Caller, id_: UUID, name: str, etag: str | None) -> Collection:
        """Give it another name."""
        if not name.strip():
            # Only a mask gets here without a name: what stands in the request is valid.
            raise ValidationFailed("name: required", fields=(FieldViolation("name", "required"),))
        async with self._database.begin() as queries:
            await _lock(queries, owner_of(caller), id_, etag)
            renamed = await store_collections.rename(queries, owner_of(caller), id_, name.strip())
        assert renamed is not None, "the row is locked"
        return renamed

    async def delete(self, caller: Caller, id_: UUID, etag: str | None) -> None:
        """Delete it; its bookmarks stay, without one."""
        async with self._database.begin() as queries:
            await _lock(queries, owner_of(caller), id_, etag)
            await store_collections.remove(queries, owner_of(caller), id_)


async def _lock(queries: Queries, owner: Owner, id_: UUID, etag: str | None) -> None:
    row = await store_collections.lock(queries, owner, id_)
    if row is None:
        raise CollectionNotFound
    check_etag(etag, row["version"])
