"""The bookmarks service in this process: real server, real interceptor chain, real PostgreSQL and Redis."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
import pytest

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import bookmarks_pb2_grpc
from cairn.feed.v1 import feed_pb2, feed_pb2_grpc
from chassis import server
from chassis.database import Database, DatabaseSettings
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.server import ServerSettings
from chassis.telemetry import TelemetrySettings
from services.bookmarks.__main__ import served
from services.bookmarks.settings import Settings

JWT_SECRET = "a secret for tests, 32 characters"
SERVICE_KEY = "a-key-for-tests-0123456789"
NUMBERS = itertools.count(1)


@dataclass
class Service:
    """A client of the service, in a workspace of its own."""

    channel: grpc.aio.Channel
    database: Database
    workspace: str = field(default_factory=lambda: f"workspace-{next(NUMBERS)}")

    @property
    def stub(self) -> Any:
        """BookmarkService."""
        return bookmarks_pb2_grpc.BookmarkServiceStub(self.channel)

    def as_user(self, user: str) -> dict[str, Any]:
        """Keyword arguments of a call that `user` makes."""
        claims = {"sub": user, "workspace": self.workspace, "iss": "cairn", "aud": "cairn"}
        token = jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)
        return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": 20}

    async def feed(self, *changes: dict[str, Any]) -> None:
        """Tell the service facts of the workspace."""
        key = (("authorization", f"Service {SERVICE_KEY}"), ("x-cairn-workspace", self.workspace))
        stub = feed_pb2_grpc.FeedServiceStub(self.channel)
        await stub.Apply(feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**each) for each in changes]), metadata=key)

    async def save(self, user: str, **target: str) -> pb.Bookmark:
        """Save a target for a person."""
        request = pb.SaveBookmarkRequest(target=pb.Target(**target))
        return (await self.stub.SaveBookmark(request, **self.as_user(user))).bookmark

    async def listed(self, user: str, **filters: Any) -> pb.ListBookmarksResponse:
        """A page of a person's bookmarks."""
        return await self.stub.ListBookmarks(pb.ListBookmarksRequest(**filters), **self.as_user(user))


@pytest.fixture
async def service(database_url: str, redis_url: str) -> AsyncIterator[Service]:
    """A running service with an empty workspace."""
    config = Settings(
        ServerSettings(
            redis_url,
            IdentitySettings(jwt_secret=JWT_SECRET, service_keys=(f"feed:{SERVICE_KEY}",)),
            TelemetrySettings(),
        ),
        DatabaseSettings(database_url, database_pool_size=5),
        page_token_secret="a secret for page tokens, 32 chars",
    )
    database = await Database.connect(config.database, "tests")
    limits = Limits(redis_url, lambda: 0.0)
    running = server.make_server(served(config, database), server.interceptors(config.server, limits))
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Service(channel, database)
    await running.stop(None)
    await database.aclose()
    await limits.aclose()


@pytest.fixture
async def chat(service: Service) -> Service:
    """Ann and Bob in a channel and a direct conversation, Eve in neither; a few messages and files."""
    sent = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    people = [{"user": {"id": name, "display_name": name.title()}} for name in ("ann", "bob", "eve")]
    members = [
        {"membership": {"conversation_id": where, "user_id": who}}
        for where in ("general", "dm-1")
        for who in ("ann", "bob")
    ]
    await service.feed(
        *people,
        {"conversation": {"id": "general", "kind": feed_pb2.Conversation.KIND_CHANNEL, "name": "General"}},
        {"conversation": {"id": "dm-1", "kind": feed_pb2.Conversation.KIND_DM}},
        *members,
        {"message": {"id": "m1", "conversation_id": "general", "author_id": "bob", "text": "Lunch?", "sent_at": sent}},
        {"message": {"id": "m2", "conversation_id": "general", "author_id": "ann", "text": "x" * 100, "sent_at": sent}},
        {"message": {"id": "m3", "conversation_id": "dm-1", "author_id": "bob", "text": "Secret", "sent_at": sent}},
        {"file": {"id": "f1", "message_id": "m1", "uploader_id": "bob", "name": "menu.pdf", "size_bytes": 1234}},
        {"file": {"id": "f2", "uploader_id": "ann", "name": "draft.txt", "media_type": "text/plain"}},
    )
    return service


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Awaits a call that must fail and tells its code and message."""

    async def wait(call: Any) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        return caught.value.code(), caught.value.details() or ""

    return wait
