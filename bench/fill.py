"""Loads the workspace: into ours through its own API, into the peer's tables straight."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import grpc

from bench.workspace import NAME, SERVICE, Message, Workspace, token
from cairn.bookmarks.v1 import bookmarks_pb2 as api
from cairn.feed.v1 import feed_pb2 as feed

APPLY = "/cairn.feed.v1.FeedService/Apply"
SAVES_AT_ONCE = 4
Item = TypeVar("Item")


async def feed_ours(space: Workspace, port: int, service_key: str) -> float:
    """Feed the facts; tells the median seconds of a call with 1,000 messages."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        metadata = (("authorization", f"Service {service_key}"), ("x-cairn-workspace", NAME))
        apply = channel.unary_unary(APPLY, feed.ApplyRequest.SerializeToString, feed.ApplyResponse.FromString)
        for changes in _chunks(list(_people(space)), 1000):
            await apply(feed.ApplyRequest(changes=changes), metadata=metadata)
        seconds = []
        for messages in _chunks(space.messages, 1000):
            request = feed.ApplyRequest(changes=[feed.Change(message=_fed(each)) for each in messages])
            started = time.perf_counter()
            await apply(request, metadata=metadata)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _people(space: Workspace) -> Iterator[feed.Change]:
    for number, user in enumerate(space.users):
        yield feed.Change(user=feed.User(id=user, display_name=f"Person {number}"))
    for number, name in enumerate(space.conversations):
        kind = feed.Conversation.KIND_CHANNEL
        yield feed.Change(conversation=feed.Conversation(id=name, kind=kind, name=f"channel-{number}"))
    for user, conversations in space.members.items():
        for name in conversations:
            yield feed.Change(membership=feed.Membership(conversation_id=name, user_id=user))


def _fed(message: Message) -> feed.Message:
    fed = feed.Message(id=message.id, conversation_id=message.conversation, author_id=message.author, text=message.text)
    fed.sent_at.FromDatetime(message.sent)
    return fed


async def save_ours(space: Workspace, users: Sequence[str], port: int, secret: str) -> None:
    """Save what these people have saved."""
    request, reply = api.BatchSaveBookmarksRequest, api.BatchSaveBookmarksResponse
    tokens = {user: token(user, secret) for user in users}
    work = ((user, part) for user in users for part in _chunks(space.saved(user), 100))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        save = channel.unary_unary(SERVICE + "BatchSaveBookmarks", request.SerializeToString, reply.FromString)

        async def lane() -> None:
            for user, part in work:
                targets = [api.Target(message_id=each) for each in part]
                await save(request(targets=targets), metadata=(("authorization", tokens[user]),))

        await asyncio.gather(*(lane() for _ in range(SAVES_AT_ONCE)))


async def fill_peer(space: Workspace, database_url: str) -> None:
    """Make the peer's tables and copy the same facts and bookmarks into them."""
    connection = await asyncpg.connect(database_url)
    await connection.execute((Path(__file__).parent / "node" / "schema.sql").read_text())
    for table, columns, rows in _peer_rows(space):
        await connection.copy_records_to_table(table, schema_name="peer", columns=columns, records=rows)
    await connection.close()


def _peer_rows(space: Workspace) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    people = [(user, f"Person {number}") for number, user in enumerate(space.users)]
    yield "users", ["id", "name"], people
    channels = [(name, "channel", f"channel-{number}") for number, name in enumerate(space.conversations)]
    yield "conversations", ["id", "kind", "name"], channels
    pairs = [(name, user) for user, names in space.members.items() for name in names]
    yield "memberships", ["conversation_id", "user_id"], pairs
    messages = [(each.id, each.conversation, each.author, each.text, each.sent) for each in space.messages]
    yield "messages", ["id", "conversation_id", "author_id", "text", "sent_at"], messages
    first = datetime.now(UTC) - timedelta(days=1)
    saved = [(user, each) for user in space.users for each in space.saved(user)]
    moments = (first + timedelta(milliseconds=500 * number) for number in range(len(saved)))
    yield (
        "bookmarks",
        ["user_id", "message_id", "created_at"],
        [(*pair, at) for pair, at in zip(saved, moments, strict=True)],
    )


async def settle(database_url: str) -> None:
    """Do now what autovacuum would do some minutes later, in the middle of a measurement."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()
