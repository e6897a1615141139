"""Everybody at once: proof H15, rows A02, G-A5."""

import asyncio
import contextlib
from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf.message import Message

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from tests.services.bookmarks.client import Service, membership

MESSAGE = pb.Target(message_id="m1")
RETRIED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.DEADLINE_EXCEEDED}


async def insist(service: Service, request: Message, answers_lost: int) -> set[grpc.StatusCode]:
    """Call as a client with retries does, some of whose answers get lost; tells which errors it met."""
    met = set()
    for attempt in range(10):
        try:
            await service.ask("ann", request)
        except grpc.aio.AioRpcError as error:
            met.add(error.code())
        else:
            if attempt >= answers_lost:
                break
    return met


async def test_h15_saves_and_removals_at_once_leave_what_was_committed_last(chat: Service) -> None:
    save, remove = pb.SaveBookmarkRequest(target=MESSAGE), pb.RemoveBookmarkRequest(target=MESSAGE)
    calls = [insist(chat, request, number % 3 == 0) for number in range(200) for request in (save, remove)]
    assert set().union(*await asyncio.gather(*calls)) <= RETRIED
    assert (await chat.listed("ann")).total_size == len((await chat.listed("ann")).bookmarks) <= 1
    for last, there in ((save, 1), (remove, 0), (save, 1)):
        await chat.ask("ann", last)
        assert await chat.count("ann") == (await chat.listed("ann")).total_size == there
        checked = await chat.ask("ann", pb.CheckBookmarksRequest(targets=[MESSAGE]))
        assert checked.results[0].bookmarked == bool(there)


async def test_h15_whoever_was_told_last_was_told_the_truth(chat: Service) -> None:
    """Each person's calls are made one after another, while others make theirs: every answer is what is."""
    await chat.feed(*(membership("general", f"user-{number}") for number in range(10)))

    async def click(user: str) -> None:
        for _ in range(10):
            answer = await chat.ask(user, pb.ToggleBookmarkRequest(target=MESSAGE))
            checked = await chat.ask(user, pb.CheckBookmarksRequest(targets=[MESSAGE]))
            assert checked.results[0].bookmarked == answer.bookmarked
            assert checked.results[0].bookmark_id == answer.bookmark.id

    await asyncio.gather(*(click(f"user-{number}") for number in range(10)))


async def test_saving_while_access_comes_and_goes(chat: Service) -> None:
    async def leave_and_return() -> None:
        for _ in range(10):
            await chat.feed(membership("general", "ann", removed=True))
            await chat.feed(membership("general", "ann"))

    async def save() -> None:
        for _ in range(20):
            with contextlib.suppress(grpc.aio.AioRpcError):
                await chat.save("ann", message_id="m1")

    await asyncio.gather(leave_and_return(), save(), save())
    assert (await chat.save("ann", message_id="m1")).available


@pytest.mark.parametrize("request_id", [None, "click"])
async def test_a_toggle_and_its_deleted_message_meet(chat: Service, request_id: str | None) -> None:
    click = pb.ToggleBookmarkRequest(target=MESSAGE, request_id=request_id)
    deletion = chat.feed({"message_deleted": {"id": "m1"}, "occurred_at": datetime.now(UTC)})
    outcomes = await asyncio.gather(chat.ask("ann", click), deletion, return_exceptions=True)
    if isinstance(outcomes[0], grpc.aio.AioRpcError):
        assert outcomes[0].code() is grpc.StatusCode.NOT_FOUND
    for bookmark in (await chat.listed("ann")).bookmarks:
        assert not bookmark.available
