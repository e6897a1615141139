"""The order in which dated changes arrive does not matter; what is deleted stays so until a later date lifts it."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from tests.services.bookmarks.client import NUMBERS, Service, membership, message, target_id

Change = dict[str, Any]
START = datetime(2026, 5, 4, tzinfo=UTC)
PEOPLE = ("ann", "bob", "eve")
TARGETS = [pb.Target(message_id="m1"), pb.Target(message_id="m2"), pb.Target(file_id="f1"), pb.Target(file_id="f2")]


def file(id_: str, **more: Any) -> Change:
    return {"file": {"id": id_, "uploader_id": "ann", "name": id_, **more}}


def dated(change: Change, minute: int) -> Change:
    return change | {"occurred_at": START + timedelta(minutes=minute)}


# A small world in which everything can happen to everything: edits, moves, deletions, returns.
CHANGES: list[Change] = [
    *({"user": {"id": who, "display_name": name}} for who in PEOPLE for name in (who, who.title())),
    *({"user_deleted": {"id": who}} for who in PEOPLE),
    *({"conversation": {"id": "c1", "kind": 1, "name": name}} for name in ("One", "Eins")),
    {"conversation": {"id": "c2", "kind": 2}},
    *({"conversation_deleted": {"id": where}} for where in ("c1", "c2")),
    *(membership(where, who, removed) for where in ("c1", "c2") for who in PEOPLE for removed in (False, True)),
    *(message(id_, text, where) for id_ in ("m1", "m2") for text in ("a", "b") for where in ("c1", "c2")),
    *({"message_deleted": {"id": id_}} for id_ in ("m1", "m2")),
    *(file(id_) for id_ in ("f1", "f2")),
    *(file(id_, message_id="m1") for id_ in ("f1", "f2")),
    *({"file_deleted": {"id": id_}} for id_ in ("f1", "f2")),
]
BASIS: list[Change] = [
    *({"user": {"id": who, "display_name": who}} for who in PEOPLE),
    *({"conversation": {"id": where, "kind": 1}} for where in ("c1", "c2")),
    *(membership(where, who) for where in ("c1", "c2") for who in PEOPLE),
    *(message(id_, "a", "c1") for id_ in ("m1", "m2")),
    *(file(id_) for id_ in ("f1", "f2")),
]


async def seen(service: Service) -> dict[str, list[pb.Bookmark]]:
    """What everybody can save, and how it is shown to them."""
    found = {}
    for who in PEOPLE:
        await service.ask(who, pb.BatchSaveBookmarksRequest(targets=TARGETS))
        bookmarks = sorted((await service.listed(who)).bookmarks, key=target_id)
        for bookmark in bookmarks:
            for field in ("id", "create_time", "update_time"):
                bookmark.ClearField(field)
        found[who] = bookmarks
    return found


async def told(service: Service, batches: list[list[Change]]) -> dict[str, list[pb.Bookmark]]:
    """What is seen after the batches, in a workspace where Bob had saved everything before."""
    fresh = replace(service, workspace=f"order-{next(NUMBERS)}")
    await fresh.feed(*(dated(change, -1) for change in BASIS))
    await fresh.ask("bob", pb.BatchSaveBookmarksRequest(targets=TARGETS))
    for batch in batches:
        await fresh.feed(*batch)
    return await seen(fresh)


ATTACHED, ANN_DELETED = file("f1", message_id="m1"), {"user_deleted": {"id": "ann"}}
C1_DELETED, M1_DELETED = {"conversation_deleted": {"id": "c1"}}, {"message_deleted": {"id": "m1"}}
C1_AGAIN, M1_MOVED = {"conversation": {"id": "c1", "kind": 1}}, message("m1", "b", "c2")


@pytest.mark.parametrize(
    "happened",
    [
        [ATTACHED, ANN_DELETED],
        [ATTACHED, M1_DELETED],
        [ATTACHED, M1_DELETED, message("m1", "b", "c1")],
        [ATTACHED, C1_DELETED, C1_AGAIN],
        [message("m1", "b", "c1"), C1_DELETED, C1_AGAIN],
        [M1_MOVED, C1_DELETED, C1_AGAIN],
        [membership("c2", "ann"), ANN_DELETED, {"user": {"id": "ann"}}],
        [membership("c1", "eve", removed=True), membership("c1", "eve")],
        [membership("c1", "eve"), membership("c1", "eve", removed=True)],
        [message("m1", "b", "c1"), message("m1", "c", "c1"), {"user": {"id": "bob", "display_name": "Robert"}}],
        [C1_DELETED, message("m1", "b", "c1")],
        [C1_DELETED, message("m1", "b", "c1"), C1_AGAIN],
    ],
    ids=range(12),
)
async def test_changes_that_meet_may_arrive_in_any_order(service: Service, happened: list[Change]) -> None:
    history = [dated(change, minute) for minute, change in enumerate(happened, 1)]
    in_order = await told(service, [[change] for change in history])
    for arrived in itertools.permutations(history):
        assert await told(service, [list(arrived)]) == in_order
    assert await told(service, [[change] for change in reversed(history)]) == in_order


@st.composite
def histories(draw: st.DrawFn, always_dated: bool = True) -> list[Change]:
    """Some changes in the order they happened. Bob stays: what a person saved does not come back with them."""
    wanted = [change for change in CHANGES if change != {"user_deleted": {"id": "bob"}}]
    happened = draw(st.lists(st.sampled_from(wanted), max_size=8))
    has_date = [always_dated or draw(st.booleans()) for _ in happened]
    return [dated(each, place) if has_date[place] else each for place, each in enumerate(happened)]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Change], list[list[Change]]]:
    """A history, and the batches in which it may arrive."""
    history = draw(histories())
    arrived = draw(st.permutations(history))
    cut = draw(st.integers(0, len(arrived)))
    return history, [batch for batch in (arrived[:cut], arrived[cut:]) if batch]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
async def test_dated_changes_may_arrive_in_any_order(
    service: Service, arrival: tuple[list[Change], list[list[Change]]]
) -> None:
    history, batches = arrival
    assert await told(service, batches) == await told(service, [[change] for change in history])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(always_dated=False))
async def test_a_batch_is_taken_in_order_as_if_it_came_one_by_one(service: Service, history: list[Change]) -> None:
    assert await told(service, [history] if history else []) == await told(service, [[change] for change in history])


async def test_a_message_shows_only_where_its_conversation_is(service: Service) -> None:
    there = [message("m1", "b", "c1"), membership("c1", "bob")]
    deleted = await told(service, [[dated(C1_DELETED, 5)], [dated(change, 7) for change in there]])
    assert "m1" not in [target_id(each) for each in deleted["bob"] if each.available]
    back = await told(service, [[dated(C1_DELETED, 5)], [dated(change, 7) for change in (*there, C1_AGAIN)]])
    assert "m1" in [target_id(each) for each in back["bob"] if each.available]


@pytest.mark.parametrize("gone", [M1_DELETED, C1_DELETED, {"file_deleted": {"id": "f1"}}, ANN_DELETED], ids=range(4))
async def test_only_a_later_date_lifts_a_tombstone(service: Service, gone: Change) -> None:
    everything, attached, deleted = [*BASIS, ATTACHED], [dated(ATTACHED, 0)], [dated(gone, 60)]
    after_deletion = await told(service, [attached, deleted])
    assert await told(service, [attached, deleted, everything]) == after_deletion
    assert await told(service, [attached, deleted, [dated(each, 60) for each in everything]]) == after_deletion
    lifted = await told(service, [attached, deleted, [dated(each, 61) for each in everything]])
    assert lifted == await told(service, [[dated(each, 61) for each in everything]]) != after_deletion
