"""Workspaces and people do not meet: rows A13, G-A12; a page token is worth nothing anywhere else."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2 as cpb
from tests.services.bookmarks.client import Service, membership, message


@pytest_asyncio.fixture(loop_scope="module")
async def twin(chat: Service) -> Service:
    """Another workspace, in which the same ids stand for something else."""
    other = replace(chat, workspace=f"{chat.workspace}-twin")
    await other.feed(
        {"user": {"id": "bob", "display_name": "Another Bob"}},
        {"conversation": {"id": "general", "kind": 1, "name": "Elsewhere"}},
        membership("general", "ann"),
        message("m1", "Other text"),
    )
    return other


@pytest_asyncio.fixture(loop_scope="module")
async def paged(chat: Service) -> Service:
    """Ann and Bob have more than a page of everything."""
    for who in ("ann", "bob"):
        for target in ({"message_id": "m1"}, {"message_id": "m2"}, {"message_id": "m3"}, {"file_id": "f1"}):
            await chat.save(who, **target)
        for name in ("a", "b", "c"):
            await chat.ask(who, cpb.CreateCollectionRequest(name=name))
    return chat


async def test_the_same_person_has_other_bookmarks_in_another_workspace(chat: Service, twin: Service) -> None:
    here, there = await chat.save("ann", message_id="m1"), await twin.save("ann", message_id="m1")
    assert (here.message.preview, there.message.preview) == ("Lunch?", "Other text")
    assert (there.message.author.name, there.message.conversation.name) == ("Another Bob", "Elsewhere")
    assert here.id != there.id
    assert (await chat.listed("ann")).bookmarks == [here]
    assert (await twin.listed("ann")).bookmarks == [there]
    for request in (pb.GetBookmarkRequest(id=here.id), pb.RemoveBookmarkRequest(id=here.id)):
        assert (await twin.refused("ann", request)).reason == "BOOKMARK_NOT_FOUND"
    await twin.ask("ann", pb.BatchRemoveBookmarksRequest(ids=[here.id], targets=[here.target]))
    assert (await chat.count("ann"), await twin.count("ann")) == (1, 0)


async def test_what_happens_in_one_workspace_changes_nothing_in_another(chat: Service, twin: Service) -> None:
    here = await chat.save("ann", message_id="m1")
    await twin.feed(
        {"user_deleted": {"id": "ann"}}, {"user_deleted": {"id": "bob"}}, {"conversation_deleted": {"id": "general"}}
    )
    assert (await chat.listed("ann")).bookmarks == [here]


async def test_what_exists_only_elsewhere_does_not_exist(chat: Service, twin: Service) -> None:
    for target in ({"message_id": "m2"}, {"file_id": "f2"}):
        elsewhere = await twin.refused("ann", pb.SaveBookmarkRequest(target=pb.Target(**target)))
        missing = pb.SaveBookmarkRequest(target=pb.Target(**dict.fromkeys(target, "no-such")))
        assert elsewhere == await twin.refused("ann", missing)
        assert (await chat.save("ann", **target)).available


async def test_clicks_and_collections_are_each_workspaces_own(chat: Service, twin: Service) -> None:
    click = pb.ToggleBookmarkRequest(target=pb.Target(message_id="m1"), request_id="click")
    assert (await chat.ask("ann", click)).bookmarked
    assert (await twin.ask("ann", click)).bookmarked
    made = await chat.ask("ann", cpb.CreateCollectionRequest(name="Same"))
    await twin.ask("ann", cpb.CreateCollectionRequest(name="Same"))
    assert (await twin.refused("ann", cpb.GetCollectionRequest(id=made.id))).reason == "COLLECTION_NOT_FOUND"
    request = pb.SaveBookmarkRequest(target=pb.Target(message_id="m1"), collection_id=made.id)
    assert (await twin.refused("ann", request)).reason == "COLLECTION_NOT_FOUND"


ELSEWHERE: list[tuple[str, dict[str, Any]]] = [
    ("bob", {}),
    ("ann", {"type": pb.Bookmark.TYPE_MESSAGE}),
    ("ann", {"text": "x"}),
    ("ann", {"tags": ["x"]}),
    ("ann", {"available": True}),
    ("ann", {"available": False}),
    ("ann", {"state": pb.Bookmark.STATE_OPEN}),
]


@pytest.mark.parametrize(("who", "filters"), ELSEWHERE, ids=range(len(ELSEWHERE)))
async def test_a_page_token_is_for_one_person_and_filter(paged: Service, who: str, filters: dict[str, Any]) -> None:
    token = (await paged.listed("ann", page_size=2)).next_page_token
    refusal = await paged.refused(who, pb.ListBookmarksRequest(page_token=token, **filters))
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
    assert refusal.fields == ("page_token",)
    assert (await paged.listed("ann", page_size=1, page_token=token)).total_size == 4


async def test_a_page_token_is_for_one_workspace_and_list(paged: Service) -> None:
    bookmarks = (await paged.listed("ann", page_size=2)).next_page_token
    collections = (await paged.ask("ann", cpb.ListCollectionsRequest(page_size=2))).next_page_token
    elsewhere = replace(paged, workspace="another")
    refusals = [
        await elsewhere.refused("ann", pb.ListBookmarksRequest(page_token=bookmarks)),
        await elsewhere.refused("ann", cpb.ListCollectionsRequest(page_token=collections)),
        await paged.refused("ann", pb.ListBookmarksRequest(page_token=collections)),
        await paged.refused("ann", cpb.ListCollectionsRequest(page_token=bookmarks)),
        await paged.refused("bob", cpb.ListCollectionsRequest(page_token=collections)),
    ]
    for each in refusals:
        assert (each.code, each.reason, each.fields) == (
            StatusCode.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            ("page_token",),
        )


@pytest.mark.parametrize("token", ["x", "a.b", "bnVsbA.", "ü", " ", "\x00", "x" * 1025])
async def test_what_is_no_page_token_is_refused(paged: Service, token: str) -> None:
    for request in (pb.ListBookmarksRequest(page_token=token), cpb.ListCollectionsRequest(page_token=token)):
        refusal = await paged.refused("ann", request)
        assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("page_token",))
