"""What is shown of what is gone: rows A18, A26, A28, G-A1, G-A2, proofs H13 and H14."""

from typing import Any

import pytest

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from tests.services.bookmarks.client import Service, membership, message

DELETED = pb.Bookmark.UNAVAILABLE_REASON_DELETED
LOST = pb.Bookmark.UNAVAILABLE_REASON_ACCESS_LOST
LEFT = membership("general", "ann", removed=True)
MESSAGE, FILE = {"message_id": "m1"}, {"file_id": "f1"}
# All that the workspace knows about m1, f1 and where they are; a tombstone holds none of it.
CONTENT = (b"Lunch", b"menu.pdf", b"Bob", b"bob", b"General", b"general")


async def responses(service: Service, saved: pb.Bookmark) -> dict[str, bytes]:
    """Every response that shows a bookmark, as bytes."""
    return {
        "get": (await service.ask("ann", pb.GetBookmarkRequest(id=saved.id))).SerializeToString(),
        "list": (await service.listed("ann")).SerializeToString(),
        "list of one type": (await service.listed("ann", type=saved.type)).SerializeToString(),
        "update": (await service.ask("ann", pb.UpdateBookmarkRequest(id=saved.id, note="x"))).SerializeToString(),
    }


async def shown(service: Service, saved: pb.Bookmark) -> pb.Bookmark:
    """The bookmark as it is read now."""
    found: pb.Bookmark = await service.ask("ann", pb.GetBookmarkRequest(id=saved.id))
    return found


@pytest.mark.parametrize("target", [MESSAGE, FILE])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([{"message_deleted": {"id": "m1"}}], DELETED),
        ([{"conversation_deleted": {"id": "general"}}], DELETED),
        ([LEFT], LOST),
        ([LEFT, {"message_deleted": {"id": "m1"}}], LOST),
        ([{"message_deleted": {"id": "m1"}}, LEFT], LOST),
        ([LEFT, {"conversation_deleted": {"id": "general"}}], LOST),
    ],
)
async def test_h13_h14_a_tombstone_has_no_byte_of_the_content(
    chat: Service, target: dict[str, str], changes: list[dict[str, Any]], reason: int
) -> None:
    saved = await chat.save("ann", **target)
    await chat.feed(*changes)
    tombstone = await shown(chat, saved)
    assert (tombstone.available, tombstone.unavailable_reason) == (False, reason)
    assert (tombstone.id, tombstone.target, tombstone.type) == (saved.id, saved.target, saved.type)
    for name, data in (await responses(chat, saved)).items():
        assert not [content for content in CONTENT if content in data], name
    await chat.ask("ann", pb.RemoveBookmarkRequest(id=saved.id))
    assert await chat.count("ann") == 0


async def test_a18_a_deleted_file_leaves_its_message(chat: Service) -> None:
    file, text = await chat.save("ann", **FILE), await chat.save("ann", **MESSAGE)
    await chat.feed({"file_deleted": {"id": "f1"}})
    assert (await shown(chat, file)).unavailable_reason == DELETED
    assert (await shown(chat, text)).available
    for data in (await responses(chat, file)).values():
        assert b"menu.pdf" not in data


@pytest.mark.parametrize("target", [MESSAGE, FILE])
async def test_h14_a_person_who_comes_back_sees_it_again(chat: Service, target: dict[str, str]) -> None:
    saved = await chat.save("ann", **target)
    await chat.feed(LEFT)
    await chat.feed(membership("general", "ann"))
    assert await shown(chat, saved) == saved


async def test_what_was_deleted_meanwhile_is_not_back(chat: Service) -> None:
    saved = await chat.save("ann", **MESSAGE)
    await chat.feed(LEFT, {"message_deleted": {"id": "m1"}})
    await chat.feed(membership("general", "ann"))
    assert (await shown(chat, saved)).unavailable_reason == DELETED


async def test_a_tombstone_keeps_what_the_person_wrote(chat: Service) -> None:
    request = pb.SaveBookmarkRequest(target=pb.Target(**MESSAGE), note="mine", tags=["mine"])
    saved = (await chat.ask("ann", request)).bookmark
    await chat.feed({"message_deleted": {"id": "m1"}})
    tombstone = await shown(chat, saved)
    assert (tombstone.note, list(tombstone.tags)) == ("mine", ["mine"])
    changed = await chat.ask("ann", pb.UpdateBookmarkRequest(id=saved.id, note="still mine"))
    assert (changed.note, changed.available) == ("still mine", False)


async def test_an_uploader_keeps_the_file_but_not_the_message_of_a_conversation_they_left(chat: Service) -> None:
    await chat.feed({"file": {"id": "f3", "message_id": "m1", "uploader_id": "ann", "name": "mine.png"}})
    saved = await chat.save("ann", file_id="f3")
    await chat.feed(LEFT)
    now = await shown(chat, saved)
    assert (now.available, now.file.name) == (True, "mine.png")
    assert not now.HasField("message")
    assert b"Lunch" not in now.SerializeToString()


@pytest.mark.parametrize("gone", [{"message_deleted": {"id": "m1"}}, {"conversation_deleted": {"id": "general"}}])
async def test_a_file_goes_with_its_message_for_its_uploader_too(chat: Service, gone: dict[str, Any]) -> None:
    await chat.feed({"file": {"id": "f3", "message_id": "m1", "uploader_id": "ann", "name": "mine.png"}})
    saved = await chat.save("ann", file_id="f3")
    await chat.feed(gone)
    assert (await shown(chat, saved)).unavailable_reason == DELETED


async def test_a28_an_orphan_upload_that_is_cleaned_up_leaves_no_dangling_item(chat: Service) -> None:
    saved = await chat.save("ann", file_id="f2")
    await chat.feed({"file_deleted": {"id": "f2"}})
    tombstone = await shown(chat, saved)
    assert tombstone.unavailable_reason == DELETED
    assert b"draft" not in tombstone.SerializeToString()
    assert not (await chat.ask("ann", pb.ToggleBookmarkRequest(target=saved.target))).bookmarked


async def test_a_deleted_author_has_no_name_any_more(chat: Service) -> None:
    saved, file = await chat.save("ann", **MESSAGE), await chat.save("ann", **FILE)
    await chat.feed({"user_deleted": {"id": "bob"}})
    assert (await shown(chat, saved)).message.author == pb.Person(id="bob")
    assert (await shown(chat, file)).file.uploader == pb.Person(id="bob")
    for data in (await responses(chat, saved)).values():
        assert b"Bob" not in data


async def test_nothing_of_what_was_deleted_stays_in_the_database(chat: Service) -> None:
    await chat.feed(
        message("m4", "Hush", "dm-1"),
        {"message_deleted": {"id": "m1"}},
        {"conversation_deleted": {"id": "dm-1"}},
        {"file_deleted": {"id": "f2"}},
        {"user_deleted": {"id": "bob"}},
    )
    rows = await chat.execute("""
        select t::text from bookmarks.users t where workspace = :workspace union all
        select t::text from bookmarks.conversations t where workspace = :workspace union all
        select t::text from bookmarks.messages t where workspace = :workspace union all
        select t::text from bookmarks.files t where workspace = :workspace
    """)
    kept = "".join(row["t"] for row in rows)
    assert not [word for word in ("Lunch", "Hush", "Secret", "menu", "draft", "Bob") if word in kept]
