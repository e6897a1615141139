"""What a person may do with saved items: permission, transaction and rules, in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Database, Queries
from chassis.errors import IdempotencyKeyReused, UserRequired
from chassis.identity import Caller
from services.bookmarks import (
    store,
    store_batches,
    store_collections,
    store_links,
    store_lists,
    store_toggles,
    store_trash,
)
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
    Wanted,
    Words,
    check_etag,
    target_of,
)
from services.bookmarks.domain_links import Canonical, NotALink
from services.bookmarks.rows import to_words
from services.bookmarks.store import Owner
from services.bookmarks.store_links import How, NewLink
from services.bookmarks.store_lists import Page, Position

# Each try that fails means that another toggle of the same item went through.
TOGGLE_TRIES = 100


@dataclass(frozen=True, slots=True)
class Doomed:
    """How a bookmark is to be removed: only as it was read; or not there, too; a link for good."""

    etag: str = ""
    allow_missing: bool = False
    permanent: bool = False


class Bookmarks:
    """The use cases of saved items."""

    def __init__(self, database: Database, new_id: Callable[[], UUID], wake: Callable[[], None] = lambda: None) -> None:
        """`new_id` makes a UUIDv7; `wake` tells the relay that there may be something in the outbox."""
        self._database = database
        self._new_id = new_id
        self._wake = wake

    async def save(self, caller: Caller, wanted: Wanted, words: Words) -> tuple[Bookmark, bool]:
        """The bookmark of a target, and whether it was there before."""
        words, new_id = words.tidied().checked(), self._new_id()
        if words.collection_id is None and isinstance(wanted, Target):
            saved = await store.save(self._database, owner_of(caller), new_id, wanted, words)
        else:
            async with self._database.begin() as queries:
                await _hold(queries, owner_of(caller), words.collection_id)
                saved = await _save(queries, owner_of(caller), new_id, wanted, words)
            self._wake()
        if saved is None:
            raise TargetNotFound.of(target_of(wanted))
        return saved, saved.id != new_id

    async def toggle(self, caller: Caller, wanted: Wanted, request_id: str) -> tuple[bool, Bookmark | None]:
        """Save what is not saved, else remove it: whether it is saved now, and the bookmark. By request id, once."""
        owner, target = owner_of(caller), target_of(wanted)
        if not request_id and isinstance(wanted, Target):
            made = await self._toggle(self._database, owner, wanted)
            return made is not None, made
        async with self._database.begin() as queries:
            if request_id and not await store_toggles.claim(queries, owner, request_id, target):
                return await _toggled_before(queries, owner, target, request_id)
            made = await self._toggle(queries, owner, wanted)
            if request_id:
                await store_toggles.answer(queries, owner, request_id, made.id if made else None)
        self._wake()
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
        return await _find(self._database, owner_of(caller), targets)

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
            if row["target_type"] == TargetType.LINK:
                await store_links.edit(queries, id_, edit.of_link)
            elif edit.of_link:
                raise NotALink
            changed = await store.rewrite(queries, owner, id_, to_words(row).changed(edit))
        assert changed is not None, "the row is locked"
        return changed

    async def remove(self, caller: Caller, key: UUID | Target, doomed: Doomed) -> None:
        """Remove a bookmark, whether or not its target can still be seen; a link goes to the trash."""
        owner = owner_of(caller)
        if not isinstance(key, Target) or key.type is TargetType.LINK or doomed.etag:
            async with self._database.begin() as queries:
                removed = await _remove(queries, owner, key, doomed)
        else:
            removed = await store.remove(self._database, owner, key)
        if not removed and not doomed.allow_missing:
            raise BookmarkNotFound

    async def save_many(
        self, caller: Caller, wanted: Sequence[Wanted], words: Words
    ) -> tuple[set[Target], Mapping[Target, UUID]]:
        """Save what may be seen: the targets newly saved, and all that are saved now."""
        words, owner = words.tidied().checked(), owner_of(caller)
        new = {target_of(each): self._new_id() for each in dict.fromkeys(wanted) if isinstance(each, Target)}
        links = [NewLink(self._new_id(), each, words) for each in wanted if isinstance(each, Canonical)]
        async with self._database.begin() as queries:
            await _hold(queries, owner, words.collection_id)
            saved = await store_batches.save_many(queries, owner, new, words) if new else set()
            found = await store.find(queries, owner, list(new)) if new else {}
            for key, outcome in (await store_links.new(queries, owner, links)).items() if links else ():
                target = Target(TargetType.LINK, key)
                found[target] = outcome.id
                saved |= {target} if outcome.how is How.SAVED else set()
        self._wake()
        return saved, found

    async def remove_many(self, caller: Caller, ids: Sequence[UUID], targets: Sequence[Target]) -> int:
        """Remove what is there, and tell how many."""
        owner, keys = owner_of(caller), [target.id for target in targets if target.type is TargetType.LINK]
        others = [target for target in targets if target.type is not TargetType.LINK]
        async with self._database.begin() as queries:
            removed = await store_batches.remove_many(queries, owner, ids, others)
            links = {*ids, *(await store_links.find(queries, owner, keys)).values()}
            return removed + len(await store_trash.bin_(queries, owner, list(links)) if links else ())

    async def _toggle(self, queries: Queries, owner: Owner, wanted: Wanted) -> Bookmark | None:
        if isinstance(wanted, Canonical):
            made = await store_links.toggle(queries, owner, NewLink(self._new_id(), wanted, Words()))
            return await store.get(queries, owner, made) if made else None
        for _ in range(TOGGLE_TRIES):
            done = await store.toggle(queries, owner, self._new_id(), wanted)
            if done.bookmark or done.removed:
                return done.bookmark
            if not done.available:
                raise TargetNotFound.of(wanted)
        raise ToggleContended


def owner_of(caller: Caller) -> Owner:
    """Whose bookmarks a call is about."""
    return Owner(caller.workspace, caller.user)


async def _save(queries: Queries, owner: Owner, new_id: UUID, wanted: Wanted, words: Words) -> Bookmark | None:
    if isinstance(wanted, Target):
        return await store.save(queries, owner, new_id, wanted, words)
    for _ in range(TOGGLE_TRIES):
        outcome = await store_links.new(queries, owner, [NewLink(new_id, wanted, words)])
        # One that was there may have been removed, or merged, since.
        if found := await store.get(queries, owner, outcome[wanted.key].id):
            return found
    raise ToggleContended


async def _remove(queries: Queries, owner: Owner, key: UUID | Target, doomed: Doomed) -> bool:
    if isinstance(key, Target) and key.type is TargetType.LINK:
        known = (await store_links.known_of(queries, owner, [key.id])).get(key.id)
        if known is None:
            return False
        key = known.id
    if doomed.etag:
        row = await store.lock(queries, owner, key)
        if row is None:
            return False
        check_etag(doomed.etag, row["version"])
    if await store.remove(queries, owner, key):
        return True
    to_remove = store_trash.destroy if doomed.permanent else store_trash.bin_
    return not isinstance(key, Target) and bool(await to_remove(queries, owner, [key]))


async def _find(queries: Queries, owner: Owner, targets: Sequence[Target]) -> dict[Target, UUID]:
    keys = [target.id for target in targets if target.type is TargetType.LINK]
    others = [target for target in targets if target.type is not TargetType.LINK]
    found = await store.find(queries, owner, others) if others else {}
    linked = await store_links.find(queries, owner, keys)
    return found | {Target(TargetType.LINK, key): id_ for key, id_ in linked.items()}


async def _toggled_before(
    queries: Queries, owner: Owner, target: Target, request_id: str
) -> tuple[bool, Bookmark | None]:
    first = await store_toggles.first(queries, owner, request_id)
    assert first is not None, "a request id that was taken stays for 24 hours"
    if (first["target_type"], first["target_id"]) != target:
        raise IdempotencyKeyReused
    made = first["bookmark_id"]
    # The answer is the first one, even if the bookmark was removed since; only then there is none to show.
    return made is not None, made and await store.get(queries, owner, made)


def named_owner(caller: Caller) -> Owner:
    """The same where a service calls, which must say for whom it acts."""
    if not caller.user:
        raise UserRequired
    return owner_of(caller)


async def _hold(queries: Queries, owner: Owner, collection_id: UUID | None) -> None:
    if collection_id and not await store_collections.hold(queries, owner, collection_id):
        raise CollectionNotFound
