"""What is saved already: rows A14, A15, A25, G-A7, G-A8, and the count on a badge."""

import asyncio

import pytest
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from tests.services.bookmarks.client import Service, membership, message

TARGETS = [pb.Target(message_id="m1"), pb.Target(file_id="f1"), pb.Target(message_id="f1")]


def check(*targets: pb.Target) -> pb.CheckBookmarksRequest:
    return pb.CheckBookmarksRequest(targets=targets)


async def test_a15_ga08_messages_and_files_are_told_in_the_order_asked(chat: Service) -> None:
    file = await chat.save("ann", file_id="f1")
    answer = await chat.ask("ann", check(*TARGETS, TARGETS[1]))
    assert [each.target for each in answer.results] == [*TARGETS, TARGETS[1]]
    assert [each.bookmarked for each in answer.results] == [False, True, False, True]
    assert [each.bookmark_id for each in answer.results] == ["", file.id, "", file.id]
    assert [each.HasField("bookmark_id") for each in answer.results] == [False, True, False, True]


async def test_a14_for_nobody_nothing_is_saved(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    answer = await chat.ask((), check(*TARGETS))
    assert [each.bookmarked for each in answer.results] == [False] * 3
    assert (await chat.ask((), check())) == (await chat.ask("ann", check())) == pb.CheckBookmarksResponse()


async def test_a_credential_that_is_sent_must_be_valid(chat: Service) -> None:
    refusal = await chat.refused((("authorization", "Bearer nonsense"),), check(*TARGETS))
    assert (refusal.code, refusal.reason) == (StatusCode.UNAUTHENTICATED, "CREDENTIALS_INVALID")


async def test_a_check_tells_nothing_of_what_exists(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    hidden = (await chat.ask("eve", check(*TARGETS))).results
    assert [each.bookmarked for each in hidden] == [False] * 3
    await chat.feed({"message_deleted": {"id": "m1"}}, membership("general", "ann", removed=True))
    assert (await chat.ask("ann", check(*TARGETS))).results[0].bookmarked


async def test_500_targets_at_once_and_no_more(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    many = [pb.Target(file_id=f"file-{number}") for number in range(499)]
    answer = await chat.ask("ann", check(*many, TARGETS[0]))
    assert [each.bookmarked for each in answer.results] == [False] * 499 + [True]
    refusal = await chat.refused("ann", check(*many, *TARGETS[:2]))
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("targets",))


async def counts(service: Service, user: str) -> tuple[int, int, int]:
    """All, messages, files."""
    kinds = (None, pb.Bookmark.TYPE_MESSAGE, pb.Bookmark.TYPE_FILE)
    answers = [await service.ask(user, pb.CountBookmarksRequest(type=kind)) for kind in kinds]
    return answers[0].count, answers[1].count, answers[2].count


async def test_a25_a_badge_counts_every_bookmark_the_unavailable_too(chat: Service) -> None:
    assert await counts(chat, "ann") == (0, 0, 0)
    for target in ({"message_id": "m1"}, {"message_id": "m2"}, {"file_id": "f2"}):
        await chat.save("ann", **target)
    await chat.save("bob", message_id="m1")
    await chat.feed({"message_deleted": {"id": "m1"}})
    assert await counts(chat, "ann") == (3, 2, 1)
    await chat.ask("ann", pb.ToggleBookmarkRequest(target=pb.Target(message_id="m1")))
    assert await counts(chat, "ann") == (2, 1, 1)
    assert await counts(chat, "bob") == (1, 1, 0)


async def test_e17_a_count_is_fresh_after_every_write(chat: Service) -> None:
    batch = [pb.Target(message_id="m1"), pb.Target(message_id="m2"), pb.Target(file_id="f2")]
    await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=batch))
    assert await counts(chat, "ann") == (3, 2, 1)
    await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=batch))
    assert await counts(chat, "ann") == (3, 2, 1)
    await chat.ask("ann", pb.BatchRemoveBookmarksRequest(targets=batch[1:]))
    assert await counts(chat, "ann") == (1, 1, 0)


@pytest.mark.parametrize("again", [False, True])
async def test_counts_stay_exact_when_a_user_is_deleted(chat: Service, again: bool) -> None:
    await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=[pb.Target(message_id="m1"), pb.Target(file_id="f2")]))
    await chat.save("bob", message_id="m1")
    await chat.feed(*[{"user_deleted": {"id": "ann"}}] * (1 + again))
    assert await counts(chat, "ann") == (0, 0, 0)
    assert await counts(chat, "bob") == (1, 1, 0)


async def test_counts_stay_exact_when_a_user_is_deleted_while_they_save(chat: Service) -> None:
    targets = [
        pb.Target(message_id="m1"),
        pb.Target(message_id="m2"),
        pb.Target(message_id="m3"),
        pb.Target(file_id="f2"),
    ]
    saves = [chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets[::step])) for step in (1, -1) * 5]
    await asyncio.gather(*saves[:5], chat.feed({"user_deleted": {"id": "ann"}}), *saves[5:])
    left = await chat.listed("ann")
    assert (await counts(chat, "ann"))[0] == left.total_size == len(left.bookmarks)
    assert not [bookmark for bookmark in left.bookmarks if bookmark.available]


async def test_counts_are_exact_after_everything_happened_at_once(chat: Service) -> None:
    names = [f"n{number}" for number in range(20)]
    await chat.feed(*(message(name) for name in names))
    targets = [pb.Target(message_id=name) for name in names]
    files = [pb.Target(file_id="f1"), pb.Target(file_id="f2")]
    saves = [chat.ask("ann", pb.SaveBookmarkRequest(target=target)) for target in targets]
    toggles = [chat.ask("ann", pb.ToggleBookmarkRequest(target=target)) for target in targets * 3]
    batches = [
        chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets[::step] + files)) for step in (1, -1, 2, -2)
    ]
    removals = [chat.ask("ann", pb.BatchRemoveBookmarksRequest(targets=files + targets[::-3])) for _ in range(4)]
    await asyncio.gather(*saves, *toggles, *batches, *removals)
    listed = await chat.listed("ann", page_size=100)
    kinds = [bookmark.type for bookmark in listed.bookmarks]
    messages, files_left = kinds.count(pb.Bookmark.TYPE_MESSAGE), kinds.count(pb.Bookmark.TYPE_FILE)
    assert await counts(chat, "ann") == (len(kinds), messages, files_left)
    assert listed.total_size == len(kinds)
