"""How the looking up of a link goes, told as it goes."""

from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import UUID

from chassis.database import Database
from chassis.identity import Caller
from chassis.watch import Draining, Watch
from services.bookmarks import store, store_merges
from services.bookmarks.domain import Bookmark, BookmarkNotFound
from services.bookmarks.domain_links import NotALink, StepState
from services.bookmarks.store import Owner
from services.bookmarks.use_cases import owner_of

OVER = frozenset({StepState.DONE, StepState.SKIPPED, StepState.FAILED})


class Told(NamedTuple):
    """A bookmark as it is at a revision; none where it is gone, or part of another."""

    revision: int
    bookmark: Bookmark | None
    merged_into: UUID | None = None


class Watching:
    """The use case of watching."""

    def __init__(self, database: Database, watch: Watch) -> None:
        """Where links lie, and who wakes us."""
        self._database = database
        self._watch = watch

    async def watch(self, caller: Caller, id_: UUID, known: int | None) -> AsyncGenerator[Told, None]:
        """The bookmark as it is, unless that revision is known, and each change of it until its end."""
        owner = owner_of(caller)
        with self._watch.waiting(owner, id_) as waiting:
            while True:
                found = await store.get(self._database, owner, id_)
                if found is None:
                    yield await self._gone(owner, id_, known)
                    return
                if found.link is None:
                    raise NotALink("It is a message or a file")
                waiting.seq = found.link.revision
                # A revision that is still to come was never told.
                if known is None or known != waiting.seq:
                    known = waiting.seq
                    yield Told(known, found)
                if found.link.enrichment.state in OVER:
                    return
                await waiting.change()
                if waiting.draining:
                    raise Draining(retry_after=1)

    async def _gone(self, owner: Owner, id_: UUID, known: int | None) -> Told:
        into = await store_merges.merged_into(self._database, owner, id_)
        if into is None and known is None:
            raise BookmarkNotFound
        return Told((known or 0) + 1, None, into)
