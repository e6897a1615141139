"""Saving, toggling and removing: rows A01-A10, A16-A18, A21, A26 and the races among them."""

import asyncio
from typing import Any

import pytest
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb

MESSAGE = pb.Target(message_id="m1")


async def test_book_01_save_a_message(chat: Any) -> None:
    saved = await chat.save("ann", message_id="m1")
    assert saved.type == pb.Bookmark.TYPE_MESSAGE
    assert saved.target == MESSAGE
    assert not saved.HasField("note")
    assert not saved.HasField("collection_id")
    assert not saved.HasField("due_time")
    assert not saved.tags
    assert saved.state == pb.Bookmark.STATE_OPEN
    assert saved.create_time.seconds > 0
    assert saved.available
    assert saved.message.preview == "Lunch?"
    assert (saved.message.author.id, saved.message.author.name) == ("bob", "Bob")
    assert saved.message.conversation.name == "General"
    assert not saved.HasField("file")


async def test_book_02_save_a_file(chat: Any) -> None:
    saved = await chat.save("ann", file_id="f1")
    assert saved.file.name == "menu.pdf"
    assert saved.file.size_bytes == 1234
    assert saved.file.uploader.name == "Bob"
    assert saved.message.id == "m1"
    assert saved.message.conversation.id == "general"


async def test_saving_again_answers_with_what_there_is(chat: Any) -> None:
    first = await chat.save("ann", message_id="m1")
    again = await chat.stub.SaveBookmark(pb.SaveBookmarkRequest(target=MESSAGE, note="ignored"), **chat.as_user("ann"))
    assert again.already_saved
    assert again.bookmark == first


async def test_fifty_concurrent_saves_leave_one_row(chat: Any) -> None:
    saved = await asyncio.gather(*(chat.save("ann", message_id="m1") for _ in range(50)))
    assert len({each.id for each in saved}) == 1
    assert (await chat.listed("ann")).total_size == 1


async def test_toggle_turns_over(chat: Any) -> None:
    answers = [
        (await chat.stub.ToggleBookmark(pb.ToggleBookmarkRequest(target=MESSAGE), **chat.as_user("ann"))).bookmarked
        for _ in range(3)
    ]
    assert answers == [True, False, True]


async def test_concurrent_toggles_each_count(chat: Any) -> None:
    request = pb.ToggleBookmarkRequest(target=MESSAGE)
    answers = await asyncio.gather(*(chat.stub.ToggleBookmark(request, **chat.as_user("ann")) for _ in range(41)))
    assert sum(answer.bookmarked for answer in answers) == 21
    assert (await chat.listed("ann")).total_size == 1


async def test_a_repeated_click_counts_once(chat: Any, refused: Any) -> None:
    request = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-1")
    answers = await asyncio.gather(*(chat.stub.ToggleBookmark(request, **chat.as_user("ann")) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].bookmarked
    other = pb.ToggleBookmarkRequest(target=pb.Target(message_id="m2"), request_id="click-1")
    code, _ = await refused(chat.stub.ToggleBookmark(other, **chat.as_user("ann")))
    assert code is StatusCode.INVALID_ARGUMENT
    await chat.stub.ToggleBookmark(other, **chat.as_user("bob"))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (pb.Target(), "messageId or fileId required"),
        (pb.Target(message_id=""), "messageId required for message bookmarks"),
        (pb.Target(file_id=""), "fileId required for file bookmarks"),
    ],
)
async def test_a_target_is_required(chat: Any, refused: Any, target: pb.Target, text: str) -> None:
    code, message = await refused(chat.stub.SaveBookmark(pb.SaveBookmarkRequest(target=target), **chat.as_user("ann")))
    assert code is StatusCode.INVALID_ARGUMENT
    assert text in message


@pytest.mark.parametrize("name", ["SaveBookmark", "ToggleBookmark"])
@pytest.mark.parametrize("target", [{"message_id": "m1"}, {"message_id": "m3"}, {"file_id": "f1"}, {"file_id": "f2"}])
async def test_what_is_forbidden_looks_like_what_is_missing(
    chat: Any, refused: Any, name: str, target: dict[str, str]
) -> None:
    request = {"SaveBookmark": pb.SaveBookmarkRequest, "ToggleBookmark": pb.ToggleBookmarkRequest}[name]
    call = getattr(chat.stub, name)
    missing = dict.fromkeys(target, "no-such-thing")
    forbidden = await refused(call(request(target=pb.Target(**target)), **chat.as_user("eve")))
    assert forbidden == await refused(call(request(target=pb.Target(**missing)), **chat.as_user("eve")))
    assert forbidden[0] is StatusCode.NOT_FOUND
    assert (await chat.listed("eve")).total_size == 0


async def test_a_loose_file_is_its_uploaders_alone(chat: Any, refused: Any) -> None:
    assert (await chat.save("ann", file_id="f2")).file.name == "draft.txt"
    code, text = await refused(chat.save("bob", file_id="f2"))
    assert (code, text) == (StatusCode.NOT_FOUND, "File not found or access denied")


async def test_book_04_remove(chat: Any, refused: Any) -> None:
    saved = await chat.save("ann", message_id="m1")
    request = pb.RemoveBookmarkRequest(id=saved.id)
    foreign = await refused(chat.stub.RemoveBookmark(request, **chat.as_user("bob")))
    missing = pb.RemoveBookmarkRequest(id="01998a2e-0000-7000-8000-000000000000")
    assert foreign == await refused(chat.stub.RemoveBookmark(missing, **chat.as_user("bob")))
    assert foreign == (StatusCode.NOT_FOUND, "Bookmark not found")
    assert (await chat.listed("ann")).total_size == 1
    await chat.stub.RemoveBookmark(request, **chat.as_user("ann"))
    assert (await chat.listed("ann")).total_size == 0
    await chat.stub.RemoveBookmark(pb.RemoveBookmarkRequest(id=saved.id, allow_missing=True), **chat.as_user("ann"))


async def test_removing_by_target_is_idempotent(chat: Any) -> None:
    await chat.save("ann", message_id="m1")
    for _ in range(2):
        await chat.stub.RemoveBookmark(pb.RemoveBookmarkRequest(target=MESSAGE), **chat.as_user("ann"))
    assert (await chat.listed("ann")).total_size == 0


async def test_lost_access_does_not_keep_a_person_from_removing(chat: Any) -> None:
    for target in ({"message_id": "m1"}, {"file_id": "f1"}):
        await chat.save("ann", **target)
    await chat.feed({"membership": {"conversation_id": "general", "user_id": "ann", "removed": True}})
    answer = await chat.stub.ToggleBookmark(pb.ToggleBookmarkRequest(target=MESSAGE), **chat.as_user("ann"))
    assert not answer.bookmarked
    await chat.stub.RemoveBookmark(pb.RemoveBookmarkRequest(target=pb.Target(file_id="f1")), **chat.as_user("ann"))
    assert (await chat.listed("ann")).total_size == 0
