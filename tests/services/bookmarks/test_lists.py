"""Lists: rows A11-A13, A19, A20, A22, G-A9, G-A10, G-A13; order, pages and totals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.feed.v1 import feed_pb2
from tests.services.bookmarks.client import Service, message, target_id

START = datetime(2026, 5, 4, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="module")
async def full(chat: Service) -> Service:
    """Ann has saved 205 messages, all but the last five in two moments."""
    await chat.feed(*(message(f"n{number:03}") for number in range(205)))
    for first in (0, 100, 200):
        targets = [pb.Target(message_id=f"n{number:03}") for number in range(first, min(first + 100, 205))]
        await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets))
    return chat


async def test_a22_nobody_saved_anything_yet(chat: Service) -> None:
    page = await chat.listed("ann")
    assert page == pb.ListBookmarksResponse()
    assert await chat.count("ann") == 0


async def test_a11_book_03_newest_first_whatever_the_order_of_insertion(chat: Service) -> None:
    move = "update bookmarks.bookmarks set created_at = :at where workspace = :workspace and target_id = :target"
    for minute, target in ((3, "m1"), (1, "m2"), (2, "m3")):
        await chat.save("ann", message_id=target)
        await chat.execute(move, target=target, at=START + timedelta(minutes=minute))
    assert [target_id(each) for each in (await chat.listed("ann")).bookmarks] == ["m1", "m3", "m2"]
    assert await chat.walked("ann", page_size=1) == ["m1", "m3", "m2"]


@pytest.mark.parametrize(("asked", "given"), [(0, 50), (1, 1), (100, 100), (101, 100), (1000, 100)])
async def test_a13_the_size_of_a_page(full: Service, asked: int, given: int) -> None:
    page = await full.listed("ann", page_size=asked)
    assert len(page.bookmarks) == given
    assert page.total_size == 205
    assert page.next_page_token


async def test_a13_no_page_has_a_negative_size(chat: Service) -> None:
    refusal = await chat.refused("ann", pb.ListBookmarksRequest(page_size=-1))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("page_size",))


async def test_a13_pages_show_each_once_in_one_order(full: Service) -> None:
    walked = await full.walked("ann", page_size=7)
    assert len(walked) == len(set(walked)) == 205
    assert walked == await full.walked("ann", page_size=100)
    assert set(walked[:5]) == {f"n{number}" for number in range(200, 205)}


async def test_a_page_that_ends_with_the_list_is_the_last(chat: Service) -> None:
    for target in ("m1", "m2"):
        await chat.save("ann", message_id=target)
    page = await chat.listed("ann", page_size=2)
    assert (len(page.bookmarks), page.next_page_token) == (2, "")


async def test_a13_what_comes_and_goes_meanwhile_moves_nothing(full: Service) -> None:
    before = await full.walked("ann", page_size=100)
    first = await full.listed("ann", page_size=50)
    await full.save("ann", message_id="m1")
    for gone in (before[10], before[49], before[60]):
        await full.ask("ann", pb.RemoveBookmarkRequest(target=pb.Target(message_id=gone)))
    second = await full.listed("ann", page_size=50, page_token=first.next_page_token)
    expected = [each for each in before[50:] if each != before[60]]
    assert [target_id(each) for each in second.bookmarks] == expected[:50]


@pytest.mark.parametrize("filters", [{}, {"type": pb.Bookmark.TYPE_MESSAGE}, {"text": "text"}, {"available": True}])
async def test_a_later_page_tells_the_total_of_the_first(full: Service, filters: dict[str, Any]) -> None:
    first = await full.listed("ann", **filters)
    await full.save("ann", message_id="m1")
    second = await full.listed("ann", page_token=first.next_page_token, **filters)
    third = await full.listed("ann", page_token=second.next_page_token, **filters)
    assert [first.total_size, second.total_size, third.total_size] == [205, 205, 205]


async def test_a19_a_preview_has_80_characters(chat: Service) -> None:
    await chat.feed(message("short", "ü" * 80), message("long", "ü" * 81), message("wide", "👩‍👩‍👧" * 40))
    previews = [(await chat.save("ann", message_id=id_)).message.preview for id_ in ("short", "long", "wide")]
    assert previews == ["ü" * 80, "ü" * 80 + "...", ("👩‍👩‍👧" * 40)[:80] + "..."]


async def test_a12_a20_book_05_an_item_says_where_to_jump(chat: Service) -> None:
    ref = pb.ConversationRef
    channel = (await chat.save("ann", message_id="m1")).message
    assert channel.conversation == ref(id="general", kind=ref.KIND_CHANNEL, name="General")
    assert (channel.id, channel.author) == ("m1", pb.Person(id="bob", name="Bob"))
    direct = (await chat.save("ann", message_id="m3")).message
    assert direct.conversation == ref(id="dm-1", kind=ref.KIND_DM)
    await chat.feed({"file": {"id": "f3", "message_id": "m3", "uploader_id": "bob", "name": "x.png"}})
    file = await chat.save("ann", file_id="f3")
    assert (file.message.id, file.message.conversation.id) == ("m3", "dm-1")
    assert file.file == pb.SavedFile(id="f3", name="x.png", uploader=pb.Person(id="bob", name="Bob"))


async def test_an_item_shows_what_the_feed_said_last(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    kind = feed_pb2.Conversation.KIND_ASSISTANT
    await chat.feed(
        message("m1", "Dinner?", edited_at=START),
        {"user": {"id": "bob", "display_name": "Robert"}},
        {"conversation": {"id": "general", "kind": kind, "name": "Food"}},
    )
    shown = (await chat.listed("ann")).bookmarks[0].message
    assert (shown.preview, shown.author.name, shown.conversation.name) == ("Dinner?", "Robert", "Food")
    assert shown.conversation.kind == pb.ConversationRef.KIND_ASSISTANT


async def test_what_the_feed_has_not_introduced_is_shown_without_a_name(chat: Service) -> None:
    await chat.feed(message("m9", where="unknown", author_id="stranger"))
    await chat.feed({"membership": {"conversation_id": "unknown", "user_id": "ann"}})
    shown = (await chat.save("ann", message_id="m9")).message
    assert shown.author == pb.Person(id="stranger")
    assert shown.conversation == pb.ConversationRef(id="unknown")
