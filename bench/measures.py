"""What is measured, and the goals."""

from collections.abc import Callable, Sequence

from bench.arms import Ours, Peer
from bench.rounds import Goal, Load, Measure, Pace
from bench.workspace import Call, People

BUSY = Pace(in_flight=16, seconds=1.0, rounds=9)
QUIET = Pace(in_flight=1, seconds=0.3, rounds=15)


def depth(ours: Ours, people: People, tokens: Sequence[str]) -> list[Measure]:
    """A page of 50 out of 100,000, wherever it lies, against one out of 100."""
    some = 20
    middle = len(tokens) // 2
    places = {"first": [""], "middle": tokens[middle : middle + some], "last": tokens[-some:]}
    base = Load(ours.grpc, people.first_pages)
    return [
        Measure(
            f"gRPC, {name} page of 100,000 / a page of 100",
            Load(ours.grpc, _pages(people, there)),
            base,
            QUIET,
            Goal("p50", 1.2),
        )
        for name, there in places.items()
    ]


def _pages(people: People, tokens: Sequence[str]) -> Callable[[int, int], list[Call]]:
    return lambda _run, count: [people.collector_page(tokens[number % len(tokens)]) for number in range(count)]


def over_rest(ours: Ours, people: People) -> list[Measure]:
    """What REST adds to a call."""
    calls = {"list 50": people.first_pages, "save": people.save}
    return [
        Measure(f"REST / gRPC, {name}", Load(ours.rest, make), Load(ours.grpc, make), QUIET, Goal("p50", 2.2))
        for name, make in calls.items()
    ]


def against_peer(ours: Ours, peer: Peer, people: People) -> list[Measure]:
    """Ours and the old way. Lists come first: saving makes them longer."""
    kinds = {"list 50": people.first_pages, "toggle": people.toggle, "save": people.save}
    pairs = [
        ("gRPC, ours / Node", ours.grpc, peer.grpc, 1.0, kinds),
        ("gateway before our service, ours / fastify", ours.gateway, peer.gateway, 1.0, ("list 50", "toggle")),
        ("REST end to end, ours / Node", ours.rest, peer.rest, 1.3, ("list 50", "save")),
    ]
    return [
        Measure(f"{name}, {kind}", Load(arm, make), Load(base, make), BUSY, Goal("per_second", bound))
        for kind, make in kinds.items()
        for name, arm, base, bound, measured in pairs
        if kind in measured
    ]


def noise(ours: Ours, people: People) -> Measure:
    """The same load twice: how far from 1.00 a ratio gets by chance."""
    load = Load(ours.grpc, people.first_pages)
    return Measure("A/A, gRPC list 50 against itself", load, load, BUSY)
