"""What a worker that imports links may save for a person: each link once, however often it is sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from chassis.database import Database, Queries
from chassis.errors import InvalidInput
from chassis.identity import Caller
from services.bookmarks import store_collections, store_links, store_merges
from services.bookmarks.domain import TooManyCollections
from services.bookmarks.domain_import import Imported, Row
from services.bookmarks.domain_links import Canonical, canonical
from services.bookmarks.store import Owner
from services.bookmarks.store_links import How, Known, NewLink
from services.bookmarks.use_cases import named_owner

Valid = dict[str, tuple[Imported, Canonical]]


class Imports:
    """The use case of imports."""

    def __init__(self, database: Database, new_id: Callable[[], UUID], wake: Callable[[], None]) -> None:
        """`new_id` makes a UUIDv7; `wake` tells the relay that there is something in the outbox."""
        self._database = database
        self._new_id = new_id
        self._wake = wake

    async def save(self, caller: Caller, links: Sequence[Imported], dry_run: bool) -> list[Row]:
        """Save what is valid and not there; what became of each. A dry run saves nothing."""
        owner = named_owner(caller)
        checked = [(link, _checked(link)) for link in links]
        first: Valid = {}
        for link, address in checked:
            if isinstance(address, Canonical):
                first.setdefault(address.key, (link, address))
        if dry_run:
            known = await store_links.known_of(self._database, owner, list(first))
            done = {key: _foreseen(known.get(key)) for key in first}
        else:
            async with self._database.begin() as queries:
                done = await self._save(queries, owner, first)
            self._wake()
        return _told(checked, first, done)

    async def _save(self, queries: Queries, owner: Owner, links: Valid) -> dict[str, Row]:
        if any(link.other_urls for link, _ in links.values()):
            # Before anything else, as those do it who merge.
            await store_merges.serialise(queries, owner)
        known = await store_links.known_of(queries, owner, list(links))
        new = {key: each for key, each in links.items() if key not in known or known[key].trashed}
        names = {link.collection for link, _ in new.values()} - {""}
        collections = await self._collections(queries, owner, names) if names else {}
        wanted, refused = [], dict[str, Row]()
        for key, (link, address) in links.items():
            collection = collections.get(link.collection.casefold()) if key in new else None
            if key in new and link.collection and collection is None:
                refused[key] = Row(0, "invalid", reason=TooManyCollections.reason)
                continue
            words = replace(link.words, collection_id=collection).tidied()
            about = (link.title or None, link.description or None, link.create_time)
            wanted.append(NewLink(self._new_id(), address, words, *about))
        outcomes = await store_links.new(queries, owner, wanted, imported=True) if wanted else {}
        for key, outcome in outcomes.items():
            for address in _addresses(links[key][0]) if outcome.how is not How.ALREADY_SAVED else ():
                await store_merges.take_key(queries, owner, address, outcome.id)
        return refused | {key: Row(0, each.how.value, each.id) for key, each in outcomes.items()}

    async def _collections(self, queries: Queries, owner: Owner, names: set[str]) -> dict[str, UUID]:
        """The collections of these names, made where there are none; those that are one too many are left out."""
        await store_collections.serialise(queries, owner)
        found = await store_collections.named(queries, owner, [name.casefold() for name in names])
        for name in sorted(names):
            if name.casefold() not in found and (
                made := await store_collections.create(queries, owner, self._new_id(), name)
            ):
                found[name.casefold()] = made.id
        return found


def _checked(link: Imported) -> Canonical | str:
    """Its address; or the reason for which it cannot be saved."""
    try:
        link.words.tidied().checked()
        return canonical(link.url)
    except InvalidInput as error:
        return error.reason


def _addresses(link: Imported) -> Iterator[Canonical]:
    for url in link.other_urls:
        with suppress(InvalidInput):
            yield canonical(url)


def _foreseen(known: Known | None) -> Row:
    if known is None:
        return Row(0, How.SAVED.value)
    return Row(0, (How.RESTORED if known.trashed else How.ALREADY_SAVED).value, known.id)


def _told(checked: Sequence[tuple[Imported, Canonical | str]], first: Valid, done: Mapping[str, Row]) -> list[Row]:
    """What became of each row; one that says again what stands in another is saved already."""
    rows = []
    for link, address in checked:
        if not isinstance(address, Canonical):
            rows.append(Row(link.row, "invalid", reason=address))
            continue
        row = done[address.key]
        again = first[address.key][0] is not link and row.outcome != "invalid"
        rows.append(row._replace(row=link.row, outcome=How.ALREADY_SAVED.value if again else row.outcome))
    return rows
