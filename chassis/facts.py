"""What a feed says, change by change, and the order in which changes may be taken.

Two rules decide between two changes of one thing: the one that happened later wins, and a deletion is lifted only by a
change that carries its own, later time. A change without a time happened when it arrived.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One change. `values` are the columns of its table after the key; a deletion has none that matter.

    The kinds stand in the order in which they are taken: what others hang on comes first.
    """

    kind: StrEnum
    key: tuple[str, ...]
    values: tuple[Any, ...]
    deleted: bool
    occurred_at: datetime | None
    # What it hangs on, where that can change: a value that passed through what is gone is gone.
    home: str = ""


def rounds(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Split a batch so that each thing stands at most once in a round, and rounds follow each other in order.

    Updates of one thing that only overwrite each other count as one, the later of them. What deletes, or may lift a
    deletion, comes in a round after the undated changes that it might take along, or spare; dated ones are safe,
    whatever the order.
    """
    found: list[dict[tuple[StrEnum, tuple[str, ...]], Fact]] = [{}]
    last = 0
    places: dict[StrEnum, int] = {}
    for fact in facts:
        places = places or {kind: place for place, kind in enumerate(type(fact.kind))}
        key, place = (fact.kind, fact.key), places[fact.kind]
        earlier = found[-1].get(key)
        if earlier and _overwrite(earlier, fact):
            found[-1][key] = _later(earlier, fact)
            continue
        if earlier or ((fact.deleted or fact.occurred_at) and last > place):
            found.append({})
            last = 0
        found[-1][key] = fact
        last = last if fact.occurred_at else max(last, place)
    return [list(each.values()) for each in found if each]


def _overwrite(earlier: Fact, fact: Fact) -> bool:
    dated_alike = (earlier.occurred_at is None) == (fact.occurred_at is None)
    return dated_alike and earlier.home == fact.home and not earlier.deleted and not fact.deleted


def _later(earlier: Fact, fact: Fact) -> Fact:
    if earlier.occurred_at and fact.occurred_at and earlier.occurred_at > fact.occurred_at:
        return earlier
    return fact
