"""What the watchers of one workspace look at: each person as last seen, and who is to hear of a change.

A person is looked at from two sides: by everybody, and by themselves, who alone see that they are there while they are
invisible. Each side is a `Facet`. A facet carries the sequence number of its last change, so that what a watcher
missed is found from the number they come back with; there is no log of changes that could run out.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from services.presence.domain import Presence
from services.presence.hub_watcher import Watcher

Encode: TypeAlias = Callable[[Presence], bytes]
# The first sequence number that a facet which was never read could have been known at.
UNREAD = 1 << 62
MICROSECONDS = 1_000_000


class Key(NamedTuple):
    """A side of a person: theirs, or everybody's."""

    user: str
    own: bool


class Facet:
    """A person as seen from one side; the same object for all who watch them, encoded once."""

    __slots__ = ("_encode", "_encoded", "blank", "idle_since", "key", "presence", "seq", "since", "watchers")

    def __init__(self, key: Key, encode: Encode) -> None:
        """Of somebody who is offline and says nothing, until read."""
        self.key = key
        self.presence = Presence(key.user)
        # Whether they are offline and say nothing; when they were last active does not matter.
        self.blank = True
        # The number of the last change, and the number from which on every change was noticed.
        self.seq, self.since = 0, UNREAD
        self.watchers: set[Watcher] = set()
        self.idle_since = 0.0
        self._encode = encode
        self._encoded: bytes | None = None

    def look(self, presence: Presence) -> bool:
        """Take what was read, and tell whether that is a change. Being active a little later is none."""
        before, self.presence = self.presence, presence
        if before == presence:
            return False
        self._encoded = None
        shown = _shown(presence)
        self.blank = shown == Presence(self.key.user)
        return _shown(before) != shown

    def encoded(self) -> bytes:
        """A PresenceEvent of this person, and nothing else."""
        if self._encoded is None:
            self._encoded = self._encode(self.presence)
        return self._encoded


def _shown(presence: Presence) -> Presence:
    """What a change must change to be told."""
    return presence._replace(last_active_time=None, dnd_begins_time=None)


class Room:
    """A workspace that somebody watches, or did until a moment ago."""

    def __init__(self, workspace: str, encode: Encode, clock: Callable[[], float]) -> None:
        """`encode` makes the bytes that all watchers share; `clock` is monotonic, in seconds."""
        self.workspace = workspace
        # Numbers of another room, or of another process, mean nothing here.
        self.epoch = secrets.token_hex(6)
        self.seq = 0
        self.facets: dict[Key, Facet] = {}
        # Those who watch everybody, and the number from which on everybody was watched.
        self.whole: set[Watcher] = set()
        self.whole_since = UNREAD
        self.whole_idle_since = 0.0
        self._encode = encode
        self._clock = clock
        self._begun = clock()

    @property
    def watched_whole(self) -> bool:
        """Whether changes of everybody are noticed."""
        return self.whole_since != UNREAD

    def facet(self, key: Key) -> Facet:
        """The facet of that key, made if need be."""
        found = self.facets.get(key)
        if found is None:
            found = self.facets[key] = Facet(key, self._encode)
        return found

    def join(self, watcher: Watcher, ids: Iterable[str]) -> list[Facet]:
        """Have every change from now on told to the watcher; the facets it asked for, in its order."""
        facets = [self.facet(Key(id_, id_ == watcher.user)) for id_ in ids]
        if watcher.whole:
            self.whole.add(watcher)
            if not self.watched_whole:
                self.whole_since = self.tick()
            facets += [self.facet(Key(watcher.user, own=True))] if watcher.user else []
        for facet in facets:
            facet.watchers.add(watcher)
        return facets

    def leave(self, watcher: Watcher, facets: Iterable[Facet], now: float) -> None:
        """Tell the watcher nothing any more. What only it looked at is kept for a while: it may come back."""
        self.whole.discard(watcher)
        self.whole_idle_since = now
        for facet in facets:
            facet.watchers.discard(watcher)
            facet.idle_since = now

    def concerned(self, user: str) -> list[Facet]:
        """The facets to read again where something may have changed with somebody."""
        keys = (Key(user, own=False), Key(user, own=True))
        if self.watched_whole:
            self.facet(keys[0])
        return [self.facets[key] for key in keys if key in self.facets]

    def take(self, facet: Facet, presence: Presence) -> None:
        """What was read of somebody: passed on if it is a change."""
        # Where it was forgotten while it was read, it is known again, or there is a new one.
        facet = self.facets.setdefault(facet.key, facet)
        first = facet.since == UNREAD
        if first:
            # A number of its own: what was given out before was given out while nobody looked.
            facet.since = self.tick()
        if not facet.look(presence):
            return
        facet.seq = self.tick()
        # Those who asked for this person wait for their snapshot where this is the first reading.
        for watcher in () if first else facet.watchers:
            watcher.push(facet)
        for watcher in () if facet.key.own else self.whole:
            if watcher.user != facet.key.user:
                watcher.push(facet)

    def missed(self, watcher: Watcher, facets: Iterable[Facet], seq: int) -> list[Facet] | None:
        """What changed after that number, in its order; None where nobody noticed all of it."""
        facets = list(facets)
        if seq > self.seq or any(facet.since > seq for facet in facets):
            return None
        if watcher.whole:
            if self.whole_since > seq:
                return None
            facets += self.others(watcher)
        return sorted((facet for facet in facets if facet.seq > seq), key=lambda facet: facet.seq)

    def others(self, watcher: Watcher) -> Iterator[Facet]:
        """Everybody known, but for the watcher, who sees themselves from their own side."""
        return (facet for key, facet in self.facets.items() if not key.own and key.user != watcher.user)

    def tidy(self, before: float) -> bool:
        """Forget what nobody has looked at since then; tells whether anything is left."""
        if not self.whole and self.whole_idle_since < before:
            self.whole_since = UNREAD
        for facet in [each for each in self.facets.values() if self._forgettable(each, before)]:
            del self.facets[facet.key]
            if self.watched_whole and not facet.key.own:
                # Whoever was not told of their last change starts again.
                self.whole_since = max(self.whole_since, facet.seq)
        return bool(self.facets or self.whole)

    def _forgettable(self, facet: Facet, before: float) -> bool:
        if facet.watchers or facet.idle_since >= before:
            return False
        # Of those who are watched with everybody, only who has been offline and silent for as long, or never was else.
        since = (before - self._begun) * MICROSECONDS
        return not self.watched_whole or facet.key.own or (facet.blank and facet.since != UNREAD and facet.seq < since)

    def tick(self) -> int:
        """A new number. It is the time, so that the numbers in between tell nobody what was done unseen."""
        self.seq = max(self.seq + 1, round((self._clock() - self._begun) * MICROSECONDS))
        return self.seq
