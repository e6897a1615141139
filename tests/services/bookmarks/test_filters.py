"""What a list may be narrowed to: rows A19, A29, and text search, which must not see through a tombstone."""

from typing import Any

import pytest
import pytest_asyncio

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2
from tests.services.bookmarks.client import Service, membership, message

STATE = pb.Bookmark.State
TYPE = pb.Bookmark.Type
EVERYTHING = {"m1", "m2", "m3", "f1", "f2"}
AWAY = {"m1", "f1"}


@pytest_asyncio.fixture(loop_scope="module")
async def saved(chat: Service) -> Service:
    """Everything saved by Ann, each a little different; m1 is deleted, and with it its file f1."""
    wanted: list[dict[str, Any]] = [
        {"target": {"message_id": "m1"}, "note": "Eat Müsli", "tags": ["food"]},
        {"target": {"message_id": "m2"}, "tags": ["food", "100%"]},
        {"target": {"message_id": "m3"}, "tags": ["work", "a_b"]},
        {"target": {"file_id": "f1"}, "tags": ["work"]},
        {"target": {"file_id": "f2"}, "note": r"50\50"},
    ]
    for fields in wanted:
        await chat.ask("ann", pb.SaveBookmarkRequest(**fields))
    await chat.feed({"message_deleted": {"id": "m1"}})
    return chat


async def found(service: Service, **filters: Any) -> set[str]:
    """What a list shows; its total agrees."""
    walked = await service.walked("ann", page_size=2, **filters)
    assert (await service.listed("ann", **filters)).total_size == len(walked)
    return set(walked)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, EVERYTHING),
        ({"type": TYPE.TYPE_MESSAGE}, {"m1", "m2", "m3"}),
        ({"type": TYPE.TYPE_FILE}, {"f1", "f2"}),
        ({"available": True}, EVERYTHING - AWAY),
        ({"available": False}, AWAY),
        ({"available": False, "type": TYPE.TYPE_FILE}, {"f1"}),
        ({"tags": ["food"]}, {"m1", "m2"}),
        ({"tags": [" FOOD "]}, {"m1", "m2"}),
        ({"tags": ["food", "a_b"]}, {"m1", "m2", "m3"}),
        ({"tags": ["foo"]}, set()),
        ({"tags": [" "]}, set()),
        ({"tags": ["work"], "type": TYPE.TYPE_MESSAGE}, {"m3"}),
        ({"tags": ["food"], "text": "müsli", "available": False, "state": STATE.STATE_OPEN}, {"m1"}),
        ({"state": STATE.STATE_DONE}, set()),
    ],
)
async def test_a19_filters(saved: Service, filters: dict[str, Any], expected: set[str]) -> None:
    assert await found(saved, **filters) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", {"m2", "f2"}),
        ("MÜSLI", {"m1"}),
        ("eat m", {"m1"}),
        ("SECRET", {"m3"}),
        ("draft.TXT", {"f2"}),
        ("orK", {"m3", "f1"}),
        ("%", {"m2"}),
        ("_", {"m3"}),
        ("\\", {"f2"}),
        ("0%", {"m2"}),
        (r"0\5", {"f2"}),
        ("50%50", set()),
        ("% f", set()),
        ("Lunch", set()),
        ("menu", set()),
        ("General", set()),
        ("' or true --", set()),
    ],
)
async def test_text_is_found_as_it_is_written_and_only_where_it_may_be_seen(
    saved: Service, text: str, expected: set[str]
) -> None:
    assert await found(saved, text=text) == expected


@pytest.mark.parametrize(("stored", "sought"), [("ÉCOLE", "école"), ("привет", "ПРИВЕТ"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ")])
async def test_letter_case_does_not_matter_in_any_script(chat: Service, stored: str, sought: str) -> None:
    await chat.feed(message("m9", f"... {stored} ..."))
    await chat.save("ann", message_id="m9")
    assert await found(chat, text=sought) == {"m9"}


@pytest.mark.parametrize("sought", ["Straße", "STRASSE", "straẞe"])
async def test_a_tag_is_found_by_text_as_a_person_writes_it(chat: Service, sought: str) -> None:
    await chat.ask("ann", pb.SaveBookmarkRequest(target=pb.Target(message_id="m1"), tags=["Straße"]))
    assert await found(chat, text=sought) == {"m1"}
    assert await found(chat, tags=[sought]) == {"m1"}


async def test_text_in_the_whole_message_is_found_not_only_in_the_preview(chat: Service) -> None:
    await chat.feed(message("m9", "x" * 5000 + "needle"))
    await chat.save("ann", message_id="m9")
    assert await found(chat, text="Needle") == {"m9"}


async def test_text_of_what_was_lost_is_not_found_until_it_is_back(saved: Service) -> None:
    assert await found(saved, text="secret") == {"m3"}
    await saved.feed(membership("dm-1", "ann", removed=True))
    assert await found(saved, text="secret") == set()
    assert await found(saved, available=False) == {"m3", *AWAY}
    await saved.feed(membership("dm-1", "ann"))
    assert await found(saved, text="secret") == {"m3"}


async def test_an_uploader_finds_the_file_but_not_the_message_that_is_out_of_sight(chat: Service) -> None:
    await chat.feed({"file": {"id": "f1", "message_id": "m1", "uploader_id": "ann", "name": "menu.pdf"}})
    await chat.save("ann", file_id="f1")
    assert await found(chat, text="lunch") == await found(chat, text="menu") == {"f1"}
    await chat.feed(membership("general", "ann", removed=True))
    assert await found(chat, text="menu") == {"f1"}
    assert await found(chat, text="lunch") == set()


async def test_a27_by_state_and_collection(chat: Service) -> None:
    collection = await chat.ask("ann", collections_pb2.CreateCollectionRequest(name="Later"))
    ids = {target: (await chat.save("ann", message_id=target)).id for target in ("m1", "m2", "m3")}
    change = pb.UpdateBookmarkRequest
    await chat.ask("ann", change(id=ids["m1"], state=STATE.STATE_DONE, collection_id=collection.id))
    await chat.ask("ann", change(id=ids["m2"], state=STATE.STATE_ARCHIVED))
    await chat.ask("ann", change(id=ids["m3"], collection_id=collection.id))
    assert await found(chat, state=STATE.STATE_DONE) == {"m1"}
    assert await found(chat, state=STATE.STATE_ARCHIVED) == {"m2"}
    assert await found(chat, collection_id=collection.id) == {"m1", "m3"}
    assert await found(chat, collection_id=collection.id, state=STATE.STATE_OPEN) == {"m3"}
