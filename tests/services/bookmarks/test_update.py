"""What a person writes on a bookmark: rows A24, A27, A29, G-A16; masks and etags."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2
from tests.services.bookmarks.client import NOBODYS_ID, Service

DUE = datetime(2026, 12, 24, 18, 30, 0, 123456, tzinfo=UTC)
STATE = pb.Bookmark.State


@pytest_asyncio.fixture(loop_scope="module")
async def saved(chat: Service) -> pb.Bookmark:
    """Ann's bookmark of m1, with a note and two tags."""
    request = pb.SaveBookmarkRequest(target=pb.Target(message_id="m1"), note="first", tags=["Work", "foo"])
    answer: pb.SaveBookmarkResponse = await chat.ask("ann", request)
    return answer.bookmark


async def change(service: Service, saved: pb.Bookmark, *mask: str, **fields: Any) -> pb.Bookmark:
    """Ann's bookmark after an update, which Get shows too."""
    update_mask = FieldMask(paths=mask) if mask else None
    request = pb.UpdateBookmarkRequest(id=saved.id, update_mask=update_mask, **fields)
    changed: pb.Bookmark = await service.ask("ann", request)
    assert await service.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == changed
    return changed


async def test_a24_a_note_is_set_changed_and_cleared(chat: Service, saved: pb.Bookmark) -> None:
    assert saved.note == "first"
    assert (await change(chat, saved, note="second")).note == "second"
    assert not (await change(chat, saved, "note")).HasField("note")
    assert (await change(chat, saved, note="third")).note == "third"
    assert not (await change(chat, saved, note="")).HasField("note")


async def test_a24_a_note_with_any_characters_comes_back_as_it_was(chat: Service, saved: pb.Bookmark) -> None:
    note = "Zeile\n\t'\"\\ %s {} 👩‍👩‍👧 \u202eabc" + "ü" * 1000
    assert (await change(chat, saved, note=note)).note == note
    too_long = pb.UpdateBookmarkRequest(id=saved.id, note="x" * 2001)
    assert (await chat.refused("ann", too_long)).fields == ("note",)


async def test_a29_only_fields_of_the_mask_change(chat: Service, saved: pb.Bookmark) -> None:
    everything = {"note": "new", "tags": ["new"], "state": STATE.STATE_DONE, "due_time": DUE}
    changed = await change(chat, saved, "state", **everything)
    assert (changed.note, list(changed.tags), changed.state) == ("first", ["foo", "work"], STATE.STATE_DONE)
    assert not changed.HasField("due_time")
    changed = await change(chat, saved, "tags", "note")
    assert (changed.HasField("note"), list(changed.tags), changed.state) == (False, [], STATE.STATE_DONE)


async def test_a29_without_a_mask_what_is_set_changes(chat: Service, saved: pb.Bookmark) -> None:
    changed = await change(chat, saved, due_time=DUE)
    assert changed.due_time.ToDatetime(UTC) == DUE
    assert (changed.note, list(changed.tags), changed.state) == ("first", ["foo", "work"], STATE.STATE_OPEN)
    changed = await change(chat, saved, state=STATE.STATE_ARCHIVED)
    assert (changed.due_time.ToDatetime(UTC), changed.state) == (DUE, STATE.STATE_ARCHIVED)
    assert not (await change(chat, saved, "due_time")).HasField("due_time")


@pytest.mark.parametrize("path", ["id", "etag", "add_tags", "update_mask", "target", "no_such_field", "*", ""])
async def test_a_mask_names_only_what_can_be_changed(chat: Service, saved: pb.Bookmark, path: str) -> None:
    request = pb.UpdateBookmarkRequest(id=saved.id, update_mask=FieldMask(paths=["note", path]), note="new")
    refusal = await chat.refused("ann", request)
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "FIELD_MASK_INVALID")
    assert refusal.fields == ("update_mask",)
    assert await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == saved


@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        ({"tags": [" Foo ", "fOO", "", "  ", "Straße"]}, ["foo", "strasse"]),
        ({"tags": ["b", "a"]}, ["a", "b"]),
        ({"add_tags": ["New", "foo"]}, ["foo", "new", "work"]),
        ({"remove_tags": ["Foo"]}, ["work"]),
        ({"remove_tags": [" FOO ", "WORK", "none"]}, []),
        ({"add_tags": ["x"], "remove_tags": ["X", "foo"]}, ["work"]),
        ({"tags": ["a", "b"], "add_tags": ["c"], "remove_tags": ["a"]}, ["b", "c"]),
    ],
)
async def test_a29_ga16_tags(chat: Service, saved: pb.Bookmark, fields: dict[str, Any], tags: list[str]) -> None:
    assert list((await change(chat, saved, **fields)).tags) == tags


