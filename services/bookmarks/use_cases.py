"""What a person may do with saved items: permission, transaction and rules, in order."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from chassis.database import Database, Queries
from chassis.errors import IdempotencyKeyReused
from chassis.identity import Caller
from services.bookmarks import store, store_batches, store_collections, store_lists, store_toggles
from services.bookmarks.domain import (
    Bookmark,
    BookmarkNotFound,
    CollectionNotFound,
    Edit,
    Filter,
    Target,
    TargetNotFound,
    TargetType,
    ToggleContended,
    Words,
    check_etag,
)
from services.bookmarks.rows import to_words
from services.bookmarks.store import Owner
from services.bookmarks.store_lists import Page, Position

# Each try that fails means that another toggle of the same item went through.
TOGGLE_TRIES = 100


class Bookmarks:
    """The use cases of saved items."""

    def __init__(self, database: Database, new_id: Callable[[], UUID]) -> None:
        """`new_id` makes a UUIDv7."""
        self._database = database
        self._new_id = new_id

    async def save(self, caller: Caller, target: Target, words: Words) -> tuple[Bookmark, bool]:
        """The bookmark of a target, and whether it was there before."""
        words, new_id = words.tidied().checked(), self._new_id()
        if words.collection_id is None:
            saved = await store.save(self._database, owner_of(caller), new_id, target, words)
        else:
            async with self._database.begin() as queries:
                await _hold(queries, owner_of(caller), words.collection_id)
                saved = await store.save(queries, owner_of(caller), new_id, target, words)
        if saved is None:
            raise TargetNotFound.of(target)
        return saved, saved.id != new_id

    async def toggle(self, caller: Caller, target: Target, request_id: str) -> tuple[bool, Bookmark | None]:
        """Save what is not saved, else remove it: whether it is saved now, and the bookmark. By request id, once."""
        if not request_id:
            made = await self._toggle(self._database, caller, target)
            return made is not None, made
        async with self._database.begin() as queries:
            if not await store_toggles.claim(queries, owner_of(caller), request_id, target):
                return await self._toggled_before(queries, caller, target, request_id)
            made = await self._toggle(queries, caller, target)
            await store_toggles.answer(queries, owner_of(caller), request_id, made.id if made else None)
            return made is not None, made

    async def get(self, caller: Caller, id_: UUID) -> Bookmark:
        """One bookmark."""
        found = await store.get(self._database, owner_of(caller), id_)
        if found is None:
            raise BookmarkNotFound
        return found

    async def list(self, caller: Caller, wanted: Filter, after: Position | None, size: int) -> Page:
        """A page of the caller's bookmarks, newest first."""
        return await store_lists.page(self._database, owner_of(caller), wanted, after, size)

    async def count(self, caller: Caller, type_: TargetType | None) -> int:
        """How many there are."""
        return await store_lists.count(self._database, owner_of(caller), type_)

    async def check(self, caller: Caller | None, targets: Sequence[Target]) -> Mapping[Target, UUID]:
        """Those of the targets that are saved; for nobody, none."""
        if caller is None or not caller.user or not targets:
            return {}
        return await store.find(self._database, owner_of(caller), targets)

    async def update(self, caller: Caller, id_: UUID, edit: Edit, etag: str | None) -> Bookmark:
        """Change what the person wrote."""
        owner = owner_of(caller)
        async with self._database.begin() as queries:
            if "collection_id" in edit.fields and edit.words.collection_id:
                # Before the bookmark, as the deletion of a collection goes: the other way round is a deadlock.
                await _hold(queries, owner, edit.words.collection_id)
            row = await store.lock(queries, owner, id_)
            if row is None:
                raise BookmarkNotFound
            check_etag(etag, row["version"])
            changed = await store.rewrite(queries, owner, id_, to_words(row).changed(edit))
        assert changed is not None, "the row is locked"
        return changed

    async def remove(self, caller: Caller, key: UUID | Target, etag: str | None, allow_missing: bool) -> None:
        """Remove a bookmark, whether or not its target can still be seen."""
        owner = owner_of(caller)
        if etag:
            async with self._database.begin() as queries:
                row = await store.lock(queries, owner, key)
                if row:
                    check_etag(etag, row["version"])
                removed = row is not None and await store.remove(queries, owner, key)
        else:
            removed = await store.remove(self._database, owner, key)
        if not removed and not allow_missing:
            raise BookmarkNotFound

    async def save_many(
        self, caller: Caller, targets: Sequence[Target], words: Words
    ) -> tuple[set[Target], Mapping[Target, UUID]]:
        """Save what may be seen: the targets newly saved, and all that are saved now."""
        words, owner = words.tidied().checked(), owner_of(caller)
        new = {target: self._new_id() for target in dict.fromkeys(targets)}
        async with self._database.begin() as queries:
            if words.collection_id:
                await _hold(queries, owner, words.collection_id)
            saved = await store_batches.save_many(queries, owner, new, words)
            return saved, await store.find(queries, owner, list(new))

    async def remove_many(self, caller: Caller, ids: Sequence[UUID], targets: Sequence[Target]) -> int:
        """Remove what is there, and tell how many."""
        return await store_batches.remove_many(self._database, owner_of(caller), ids, targets)

    async def _toggle(self, queries: Queries, caller: Caller, target: Target) -> Bookmark | None:
        for _ in range(TOGGLE_TRIES):
            done = await store.toggle(queries, owner_of(caller), self._new_id(), target)
            if done.bookmark or done.removed:
                return done.bookmark
            if not done.available:
                raise TargetNotFound.of(target)
        raise ToggleContended

    async def _toggled_before(
        self, queries: Queries, caller: Caller, target: Target, request_id: str
    ) -> tuple[bool, Bookmark | None]:
        first = await store_toggles.first(queries, owner_of(caller), request_id)
        assert first is not None, "a request id that was taken stays for 24 hours"
        if (first["target_type"], first["target_id"]) != target:
            raise IdempotencyKeyReused
        made = first["bookmark_id"]
        # The answer is the first one, even if the bookmark was removed since; only then there is none to show.
        return made is not None, made and await store.get(queries, owner_of(caller), made)


def owner_of(caller: Caller) -> Owner:
    """Whose bookmarks a call is about."""
    return Owner(caller.workspace, caller.user)


async def _hold(queries: Queries, owner: Owner, collection_id: UUID) -> None:
    if not await store_collections.hold(queries, owner, collection_id):
        raise CollectionNotFound
