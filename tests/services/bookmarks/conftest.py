"""The bookmarks service in this process: real server, real interceptor chain, real PostgreSQL and Redis."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from cairn.feed.v1 import feed_pb2
from chassis import server
from chassis.database import Database, DatabaseSettings
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.server import ServerSettings
from chassis.telemetry import TelemetrySettings
from services.bookmarks.__main__ import parts_of, served
from services.bookmarks.objects import ObjectsSettings
from services.bookmarks.settings import Settings
from tests.services.bookmarks.client import INTERNAL_KEY, JWT_SECRET, SERVICE_KEY, Service, membership, message

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a module share a server, and so its event loop."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A running service, and a client of it."""
    config = Settings(
        ServerSettings(
            redis_url,
            IdentitySettings(jwt_secret=JWT_SECRET, service_keys=(f"feed:{SERVICE_KEY}",), internal_key=INTERNAL_KEY),
            TelemetrySettings(),
        ),
        DatabaseSettings(database_url, database_pool_size=5),
        ObjectsSettings(str(tmp_path_factory.mktemp("objects"))),
        page_token_secret="a secret for page tokens, 32 chars",
    )
    database = await Database.connect(config.database, "tests")
    limits = Limits(redis_url, lambda: 0.0)
    parts = parts_of(config, database)
    looking = asyncio.create_task(parts.watch.run())
    listening = server.make_server(served(config, parts), server.interceptors(config.server, limits))
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Service(channel, database, objects_url=config.objects.objects_url)
    await listening.stop(None)
    looking.cancel()
    await parts.jobs.aclose()
    await database.aclose()
    await limits.aclose()


@pytest.fixture
def service(running: Service) -> Service:
    """The service, with an empty workspace for one test."""
    return Service(running.channel, running.database, objects_url=running.objects_url)


@pytest_asyncio.fixture(loop_scope="module")
async def chat(service: Service) -> Service:
    """Ann and Bob in a channel and a direct conversation, Eve in neither; a few messages and files."""
    people = [{"user": {"id": name, "display_name": name.title()}} for name in ("ann", "bob", "eve")]
    members = [membership(where, who) for where in ("general", "dm-1") for who in ("ann", "bob")]
    await service.feed(
        *people,
        {"conversation": {"id": "general", "kind": feed_pb2.Conversation.KIND_CHANNEL, "name": "General"}},
        {"conversation": {"id": "dm-1", "kind": feed_pb2.Conversation.KIND_DM}},
        *members,
        message("m1", "Lunch?"),
        message("m2", "x" * 100, author_id="ann"),
        message("m3", "Secret", "dm-1"),
        {"file": {"id": "f1", "message_id": "m1", "uploader_id": "bob", "name": "menu.pdf", "size_bytes": 1234}},
        {"file": {"id": "f2", "uploader_id": "ann", "name": "draft.txt", "media_type": "text/plain"}},
    )
    return service