async def test_a_tag_is_written_in_any_script(chat: Service, saved: pb.Bookmark) -> None:
    tags = ["👨\u200d👩\u200d👧", "نمی\u200cشود", "🏴\U000e0067\U000e007f"]
    assert list((await change(chat, saved, tags=tags)).tags) == sorted(tags)
    assert (await chat.listed("ann", tags=tags[:1])).total_size == 1


@pytest.mark.parametrize("tag", ["a\nb", "\x00", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\u202eb", "a\u2066b"])
async def test_a_tag_stays_on_its_line(chat: Service, saved: pb.Bookmark, tag: str) -> None:
    refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, add_tags=[tag]))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("add_tags[0]",))
    assert refusal.message == "add_tags[0]: has a character or a form that is not allowed"


async def test_a29_tags_come_and_go_beside_a_mask(chat: Service, saved: pb.Bookmark) -> None:
    changed = await change(chat, saved, "note", note="n", add_tags=["new"], remove_tags=["foo"])
    assert list(changed.tags) == ["new", "work"]


async def test_a_bookmark_carries_at_most_20_tags(chat: Service, saved: pb.Bookmark) -> None:
    assert len((await change(chat, saved, add_tags=[f"t{n}" for n in range(18)])).tags) == 20
    refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, add_tags=["one more"]))
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "TOO_MANY_TAGS")
    assert len((await change(chat, saved, add_tags=["one more"], remove_tags=["foo"])).tags) == 20
    for tags in (["t"] * 21, ["x" * 65]):
        refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, tags=tags))
        assert refusal.reason == "VALIDATION_FAILED"


async def test_concurrent_tags_are_all_there(chat: Service, saved: pb.Bookmark) -> None:
    await asyncio.gather(*(change_tag(chat, saved, f"t{n}") for n in range(18)))
    now = await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id))
    assert set(now.tags) == {"foo", "work", *(f"t{n}" for n in range(18))}


async def change_tag(service: Service, saved: pb.Bookmark, tag: str) -> None:
    await service.ask("ann", pb.UpdateBookmarkRequest(id=saved.id, add_tags=[tag]))


async def test_an_update_needs_the_etag_that_was_read(chat: Service, saved: pb.Bookmark) -> None:
    changed = await change(chat, saved, note="second", etag=saved.etag)
    assert changed.etag != saved.etag
    assert changed.update_time.ToDatetime() >= saved.update_time.ToDatetime()
    assert changed.create_time == saved.create_time
    for etag in (saved.etag, "nonsense", "-1", "1" * 64, "²"):
        refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, note="third", etag=etag))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "ETAG_MISMATCH")
    assert await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == changed


async def test_of_concurrent_updates_with_one_etag_one_succeeds(chat: Service, saved: pb.Bookmark) -> None:
    requests = [pb.UpdateBookmarkRequest(id=saved.id, note=f"note {n}", etag=saved.etag) for n in range(10)]
    outcomes = await asyncio.gather(*(chat.ask("ann", request) for request in requests), return_exceptions=True)
    winners = [each for each in outcomes if isinstance(each, pb.Bookmark)]
    assert len(winners) == 1
    assert await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == winners[0]


async def test_a_collection_must_be_the_persons_own(chat: Service, saved: pb.Bookmark) -> None:
    mine, theirs = [
        (await chat.ask(who, collections_pb2.CreateCollectionRequest(name="Folder"))).id for who in ("ann", "bob")
    ]
    assert (await change(chat, saved, collection_id=mine)).collection_id == mine
    assert (await change(chat, saved, note="stays")).collection_id == mine
    foreign = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, collection_id=theirs))
    assert foreign == await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, collection_id=NOBODYS_ID))
    assert (foreign.code, foreign.reason) == (StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    for target in ("m1", "m2"):
        again = pb.SaveBookmarkRequest(target=pb.Target(message_id=target), collection_id=theirs)
        assert await chat.refused("ann", again) == foreign
    assert not (await change(chat, saved, "collection_id")).HasField("collection_id")


@pytest.mark.parametrize(("seconds", "nanos"), [(-1, 0), (253402300800, 0), (253402300798, 2**31 - 1), (0, -1)])
async def test_a_due_time_is_one_that_is_kept(chat: Service, saved: pb.Bookmark, seconds: int, nanos: int) -> None:
    time = Timestamp(seconds=seconds, nanos=nanos)
    refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, due_time=time))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("due_time",))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (Timestamp(), Timestamp()),
        (Timestamp(seconds=1, nanos=999_999_999), Timestamp(seconds=1, nanos=999_999_000)),
        (Timestamp(seconds=253402300799), Timestamp(seconds=253402300799)),
    ],
    ids=["first", "to the microsecond", "last"],
)
async def test_a_due_time_comes_back(chat: Service, saved: pb.Bookmark, sent: Timestamp, kept: Timestamp) -> None:
    assert (await change(chat, saved, due_time=sent)).due_time == kept
