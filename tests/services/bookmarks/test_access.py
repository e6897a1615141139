"""Who may save what: rows A05-A10, A17, G-A3, G-A4, G-A16, proofs H16 and H37."""

from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from grpc import StatusCode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.feed.v1 import feed_pb2
from tests.services.bookmarks.client import METHODS, NOBODYS_ID, Service, membership, message

# Nothing of this is Eve's to see.
FORBIDDEN = [{"message_id": "m1"}, {"message_id": "m3"}, {"file_id": "f1"}, {"file_id": "f2"}]


def makers(target: dict[str, str]) -> list[Message]:
    """Every request that would save the target."""
    wanted = pb.Target(**target)
    return [pb.SaveBookmarkRequest(target=wanted), pb.ToggleBookmarkRequest(target=wanted)]


@pytest.mark.parametrize("target", FORBIDDEN)
async def test_h16_a05_a08_what_is_forbidden_looks_like_what_is_missing(chat: Service, target: dict[str, str]) -> None:
    for forbidden in makers(target):
        seen = await chat.refused("eve", forbidden)
        for missing in makers(dict.fromkeys(target, str(uuid4()))):
            assert seen == await chat.refused("eve", missing)
        assert (seen.code, seen.reason) == (StatusCode.NOT_FOUND, "TARGET_NOT_FOUND")
        assert seen.message == f"{'Message' if 'message_id' in target else 'File'} not found or access denied"
    assert (await chat.listed("eve")).total_size == 0


IDS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=128)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(IDS, st.sampled_from(FORBIDDEN))
async def test_h16_any_id_is_refused_as_a_foreign_one(chat: Service, id_: str, foreign: dict[str, str]) -> None:
    for forbidden, random in zip(makers(foreign), makers(dict.fromkeys(foreign, id_)), strict=True):
        assert await chat.refused("eve", forbidden) == await chat.refused("eve", random)


@pytest.mark.parametrize("target", FORBIDDEN)
async def test_h16_a_batch_tells_no_more_of_what_is_forbidden(chat: Service, target: dict[str, str]) -> None:
    wanted = [pb.Target(**target), pb.Target(**dict.fromkeys(target, "no-such-thing"))]
    answer = await chat.ask("eve", pb.BatchSaveBookmarksRequest(targets=wanted))
    assert [each.outcome for each in answer.results] == [pb.BatchSaveBookmarksResponse.Result.OUTCOME_NOT_FOUND] * 2
    assert not [each for each in answer.results if each.HasField("bookmark_id")]


@pytest.mark.parametrize("kind", ["KIND_CHANNEL", "KIND_DM", "KIND_ASSISTANT"])
async def test_a06_a07_membership_decides_whatever_the_kind(chat: Service, kind: str) -> None:
    await chat.feed({"conversation": {"id": "c", "kind": kind}}, message("mc", where="c"), membership("c", "ann"))
    assert (await chat.save("ann", message_id="mc")).available
    assert (await chat.refused("bob", makers({"message_id": "mc"})[0])).reason == "TARGET_NOT_FOUND"
    await chat.feed(membership("c", "bob"))
    assert (await chat.save("bob", message_id="mc")).available


async def test_an_author_who_left_does_not_see_their_own_message(chat: Service) -> None:
    await chat.feed(membership("general", "bob", removed=True))
    assert (await chat.refused("bob", makers({"message_id": "m1"})[0])).reason == "TARGET_NOT_FOUND"


async def test_a09_a_file_is_seen_by_who_sees_its_message(chat: Service) -> None:
    assert (await chat.save("ann", file_id="f1")).file.name == "menu.pdf"
    await chat.feed({"file": {"id": "f3", "message_id": "no-such", "uploader_id": "bob", "name": "x"}})
    assert (await chat.refused("ann", makers({"file_id": "f3"})[0])).reason == "TARGET_NOT_FOUND"


async def test_a10_ga03_a_loose_file_is_its_uploaders_alone(chat: Service) -> None:
    assert (await chat.save("ann", file_id="f2")).file.name == "draft.txt"
    refusal = await chat.refused("bob", makers({"file_id": "f2"})[0])
    assert (refusal.code, refusal.message) == (StatusCode.NOT_FOUND, "File not found or access denied")
    await chat.feed({"file": {"id": "f2", "message_id": "m2", "uploader_id": "ann", "name": "final.txt"}})
    assert (await chat.save("bob", file_id="f2")).file.name == "final.txt"


async def test_what_is_already_gone_cannot_be_saved(chat: Service) -> None:
    await chat.feed({"message_deleted": {"id": "m1"}}, {"conversation_deleted": {"id": "dm-1"}})
    for target in ({"message_id": "m1"}, {"file_id": "f1"}, {"message_id": "m3"}):
        for request in makers(target):
            assert (await chat.refused("ann", request)).reason == "TARGET_NOT_FOUND"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
async def test_a17_h37_only_a_check_needs_no_credential(chat: Service, method: Any) -> None:
    request: Message = method.input_type._concrete_class()
    if isinstance(request, pb.CheckBookmarksRequest):
        assert await chat.ask((), request) == pb.CheckBookmarksResponse()
        return
    refusal = await chat.refused((), request)
    assert (refusal.code, refusal.reason) == (StatusCode.UNAUTHENTICATED, "CREDENTIALS_REQUIRED")


async def test_h37_the_feed_is_for_services_only(chat: Service) -> None:
    refusal = await chat.refused("ann", feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**message("m1"))]))
    assert (refusal.code, refusal.reason) == (StatusCode.PERMISSION_DENIED, "SERVICE_ONLY")


async def test_a_service_acts_for_a_person_but_not_as_nobody(chat: Service) -> None:
    acting = (*chat.as_service(), ("x-cairn-user", "ann"))
    saved = await chat.ask(acting, pb.SaveBookmarkRequest(target=pb.Target(message_id="m1")))
    assert (await chat.listed("ann")).bookmarks[0] == saved.bookmark
    refusal = await chat.refused(chat.as_service(), pb.ListBookmarksRequest())
    assert (refusal.code, refusal.reason) == (StatusCode.UNAUTHENTICATED, "USER_REQUIRED")
    checked = await chat.ask(chat.as_service(), pb.CheckBookmarksRequest(targets=[saved.bookmark.target]))
    assert not checked.results[0].bookmarked


OWNED = [
    pb.GetBookmarkRequest,
    pb.UpdateBookmarkRequest,
    pb.RemoveBookmarkRequest,
]


@pytest.mark.parametrize("request_of", OWNED)
async def test_h16_ga15_somebody_elses_bookmark_does_not_exist(chat: Service, request_of: Any) -> None:
    saved = await chat.save("ann", message_id="m1")
    foreign = await chat.refused("bob", request_of(id=saved.id))
    assert foreign == await chat.refused("bob", request_of(id=NOBODYS_ID))
    assert (foreign.code, foreign.reason) == (StatusCode.NOT_FOUND, "BOOKMARK_NOT_FOUND")
    assert await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == saved


def test_ga04_a_person_shown_is_an_id_and_a_name() -> None:
    assert [field.name for field in pb.Person.DESCRIPTOR.fields] == ["id", "name"]
    assert [field.name for field in feed_pb2.User.DESCRIPTOR.fields] == ["id", "display_name"]
