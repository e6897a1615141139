"""Saving, toggling and removing: rows A01-A04, A16, A21, G-A5, G-A6, G-A8 and the races among them."""

import asyncio

import pytest
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from tests.services.bookmarks.client import NOBODYS_ID, Service, membership

MESSAGE = pb.Target(message_id="m1")


async def test_a01_book_01_save_a_message(chat: Service) -> None:
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


async def test_a01_book_02_save_a_file(chat: Service) -> None:
    saved = await chat.save("ann", file_id="f1")
    assert saved.type == pb.Bookmark.TYPE_FILE
    assert saved.file.name == "menu.pdf"
    assert saved.file.size_bytes == 1234
    assert saved.file.uploader.name == "Bob"
    assert saved.message.id == "m1"
    assert saved.message.conversation.id == "general"


async def test_saving_again_answers_with_what_there_is(chat: Service) -> None:
    first = await chat.save("ann", message_id="m1")
    again = await chat.ask("ann", pb.SaveBookmarkRequest(target=MESSAGE, note="ignored", tags=["ignored"]))
    assert again.already_saved
    assert again.bookmark == first


async def test_get_answers_with_what_was_saved(chat: Service) -> None:
    for target in ({"message_id": "m1"}, {"message_id": "m3"}, {"file_id": "f1"}, {"file_id": "f2"}):
        saved = await chat.save("ann", **target)
        assert await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == saved


async def test_a02_fifty_concurrent_saves_leave_one_row(chat: Service) -> None:
    saved = await asyncio.gather(*(chat.save("ann", message_id="m1") for _ in range(50)))
    assert len({each.id for each in saved}) == 1
    assert (await chat.listed("ann")).total_size == 1


async def test_a03_toggle_turns_over(chat: Service) -> None:
    answers = [(await chat.ask("ann", pb.ToggleBookmarkRequest(target=MESSAGE))).bookmarked for _ in range(3)]
    assert answers == [True, False, True]


async def test_concurrent_toggles_each_count(chat: Service) -> None:
    request = pb.ToggleBookmarkRequest(target=MESSAGE)
    answers = await asyncio.gather(*(chat.ask("ann", request) for _ in range(41)))
    assert sum(answer.bookmarked for answer in answers) == 21
    assert (await chat.listed("ann")).total_size == 1


async def test_a21_a_repeated_click_counts_once(chat: Service) -> None:
    request = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-1")
    answers = await asyncio.gather(*(chat.ask("ann", request) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].bookmarked
    other = pb.ToggleBookmarkRequest(target=pb.Target(message_id="m2"), request_id="click-1")
    refusal = await chat.refused("ann", other)
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "IDEMPOTENCY_KEY_REUSED")
    await chat.ask("bob", other)


async def test_the_first_answer_to_a_click_stays_the_answer(chat: Service) -> None:
    click = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-1")
    assert (await chat.ask("ann", click)).bookmarked
    undo = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-2")
    assert not (await chat.ask("ann", undo)).bookmarked
    late = await chat.ask("ann", click)
    assert late.bookmarked
    assert not late.HasField("bookmark")
    assert not (await chat.ask("ann", undo)).bookmarked
    assert await chat.count("ann") == 0


async def test_a_click_that_was_refused_can_be_repeated(chat: Service) -> None:
    click = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-1")
    assert (await chat.refused("eve", click)).code is StatusCode.NOT_FOUND
    await chat.feed(membership("general", "eve"))
    assert (await chat.ask("eve", click)).bookmarked


async def test_a_click_is_remembered_for_24_hours(chat: Service) -> None:
    click = pb.ToggleBookmarkRequest(target=MESSAGE, request_id="click-1")
    assert (await chat.ask("ann", click)).bookmarked
    earlier = "update bookmarks.toggles set created_at = created_at - interval '25 hours' where workspace = :workspace"
    await chat.execute(earlier)
    assert not (await chat.ask("ann", click)).bookmarked


async def test_clicks_of_people_who_never_come_back_are_forgotten(chat: Service) -> None:
    await chat.execute(
        """
        insert into bookmarks.toggles (workspace, user_id, request_id, target_type, target_id, created_at)
        select cast(:workspace as text), 'bob', n::text, 'message', 'm1', now() - n * interval '1 hour'
        from generate_series(1, 223) n
        """
    )

    async def left() -> int:
        (row,) = await chat.execute("select count(*) from bookmarks.toggles where workspace = :workspace")
        return int(row[0])

    for number, expected in enumerate((124, 25, 26)):
        request = pb.ToggleBookmarkRequest(target=MESSAGE, request_id=f"click-{number}")
        answers = await asyncio.gather(*(chat.ask("ann", request) for _ in range(3)))
        assert all(answer == answers[0] for answer in answers)
        assert await left() == expected


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (pb.Target(), "messageId, fileId or url required"),
        (pb.Target(message_id=""), "messageId required for message bookmarks"),
        (pb.Target(file_id=""), "fileId required for file bookmarks"),
        (pb.Target(url=""), "url required for link bookmarks"),
    ],
)
async def test_a04_a_target_is_required(chat: Service, target: pb.Target, text: str) -> None:
    refusal = await chat.refused("ann", pb.SaveBookmarkRequest(target=target))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("target",))
    assert text in refusal.message


async def test_a16_book_04_remove(chat: Service) -> None:
    saved = await chat.save("ann", message_id="m1")
    request = pb.RemoveBookmarkRequest(id=saved.id)
    foreign = await chat.refused("bob", request)
    assert foreign == await chat.refused("bob", pb.RemoveBookmarkRequest(id=NOBODYS_ID))
    assert (foreign.code, foreign.message) == (StatusCode.NOT_FOUND, "Bookmark not found")
    assert (await chat.listed("ann")).total_size == 1
    await chat.ask("ann", request)
    assert (await chat.listed("ann")).total_size == 0
    assert (await chat.refused("ann", request)) == foreign
    await chat.ask("ann", pb.RemoveBookmarkRequest(id=saved.id, allow_missing=True))


async def test_removing_by_target_is_idempotent(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    for _ in range(2):
        await chat.ask("ann", pb.RemoveBookmarkRequest(target=MESSAGE))
    assert (await chat.listed("ann")).total_size == 0


async def test_removing_needs_the_etag_that_was_read(chat: Service) -> None:
    saved = await chat.save("ann", message_id="m1")
    await chat.ask("ann", pb.UpdateBookmarkRequest(id=saved.id, note="changed"))
    for key in ({"id": saved.id}, {"target": MESSAGE}, {"id": saved.id, "allow_missing": True}):
        refusal = await chat.refused("ann", pb.RemoveBookmarkRequest(**key, etag=saved.etag))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "ETAG_MISMATCH")
    now = await chat.ask("ann", pb.GetBookmarkRequest(id=saved.id))
    await chat.ask("ann", pb.RemoveBookmarkRequest(id=saved.id, etag=now.etag))
    missing = await chat.refused("ann", pb.RemoveBookmarkRequest(id=saved.id, etag=now.etag))
    assert missing.reason == "BOOKMARK_NOT_FOUND"


async def test_ga06_lost_access_does_not_keep_a_person_from_removing(chat: Service) -> None:
    for target in ({"message_id": "m1"}, {"file_id": "f1"}):
        await chat.save("ann", **target)
    await chat.feed(membership("general", "ann", removed=True))
    assert not (await chat.ask("ann", pb.ToggleBookmarkRequest(target=MESSAGE))).bookmarked
    await chat.ask("ann", pb.RemoveBookmarkRequest(target=pb.Target(file_id="f1")))
    assert (await chat.listed("ann")).total_size == 0
