"""What a worker that looks a link up may say of it: on which link, in which round, and what it found."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.database import Database, Queries, Row
from chassis.identity import Caller
from services.bookmarks import store, store_enrichment, store_links, store_merges, store_outbox
from services.bookmarks.domain import MAX_TAGS, Bookmark, BookmarkNotFound, State
from services.bookmarks.domain_enrichment import Attempt, Begun, EnrichmentStale, Found, Report
from services.bookmarks.domain_links import STEPS, Canonical, NotALink, StepState, UrlInvalid, canonical, media_class
from services.bookmarks.store import Owner
from services.bookmarks.store_objects import Stored
from services.bookmarks.store_objects import keep as keep_picture
from services.bookmarks.use_cases import named_owner, owner_of
from services.bookmarks.use_cases_images import Images


class Enrichments:
    """The use cases of looking links up."""

    def __init__(
        self, database: Database, images: Images, new_id: Callable[[], UUID], wake: Callable[[], None]
    ) -> None:
        """`new_id` makes a UUIDv7; `wake` tells the relay that there is something in the outbox."""
        self._database = database
        self._images = images
        self._new_id = new_id
        self._wake = wake

    async def begin(self, caller: Caller, attempt: Attempt) -> Begun:
        """An attempt begins. A job that was started instead of another takes its place."""
        owner = named_owner(caller)
        async with self._database.begin() as queries:
            row = (await store_enrichment.hold(queries, owner, [attempt.bookmark_id])).get(attempt.bookmark_id)
            if row is None:
                raise BookmarkNotFound
            if row["round"] != attempt.round:
                raise EnrichmentStale
            left = await store_enrichment.take_over(queries, attempt.bookmark_id, attempt.job_id)
            images = await store_enrichment.kinds_of_images(queries, attempt.bookmark_id)
        found = Found(**{name: row[name] for name in Found.__dataclass_fields__})
        return Begun(row["url"], [step for step in STEPS if step in left], found, sorted(images))

    async def report(self, caller: Caller, attempt: Attempt, report: Report) -> UUID | None:
        """Keep what a step came to; tells of which link this one turned out to be a part."""
        owner = named_owner(caller)
        stored = None
        if report.picture:
            # Before anything is put into the store for a link that is not there.
            if into := await self._gone_into(owner, attempt):
                return into
            stored = await self._images.put(attempt.bookmark_id, report.picture)
        same = _address(report.same_as_url)
        async with self._database.begin() as queries:
            other = await _other(queries, owner, same) if same else []
            both = await store_enrichment.hold(queries, owner, [attempt.bookmark_id, *other])
            row = both.get(attempt.bookmark_id)
            if row is None and (into := await store_merges.merged_into(queries, owner, attempt.bookmark_id)):
                return into
            row = _current(row, attempt)
            await _keep(queries, row, report, stored)
            into = await _merged(queries, owner, both, same, attempt.bookmark_id) if same else None
            # What it could not be asked is known now, and there is nobody left who would say it.
            again = into if into and both[into]["enrichment"] == StepState.FAILED else None
            if again:
                await self._ask_again(queries, owner, again, await _failed(queries, again))
        if again:
            self._wake()
        return into

    async def refresh(self, caller: Caller, id_: UUID, steps: Sequence[str]) -> Bookmark:
        """Look a link up again: these steps, or all of them."""
        owner = owner_of(caller)
        async with self._database.begin() as queries:
            row = (await store_enrichment.hold(queries, owner, [id_])).get(id_)
            if row is None:
                raise NotALink if await store.get(queries, owner, id_) else BookmarkNotFound
            await self._ask_again(queries, owner, id_, steps or STEPS)
            refreshed = await store.get(queries, owner, id_)
            assert refreshed is not None, "it is held"
        self._wake()
        return refreshed

    async def _ask_again(self, queries: Queries, owner: Owner, id_: UUID, steps: Sequence[str]) -> None:
        round_ = await store_enrichment.ask_again(queries, id_, steps)
        await store_outbox.put(queries, owner, store_outbox.Wanted(self._new_id(), id_, round_))

    async def _gone_into(self, owner: Owner, attempt: Attempt) -> UUID | None:
        """Of which link this is a part by now: a report comes twice where the answer to the first was lost."""
        async with self._database.begin() as queries:
            row = (await store_enrichment.hold(queries, owner, [attempt.bookmark_id])).get(attempt.bookmark_id)
            if row is None and (into := await store_merges.merged_into(queries, owner, attempt.bookmark_id)):
                return into
            _current(row, attempt)
        return None


async def _failed(queries: Queries, id_: UUID) -> Sequence[str]:
    """What failed, and what comes after it, which may rest on it."""
    failed = await store_enrichment.failed(queries, id_)
    return STEPS[min(map(STEPS.index, failed)) :]


def _current(row: Row | None, attempt: Attempt) -> Row:
    if row is None:
        raise BookmarkNotFound
    if (row["round"], row["job_id"]) != (attempt.round, attempt.job_id):
        raise EnrichmentStale
    return row


async def _keep(queries: Queries, row: Row, report: Report, stored: Stored | None) -> None:
    id_ = row["bookmark_id"]
    if report.found != Found():
        await _keep_found(queries, row, report.found)
    if stored:
        await keep_picture(queries, id_, stored)
    step = {name: getattr(report, name) for name in ("step", "state", "reason", "message", "retryable")}
    await store_enrichment.write_step(queries, id_, {**step, "next_at": report.next_time})
    await store_enrichment.settle(queries, id_)


async def _keep_found(queries: Queries, row: Row, found: Found) -> None:
    values = {name: getattr(found, name) for name in Found.__dataclass_fields__}
    class_ = None
    if found.media_type:
        class_ = media_class(row["site"], canonical(row["url"]).path, found.media_type)
    await store_enrichment.write_found(queries, row["bookmark_id"], {**values, "media_class": class_})


def _address(url: str) -> Canonical | None:
    """What a page says of itself may be anything."""
    try:
        return canonical(url) if url else None
    except UrlInvalid:
        return None


async def _other(queries: Queries, owner: Owner, same: Canonical) -> list[UUID]:
    """The link that has this address already, if any; none is merged until the transaction ends."""
    await store_merges.serialise(queries, owner)
    return list((await store_links.find(queries, owner, [same.key])).values())


async def _merged(queries: Queries, owner: Owner, both: dict[UUID, Row], same: Canonical, id_: UUID) -> UUID | None:
    """Make the other address one more of this link; where it is another link's, make the two one."""
    other = await store_merges.take_key(queries, owner, same, id_)
    if other not in both:  # saved since we looked, or in the trash; rare enough to hold it out of the usual order
        both |= await store_enrichment.hold(queries, owner, [other])
    # What lies in the trash stays there, and what would not fit on one stays on two.
    if other == id_ or other not in both or not _fits(*both.values()):
        return None
    older, younger = sorted(both, key=lambda each: (both[each]["created_at"], each))
    await store_merges.merge(queries, owner, younger, older)
    return older if younger == id_ else None


def _fits(one: Row, other: Row) -> bool:
    for name in ("own_title", "own_description", "collection_id", "due_at"):
        if one[name] and other[name] and one[name] != other[name]:
            return False
    if len({one["state"], other["state"]} - {State.OPEN}) > 1:
        return False
    notes = {row["note"] for row in (one, other)} - {None}
    return len({*one["tags"], *other["tags"]}) <= MAX_TAGS and len("\n\n".join(notes)) <= store_merges.MAX_NOTE
