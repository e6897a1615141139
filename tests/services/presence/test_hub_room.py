"""A room by itself: who hears of what, what is known again, and what is forgotten."""

from dataclasses import dataclass, field

from cairn.presence.v1 import presence_pb2 as pb
from services.presence.domain import Online, Presence
from services.presence.encode import from_presence
from services.presence.hub_room import Facet, Key, Room
from services.presence.hub_watcher import Watcher

LINGER = 60.0


@dataclass
class Place:
    """A room, its clock, and those who watch in it."""

    now: list[float] = field(default_factory=lambda: [1000.0])

    def __post_init__(self) -> None:
        """An empty room."""
        self.room = Room("w", self.encode, lambda: self.now[0])

    @staticmethod
    def encode(presence: Presence) -> bytes:
        """As the hub does it."""
        return pb.PresenceEvent(presence=from_presence(presence)).SerializeToString()

    def watch(self, who: str, *ids: str) -> tuple[Watcher, list[Facet]]:
        """Have somebody watch these, or everybody; what they asked for has been read."""
        watcher = Watcher(who, ids, self.room.epoch, lambda: self.now[0])
        facets = self.room.join(watcher, ids)
        for facet in facets:
            if facet.since > self.room.seq:
                self.room.take(facet, Presence(facet.key.user))
        return watcher, facets

    def read(self, presence: Presence, own: bool = False) -> Facet:
        """Have somebody been read, as the watchers of that side see them."""
        facet = self.room.facet(Key(presence.user_id, own))
        self.room.take(facet, presence)
        return facet

    def hear(self, watcher: Watcher) -> list[Facet]:
        """What a watcher is yet to be told of."""
        pending = list(watcher._pending)
        watcher._pending.clear()
        return pending

    def tidy(self) -> bool:
        """Forget what nobody looked at."""
        return self.room.tidy(self.now[0] - LINGER)


def tea(user: str) -> Presence:
    return Presence(user, text="Tea", online=Online.ACTIVE)


def test_their_own_side_is_for_themselves() -> None:
    place = Place()
    whole, (theirs,) = place.watch("ann")
    listed, _ = place.watch("ann", "ann", "bob")
    strangers = [place.watch("bob")[0], place.watch("bob", "ann")[0]]
    assert place.read(tea("ann"), own=True) is theirs
    assert [place.hear(each) for each in (whole, listed)] == [[theirs], [theirs]]
    assert [place.hear(each) for each in strangers] == [[], []]


def test_the_side_of_everybody_is_for_everybody_else() -> None:
    place = Place()
    whole, _ = place.watch("ann")
    listed, _ = place.watch("ann", "ann", "bob")
    strangers = [place.watch("bob")[0], place.watch("bob", "ann")[0]]
    theirs = place.read(tea("ann"))
    assert [place.hear(each) for each in (whole, listed)] == [[], []]
    assert [place.hear(each) for each in strangers] == [[theirs], [theirs]]


def test_a_first_reading_is_the_snapshot_of_those_who_asked_and_a_change_for_the_rest() -> None:
    place = Place()
    whole, _ = place.watch("bob")
    asked = Watcher("cy", ["ann"], place.room.epoch, lambda: 0.0)
    place.room.join(asked, ["ann"])
    ann = place.read(tea("ann"))
    assert (place.hear(whole), place.hear(asked)) == ([ann], [])


def test_who_is_silent_and_not_watched_is_forgotten_while_everybody_is_watched() -> None:
    """Ids that somebody once asked for must not gather for as long as anybody watches the workspace."""
    place = Place()
    place.watch("bob")
    many = [f"nobody-{number}" for number in range(100)]
    asking, facets = place.watch("eve", *many, "ann", "eve")
    place.read(tea("ann"))
    place.read(tea("eve"), own=True)
    place.room.leave(asking, facets, place.now[0])
    place.tidy()
    assert len(place.room.facets) == 103
    place.now[0] += LINGER + 1
    assert place.tidy()
    assert set(place.room.facets) == {Key("bob", own=True), Key("ann", own=False)}


def test_who_falls_silent_is_remembered_for_as_long_as_a_watcher_may_resume() -> None:
    place = Place()
    watcher, facets = place.watch("bob")
    place.read(tea("ann"))
    before = place.room.seq
    place.now[0] += LINGER
    ann = place.read(Presence("ann"))
    place.now[0] += LINGER - 1
    place.tidy()
    assert place.room.missed(watcher, facets, before) == [ann]
    place.now[0] += 2
    place.tidy()
    # Whoever has heard of it goes on; whoever has not starts again.
    assert place.room.missed(watcher, facets, ann.seq) == []
    assert place.room.missed(watcher, facets, before) is None


def test_what_is_forgotten_while_it_is_read_is_known_again() -> None:
    place = Place()
    watcher, facets = place.watch("bob")
    hinted = place.room.concerned("ann")
    place.now[0] += LINGER + 1
    place.tidy()
    assert set(hinted) <= set(place.room.facets.values()), "not yet read"
    place.read(Presence("ann"))
    place.now[0] += LINGER + 1
    place.tidy()
    assert not set(hinted) & set(place.room.facets.values())
    seq = place.room.seq
    place.room.take(hinted[0], tea("ann"))
    assert place.hear(watcher) == place.room.missed(watcher, facets, seq) == hinted
    again = place.room.facet(Key("ann", own=False))
    assert again is hinted[0]
