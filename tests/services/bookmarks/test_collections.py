"""Collections, a person's own folders (row A27)."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2 as cpb
from tests.services.bookmarks.client import NOBODYS_ID, Service

NAMELESS = ["", " ", "\t", "\u00a0", "a\nb", "\x00", "x" * 101, "\u200b", "a\u202eb", "a\u2067b", "a\u2028b", "a\x85b"]
NAMES = [f"Folder {number:02}" for number in range(12)]


async def create(service: Service, name: str, who: str = "ann") -> cpb.Collection:
    made: cpb.Collection = await service.ask(who, cpb.CreateCollectionRequest(name=name))
    return made


async def listed(service: Service, who: str = "ann", **page: Any) -> cpb.ListCollectionsResponse:
    found: cpb.ListCollectionsResponse = await service.ask(who, cpb.ListCollectionsRequest(**page))
    return found


async def test_a_collection_is_made_renamed_and_deleted(chat: Service) -> None:
    made = await create(chat, "  Later ")
    assert (made.name, made.bookmark_count) == ("Later", 0)
    assert await chat.ask("ann", cpb.GetCollectionRequest(id=made.id)) == made
    renamed = await chat.ask("ann", cpb.UpdateCollectionRequest(id=made.id, name=" Soon "))
    assert (renamed.id, renamed.name, renamed.create_time) == (made.id, "Soon", made.create_time)
    assert renamed.etag != made.etag
    await chat.ask("ann", cpb.DeleteCollectionRequest(id=made.id))
    assert await listed(chat) == cpb.ListCollectionsResponse()


async def test_a_name_is_unique_letter_case_aside(chat: Service) -> None:
    made = await create(chat, "Straße")
    other = await create(chat, "Other")
    await create(chat, "Straße", "bob")
    for name in ("straße", " STRASSE ", "Straße"):
        for request in (
            cpb.CreateCollectionRequest(name=name),
            cpb.UpdateCollectionRequest(id=other.id, name=name),
        ):
            refusal = await chat.refused("ann", request)
            assert (refusal.code, refusal.reason) == (StatusCode.ALREADY_EXISTS, "COLLECTION_EXISTS")
    renamed = await chat.ask("ann", cpb.UpdateCollectionRequest(id=made.id, name="STRASSE"))
    assert renamed.name == "STRASSE"


async def test_of_concurrent_creations_of_one_name_one_succeeds(chat: Service) -> None:
    made = await asyncio.gather(*(create(chat, "Same") for _ in range(10)), return_exceptions=True)
    assert len([each for each in made if isinstance(each, cpb.Collection)]) == 1
    assert (await listed(chat)).total_size == 1


@pytest.mark.parametrize("name", NAMELESS)
async def test_a_name_can_be_read(chat: Service, name: str) -> None:
    made = await create(chat, "Good")
    for request in (cpb.CreateCollectionRequest(name=name), cpb.UpdateCollectionRequest(id=made.id, name=name)):
        refusal = await chat.refused("ann", request)
        assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("name",))


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧", "نمی\u200cشود", "\u200fשלם", "नेपाल", "🏴\U000e0067\U000e007f"])
async def test_a_name_is_written_in_any_script(chat: Service, name: str) -> None:
    assert (await create(chat, name)).name == name


async def test_somebody_elses_collection_does_not_exist(chat: Service) -> None:
    theirs = await create(chat, "Mine", "bob")
    wanted = pb.Target(message_id="m1")
    for id_, other in ((theirs.id, NOBODYS_ID),):
        for request_of in (
            lambda id_: cpb.GetCollectionRequest(id=id_),
            lambda id_: cpb.UpdateCollectionRequest(id=id_, name="Stolen"),
            lambda id_: cpb.UpdateCollectionRequest(id=id_),
            lambda id_: cpb.DeleteCollectionRequest(id=id_),
            lambda id_: cpb.DeleteCollectionRequest(id=id_, etag=theirs.etag),
            lambda id_: pb.SaveBookmarkRequest(target=wanted, collection_id=id_),
            lambda id_: pb.BatchSaveBookmarksRequest(targets=[wanted], collection_id=id_),
        ):
            foreign = await chat.refused("ann", request_of(id_))
            assert foreign == await chat.refused("ann", request_of(other))
            assert (foreign.code, foreign.reason) == (StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    assert (await chat.listed("ann", collection_id=theirs.id)).total_size == 0
    assert await chat.ask("bob", cpb.GetCollectionRequest(id=theirs.id)) == theirs


async def test_deleting_a_collection_keeps_its_bookmarks(chat: Service) -> None:
    made = await create(chat, "Later")
    target = pb.Target(message_id="m1")
    await chat.ask("ann", pb.SaveBookmarkRequest(target=target, note="kept", collection_id=made.id))
    assert (await chat.ask("ann", cpb.GetCollectionRequest(id=made.id))).bookmark_count == 1
    await chat.feed({"message_deleted": {"id": "m1"}})
    assert (await listed(chat)).collections[0].bookmark_count == 1
    await chat.ask("ann", cpb.DeleteCollectionRequest(id=made.id))
    left = (await chat.listed("ann")).bookmarks[0]
    assert (left.note, left.HasField("collection_id")) == ("kept", False)


async def test_a_bookmark_that_loses_its_collection_has_changed(chat: Service) -> None:
    made = await create(chat, "Later")
    save = pb.SaveBookmarkRequest(target=pb.Target(message_id="m1"), collection_id=made.id)
    saved, other = (await chat.ask("ann", save)).bookmark, await chat.save("ann", message_id="m2")
    await chat.ask("ann", cpb.DeleteCollectionRequest(id=made.id))
    refusal = await chat.refused("ann", pb.UpdateBookmarkRequest(id=saved.id, note="n", etag=saved.etag))
    assert refusal.reason == "ETAG_MISMATCH"
    left = await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id))
    assert left.update_time.ToDatetime() > saved.update_time.ToDatetime()
    assert await chat.ask("ann", pb.GetBookmarkRequest(id=other.id)) == other


async def test_a_change_needs_the_etag_that_was_read(chat: Service) -> None:
    made = await create(chat, "Later")
    renamed = await chat.ask("ann", cpb.UpdateCollectionRequest(id=made.id, name="Soon", etag=made.etag))
    for request in (
        cpb.UpdateCollectionRequest(id=made.id, name="Now", etag=made.etag),
        cpb.DeleteCollectionRequest(id=made.id, etag=made.etag),
    ):
        refusal = await chat.refused("ann", request)
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "ETAG_MISMATCH")
    await chat.ask("ann", cpb.DeleteCollectionRequest(id=made.id, etag=renamed.etag))


async def test_a_mask_names_only_the_name(chat: Service) -> None:
    made = await create(chat, "Later")
    request = cpb.UpdateCollectionRequest(id=made.id, update_mask=FieldMask(paths=["bookmark_count"]))
    assert (await chat.refused("ann", request)).reason == "FIELD_MASK_INVALID"
    named = cpb.UpdateCollectionRequest(id=made.id, update_mask=FieldMask(paths=["name"]))
    assert (await chat.refused("ann", named)).fields == ("name",)
    assert await chat.ask("ann", cpb.UpdateCollectionRequest(id=made.id)) == made


async def test_collections_are_listed_by_name_page_by_page(chat: Service) -> None:
    for name in reversed(NAMES):
        await create(chat, name)
    await create(chat, "elsewhere", "bob")
    first = await listed(chat, page_size=5)
    await create(chat, "A new first one")
    second = await listed(chat, page_size=5, page_token=first.next_page_token)
    third = await listed(chat, page_size=5, page_token=second.next_page_token)
    pages = [first, second, third]
    assert [each.name for page in pages for each in page.collections] == NAMES
    assert [page.total_size for page in pages] == [12, 12, 12]
    assert third.next_page_token == ""
    assert (await listed(chat, page_size=1000)).total_size == 13


async def test_the_thousandth_collection_is_the_last(chat: Service) -> None:
    await chat.execute(
        """
        insert into bookmarks.collections (id, workspace, user_id, name, name_key)
        select gen_random_uuid(), cast(:workspace as text), 'ann', n::text, n::text from generate_series(1, 999) n
        """
    )
    made = await asyncio.gather(*(create(chat, f"Last {n}") for n in range(10)), return_exceptions=True)
    assert len([each for each in made if isinstance(each, cpb.Collection)]) == 1
    assert (await listed(chat)).total_size == 1000
    refusal = await chat.refused("ann", cpb.CreateCollectionRequest(name="One more"))
    assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_COLLECTIONS")
    await create(chat, "One", "bob")


async def test_moving_into_a_collection_that_is_being_deleted_ends_well(chat: Service) -> None:
    saved = [await chat.save("ann", message_id=target) for target in ("m1", "m2", "m3")]
    for name in NAMES[:6]:
        made = await create(chat, name)
        moves = [pb.UpdateBookmarkRequest(id=each.id, collection_id=made.id) for each in saved]
        await chat.ask("ann", moves[0])
        asked = [chat.ask("ann", request) for request in (*moves, cpb.DeleteCollectionRequest(id=made.id), *moves)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        codes = {each.code() for each in outcomes if isinstance(each, Exception)}  # type: ignore[attr-defined]
        assert codes <= {StatusCode.NOT_FOUND}
        assert not [each for each in (await chat.listed("ann")).bookmarks if each.HasField("collection_id")]
