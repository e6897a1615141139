"""What a person, or a service for them, may do with status; and what others may see of people."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis.database import Database
from chassis.errors import UserRequired
from chassis.identity import Caller
from services.presence import store, store_people
from services.presence.dnd import begins, hold
from services.presence.domain import (
    MANUAL,
    Claim,
    Draft,
    Online,
    Presence,
    Recent,
    TooManyClaims,
    changed,
    checked,
    effective,
    invalid_expiry,
)
from services.presence.online import Seen, Sessions
from services.presence.store import Owner, Put
from services.presence.store_people import Said

# How far ahead of the beginning of a window those who watch are told when to look again.
SOON = timedelta(minutes=1)


class Statuses:
    """The use cases of status."""

    def __init__(self, database: Database, new_id: Callable[[], UUID], nudge: Callable[[float], None]) -> None:
        """`new_id` makes a UUIDv7; `nudge` tells the timekeeper of an expiry in so many seconds."""
        self._database = database
        self._new_id = new_id
        self._nudge = nudge

    async def get(self, caller: Caller) -> list[Claim]:
        """The caller's live claims, the effective one first."""
        return effective(await store.live(self._database, owner_of(caller)))

    async def put(self, caller: Caller, draft: Draft) -> list[Claim]:
        """Set a claim or replace it whole: all live claims, the effective one first."""
        owner = owner_of(caller)
        draft = replace(draft, saying=checked(draft.saying))
        if draft.source == MANUAL:
            return self._taken(await store.put(self._database, owner, draft, self._new_id()), draft)
        async with self._database.begin() as queries:
            # First, so that what is counted is what is there when it is this one's turn.
            await store.serialise(queries, owner)
            put = await store.put(queries, owner, draft, self._new_id())
        return self._taken(put, draft)

    async def update(self, caller: Caller, draft: Draft, fields: frozenset[str]) -> list[Claim]:
        """Change the named fields of the manual status."""
        owner = owner_of(caller)
        async with self._database.begin() as queries:
            await store.serialise(queries, owner)
            after = changed(await store.lock(queries, owner, MANUAL, MANUAL), draft, fields)
            put = await store.put(queries, owner, after, self._new_id())
        return self._taken(put, after)

    async def clear(self, caller: Caller, source: str, claim_id: str) -> None:
        """End a claim, if it is there."""
        await store.clear(self._database, owner_of(caller), source, claim_id)

    async def recents(self, caller: Caller) -> Sequence[Recent]:
        """The caller's last manual statuses."""
        return await store.recent(self._database, owner_of(caller))

    def _taken(self, put: Put, draft: Draft) -> list[Claim]:
        if not put.in_future:
            raise invalid_expiry(draft.expiry.field, "must be in the future")
        if not put.room:
            raise TooManyClaims
        mine = next(claim for claim in put.claims if (claim.source, claim.id) == (draft.source, draft.id))
        if mine.expires_time:
            self._nudge((mine.expires_time - mine.set_time).total_seconds())
        return effective(put.claims)


class People:
    """What others may see. The one way to read people: get, batch and watch all come through here."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        """`sessions` knows who is there."""
        self._database = database
        self._sessions = sessions

    async def batch(self, caller: Caller, ids: Sequence[str]) -> list[Presence]:
        """Many people, in the order asked."""
        shown = await self._read(caller.workspace, ids, lambda id_: id_ == caller.user)
        return [shown[id_] for id_ in ids]

    async def own(self, workspace: str, ids: Sequence[str]) -> list[Presence]:
        """People as each sees themselves."""
        shown = await self._read(workspace, ids, lambda _: True)
        return [shown[id_] for id_ in ids]

    async def everybody(self, workspace: str, limit: int) -> list[str]:
        """The people of a workspace of whom anything can be said; first who is there, the latest first."""
        # Who hides comes where they would come if they were not there, and takes nobody's place.
        hidden = set(await store_people.hidden(self._database, workspace))
        there = await self._sessions.present(workspace, limit + len(hidden))
        said = await store_people.everybody(self._database, workspace, limit)
        return list(dict.fromkeys([*(id_ for id_ in there if id_ not in hidden), *said]))[:limit]

    async def _read(
        self, workspace: str, ids: Sequence[str], themselves: Callable[[str], bool]
    ) -> Mapping[str, Presence]:
        distinct = list(dict.fromkeys(ids))
        # Neither waits for the other: one is in PostgreSQL, one in Redis.
        reading = store_people.read(self._database, workspace, distinct)
        said, seen = await asyncio.gather(reading, self._sessions.batch(workspace, distinct))
        return {id_: _shown(id_, said[id_], seen[id_], themselves) for id_ in distinct}


def owner_of(caller: Caller) -> Owner:
    """Whose status a call is about; a service must say for whom it acts."""
    if not caller.user:
        raise UserRequired
    return Owner(caller.workspace, caller.user)


def _shown(user_id: str, said: Said, seen: Seen, themselves: Callable[[str], bool]) -> Presence:
    emoji, text, status_expires_time, status_hold, settings, invisible, now = said
    held = hold(settings, status_hold, now)
    # Hidden is offline, with nothing that would tell the two apart: they left when they hid.
    hidden = invisible and not themselves(user_id)
    return Presence(
        user_id,
        emoji,
        text,
        status_expires_time,
        held is not None,
        held.until if held else None,
        Online.OFFLINE if hidden else seen.online,
        seen.left if hidden else seen.last_active_time,
        begins(settings, now, SOON) if settings.schedule and held is None else None,
    )
