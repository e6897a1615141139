"""Many at once: rows A29, G-A16; one foreign id returns the rest, and batches do not stand in each other's way."""

import asyncio

import pytest
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2
from tests.services.bookmarks.client import NOBODYS_ID, Service, message, target_id

RESULT = pb.BatchSaveBookmarksResponse.Result
SAVED, ALREADY, MISSING = RESULT.OUTCOME_SAVED, RESULT.OUTCOME_ALREADY_SAVED, RESULT.OUTCOME_NOT_FOUND


def targets(*ids: str) -> list[pb.Target]:
    """Targets by the first letter of their id."""
    return [pb.Target(message_id=id_) if id_.startswith("m") else pb.Target(file_id=id_) for id_ in ids]


async def test_a29_one_foreign_id_returns_the_rest(chat: Service) -> None:
    wanted = targets("f1", "m3", "missing", "f2", "m1")
    answer = await chat.ask("bob", pb.BatchSaveBookmarksRequest(targets=wanted))
    assert [each.target for each in answer.results] == wanted
    assert [each.outcome for each in answer.results] == [SAVED, SAVED, MISSING, MISSING, SAVED]
    assert (answer.saved_count, answer.already_saved_count) == (3, 0)
    listed = (await chat.listed("bob")).bookmarks
    ids = {target_id(each): each.id for each in listed}
    assert [each.bookmark_id for each in answer.results] == [ids.get(target_id(each), "") for each in answer.results]


async def test_ga16_what_was_saved_before_is_told_apart_and_unchanged(chat: Service) -> None:
    before = await chat.save("ann", message_id="m1")
    request = pb.BatchSaveBookmarksRequest(targets=targets("m1", "m2"), note="batch", tags=["Batch"])
    answer = await chat.ask("ann", request)
    assert [each.outcome for each in answer.results] == [ALREADY, SAVED]
    assert (answer.saved_count, answer.already_saved_count) == (1, 1)
    new, old = (await chat.listed("ann")).bookmarks
    assert old == before
    assert (new.note, list(new.tags)) == ("batch", ["batch"])


async def test_a_target_that_stands_twice_is_saved_once(chat: Service) -> None:
    answer = await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets("m1", "m2", "m1")))
    assert [each.outcome for each in answer.results] == [SAVED] * 3
    assert answer.results[0] == answer.results[2]
    assert (answer.saved_count, await chat.count("ann")) == (2, 2)
    removed = await chat.ask("ann", pb.BatchRemoveBookmarksRequest(targets=targets("m1", "m1")))
    assert removed.removed_count == 1


@pytest.mark.parametrize("number", [0, 101])
async def test_a_batch_holds_1_to_100_targets(chat: Service, number: int) -> None:
    request = pb.BatchSaveBookmarksRequest(targets=targets(*(f"m{n}" for n in range(number))))
    refusal = await chat.refused("ann", request)
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("targets",))


async def test_the_field_of_a_bad_target_is_named(chat: Service) -> None:
    request = pb.BatchSaveBookmarksRequest(targets=[*targets("m1", "m2"), pb.Target(file_id="x" * 129)])
    assert (await chat.refused("ann", request)).fields == ("targets[2].file_id",)
    assert await chat.count("ann") == 0


async def test_into_a_collection_or_not_at_all(chat: Service) -> None:
    collection = await chat.ask("ann", collections_pb2.CreateCollectionRequest(name="Batch"))
    await chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets("m1"), collection_id=collection.id))
    assert (await chat.listed("ann")).bookmarks[0].collection_id == collection.id
    foreign = pb.BatchSaveBookmarksRequest(targets=targets("m1"), collection_id=collection.id)
    refusal = await chat.refused("bob", foreign)
    assert refusal == await chat.refused(
        "bob", pb.BatchSaveBookmarksRequest(targets=targets("m1"), collection_id=NOBODYS_ID)
    )
    assert (refusal.code, refusal.reason) == (StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    assert await chat.count("bob") == 0


async def test_removing_by_id_and_target_passes_over_what_is_not_the_callers(chat: Service) -> None:
    mine = [await chat.save("ann", message_id="m1"), await chat.save("ann", file_id="f1")]
    theirs = await chat.save("bob", message_id="m1")
    ids = [mine[0].id, theirs.id, NOBODYS_ID]
    answer = await chat.ask("ann", pb.BatchRemoveBookmarksRequest(ids=ids, targets=targets("f1", "f2", "m1")))
    assert answer.removed_count == 2
    assert (await chat.count("ann"), await chat.count("bob")) == (0, 1)


@pytest.mark.parametrize(("ids", "names"), [(0, 0), (501, 0), (0, 501), (250, 251)])
async def test_a_removal_holds_1_to_500(chat: Service, ids: int, names: int) -> None:
    request = pb.BatchRemoveBookmarksRequest(ids=[NOBODYS_ID] * ids, targets=targets(*["m1"] * names))
    refusal = await chat.refused("ann", request)
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")


async def test_batches_in_opposite_order_do_not_lock_each_other_out(chat: Service) -> None:
    names = [f"m{number}" for number in range(10, 60)]
    await chat.feed(*(message(name) for name in names))
    wanted = targets(*names, "f1", "f2")
    for _ in range(3):
        saves = [chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=wanted[::step])) for step in (1, -1) * 3]
        answers = await asyncio.gather(*saves)
        assert sum(answer.saved_count for answer in answers) == len(wanted)
        removals = [chat.ask("ann", pb.BatchRemoveBookmarksRequest(targets=wanted[::step])) for step in (1, -1) * 3]
        assert sum(answer.removed_count for answer in await asyncio.gather(*removals)) == len(wanted)


async def test_saving_and_removing_batches_do_not_lock_each_other_out(chat: Service) -> None:
    wanted = targets("m1", "m2", "m3", "f1", "f2")
    calls = []
    for step in (1, -1) * 10:
        calls.append(chat.ask("ann", pb.BatchSaveBookmarksRequest(targets=wanted[::step])))
        calls.append(chat.ask("ann", pb.BatchRemoveBookmarksRequest(targets=wanted[::step])))
    await asyncio.gather(*calls)
    assert (await chat.listed("ann")).total_size == len((await chat.listed("ann")).bookmarks)
