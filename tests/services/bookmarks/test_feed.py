"""FeedService.Apply: every kind of change, batches, limits, and what deletions take with them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2
from cairn.feed.v1 import feed_pb2
from tests.services.bookmarks.client import SENT, Service, membership, message

FILE = {"file": {"id": "f9", "message_id": "m9", "uploader_id": "bob", "name": "x.txt"}}
KINDS: dict[str, dict[str, Any]] = {
    "user": {"user": {"id": "ann", "display_name": "Anna"}},
    "conversation": {"conversation": {"id": "general", "kind": "KIND_DM", "name": "Renamed"}},
    "membership": membership("general", "eve"),
    "message": message("m9", role="ROLE_ASSISTANT", edited_at=SENT),
    "file": FILE,
    "user_deleted": {"user_deleted": {"id": "bob"}},
    "conversation_deleted": {"conversation_deleted": {"id": "dm-1"}},
    "message_deleted": {"message_deleted": {"id": "m1"}},
    "file_deleted": {"file_deleted": {"id": "f1"}},
}


def days_ago(number: int) -> datetime:
    """A time at the host."""
    return datetime.now(UTC) - timedelta(days=number)


async def view(service: Service) -> dict[str, tuple[Any, ...]]:
    """All facts of the workspace, without the moments they came at."""
    rows = await service.execute("""
        select 'user ' || id as key, array[name, deleted::text] as fact
        from bookmarks.users where workspace = :workspace union all
        select 'conversation ' || id, array[kind::text, name, deleted::text]
        from bookmarks.conversations where workspace = :workspace union all
        select 'membership ' || conversation_id || user_id, array[removed::text]
        from bookmarks.memberships where workspace = :workspace union all
        select 'message ' || id, array[conversation_id, author_id, text, sent_at::text, deleted::text]
        from bookmarks.messages where workspace = :workspace union all
        select 'file ' || id, array[message_id, uploader_id, name, media_type, size_bytes::text, deleted::text]
        from bookmarks.files where workspace = :workspace
    """)
    return {row["key"]: tuple(row["fact"]) for row in rows}


def test_every_kind_of_change_is_tried_here() -> None:
    assert set(KINDS) == {field.name for field in feed_pb2.Change.DESCRIPTOR.oneofs_by_name["fact"].fields}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dated", [True, False])
async def test_each_kind_is_taken_and_taking_it_again_changes_nothing(chat: Service, kind: str, dated: bool) -> None:
    before = await view(chat)
    change = KINDS[kind] | ({"occurred_at": datetime.now(UTC)} if dated else {})
    await chat.feed(change)
    after = await view(chat)
    assert after != before
    await chat.feed(change)
    await chat.feed(change, change)
    assert await view(chat) == after


@pytest.mark.parametrize("dated", [True, False])
async def test_a_batch_sent_again_changes_nothing(service: Service, dated: bool) -> None:
    batch = [dict(change) for change in KINDS.values()]
    if dated:
        batch = [change | {"occurred_at": days_ago(20 - place)} for place, change in enumerate(batch)]
    await service.feed(*batch)
    once = await view(service)
    await service.feed(*batch)
    assert await view(service) == once


async def test_changes_of_one_thing_are_taken_in_order(service: Service) -> None:
    names = ["One", "Two", "Three"]
    await service.feed(*({"user": {"id": "ann", "display_name": name}} for name in names))
    assert (await view(service))["user ann"] == ("Three", "false")
    await service.feed(message("m1", "first"), {"message_deleted": {"id": "m1"}}, message("m1", "back?"))
    assert (await view(service))["message m1"][2:] == ("", "2026-05-04 09:30:00+00", "true")


async def test_an_undated_change_is_the_last_word_even_on_a_clock_that_runs_ahead(service: Service) -> None:
    ahead = {"occurred_at": datetime.now(UTC) + timedelta(minutes=30)}
    came = [{"user": {"id": "ann", "display_name": "Ann"}}, membership("general", "ann"), message("m1", "Hush")]
    await service.feed(*(change | ahead for change in came))
    renamed = {"user": {"id": "ann", "display_name": "Anna"}}
    await service.feed(renamed, membership("general", "ann", removed=True), {"message_deleted": {"id": "m1"}})
    found = await view(service)
    assert (found["user ann"][0], found["membership generalann"]) == ("Anna", ("true",))
    assert (found["message m1"][2], found["message m1"][-1]) == ("", "true")


async def test_a_thousand_changes_in_one_call_and_no_more(service: Service) -> None:
    changes = [feed_pb2.Change(**message(f"m{number}")) for number in range(1001)]
    answer = await service.ask(service.as_service(), feed_pb2.ApplyRequest(changes=changes[:1000]))
    assert answer.applied_count == 1000
    assert len(await view(service)) == 1000
    for number in (1001, 0):
        request = feed_pb2.ApplyRequest(changes=changes[:number])
        refusal = await service.refused(service.as_service(), request)
        assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ("changes",))


async def test_a_batch_is_taken_whole_or_not_at_all(service: Service) -> None:
    future = datetime.now(UTC) + timedelta(minutes=61)
    late = {"user": {"id": "x"}, "occurred_at": future}
    with_bad = feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**each) for each in (message("m1"), late)])
    refusal = await service.refused(service.as_service(), with_bad)
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "OCCURRED_IN_FUTURE")
    assert refusal.fields == ("changes[1].occurred_at",)
    assert await view(service) == {}
    await service.feed(late | {"occurred_at": future - timedelta(minutes=2)})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "changes[0].fact"),
        ({"user": {}}, "changes[0].user.id"),
        ({"user": {"id": "a\x00b"}}, "changes[0].user.id"),
        ({"user": {"id": "a", "display_name": "\x00"}}, "changes[0].user.display_name"),
        ({"message_deleted": {"id": "x" * 129}}, "changes[0].message_deleted.id"),
        ({"conversation": {"id": "c"}}, "changes[0].conversation.kind"),
        ({"conversation": {"id": "c", "kind": 9}}, "changes[0].conversation.kind"),
        (message("m", "x" * 100_001), "changes[0].message.text"),
        (message("m", sent_at=None), "changes[0].message.sent_at"),
        (message("m", sent_at=Timestamp(seconds=-1)), "changes[0].message.sent_at"),
        (message("m", role=99), "changes[0].message.role"),
        ({"file": {"id": "f", "uploader_id": "u", "name": ""}}, "changes[0].file.name"),
        ({"file": {"id": "f", "uploader_id": "u", "name": "n", "size_bytes": -1}}, "changes[0].file.size_bytes"),
        ({"user": {"id": "a"}, "occurred_at": Timestamp(seconds=-1)}, "changes[0].occurred_at"),
    ],
    ids=range(14),
)
async def test_the_field_of_a_bad_change_is_named(service: Service, change: dict[str, Any], field: str) -> None:
    request = feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**change)])
    refusal = await service.refused(service.as_service(), request)
    assert (refusal.code, set(refusal.fields)) == (StatusCode.INVALID_ARGUMENT, {field})


async def test_concurrent_batches_that_share_changes_are_both_taken(service: Service) -> None:
    batch = [message(f"m{number}") for number in range(200)] + [membership("general", f"u{n}") for n in range(50)]
    deletions = [{"conversation_deleted": {"id": "general"}}, {"user_deleted": {"id": "u1"}}]
    await asyncio.gather(service.feed(*batch), service.feed(*reversed(batch)), service.feed(*deletions, *batch))
    found = await view(service)
    assert {fact[-1] for key, fact in found.items() if key.startswith("message")} == {"true"}
    assert found["membership generalu1"] == ("true",)


async def test_a_deleted_user_takes_everything_of_theirs_along(chat: Service) -> None:
    for who in ("ann", "bob"):
        await chat.save(who, message_id="m1")
        await chat.ask(who, collections_pb2.CreateCollectionRequest(name="Folder"))
    click = pb.ToggleBookmarkRequest(target=pb.Target(message_id="m2"), request_id="click")
    await chat.ask("ann", click)
    await chat.feed({"user_deleted": {"id": "ann"}})
    assert await chat.count("ann") == 0
    assert (await chat.ask("ann", collections_pb2.ListCollectionsRequest())).total_size == 0
    for target in ({"message_id": "m1"}, {"file_id": "f2"}):
        request = pb.SaveBookmarkRequest(target=pb.Target(**target))
        assert (await chat.refused("ann", request)).code is StatusCode.NOT_FOUND
    left = await chat.execute("select 1 from bookmarks.toggles where workspace = :workspace")
    assert (left, await chat.count("bob")) == ([], 1)
    assert (await chat.ask("bob", collections_pb2.ListCollectionsRequest())).total_size == 1
    assert "draft.txt" not in str(await view(chat))
