"""The presence process: settings, database, use cases, timekeeper, watchers, server."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uuid_utils.compat
import uvloop

from cairn.feed.v1 import feed_pb2
from cairn.presence.v1 import presence_pb2
from chassis import settings, telemetry
from chassis.database import Database
from chassis.doorbell import Doorbell
from chassis.listener import RedisListener
from chassis.migrations import migrate
from chassis.server import Served, serve
from services.presence import online
from services.presence.hub import Hub
from services.presence.hub_hints import PostgresListener
from services.presence.hub_reader import Reads
from services.presence.online import Sessions
from services.presence.servicer import PresenceServicer
from services.presence.servicer_feed import FeedServicer
from services.presence.settings import Settings
from services.presence.tables import SCHEMA
from services.presence.timekeeper import QUEUE, Timekeeper, timekeeper
from services.presence.use_cases import People, Statuses
from services.presence.use_cases_dnd import Disturbance
from services.presence.use_cases_feed import Feed
from services.presence.use_cases_online import Devices


@dataclass(frozen=True)
class Parts:
    """What a replica is made of."""

    database: Database
    sessions: Sessions
    people: People
    hub: Hub
    keeper: Timekeeper


async def run(config: Settings) -> None:
    """Serve until told to stop."""
    await migrate(config.database.database_url, Path(__file__).parent / "migrations", SCHEMA)
    async with running(config) as parts:
        await serve(served(parts), config.server, config.presence_port, parts.hub.drain)


@asynccontextmanager
async def running(config: Settings) -> AsyncIterator[Parts]:
    """A replica without its server; timekeeper and watchers run until the end of the block."""
    database = await Database.connect(config.database, "cairn-presence")
    redis_url = config.server.redis_url
    sessions = Sessions(redis_url, config.presence_lease_seconds, config.presence_grace_seconds)
    people = People(database, sessions)
    listeners = (PostgresListener(config.database.database_url), RedisListener(redis_url, online.CHANNEL))
    hub = Hub(Reads(people.batch, people.own, people.everybody), sessions, listeners)
    doorbell = Doorbell(redis_url, QUEUE, time.monotonic)
    keeper = timekeeper(database, doorbell)
    try:
        # A group: if one of them should die, the process ends loudly and is started again.
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(hub.run()), group.create_task(keeper.run())]
            yield Parts(database, sessions, people, hub, keeper)
            for task in background:
                task.cancel()
    finally:
        await doorbell.shutdown()
        await sessions.aclose()
        await database.aclose()


def served(parts: Parts) -> list[Served]:
    """The services of this process, wired."""
    now = partial(datetime.now, UTC)
    servicer = PresenceServicer(
        Statuses(parts.database, uuid_utils.compat.uuid7, parts.keeper.nudge),
        parts.people,
        Disturbance(parts.database, parts.sessions),
        Devices(parts.sessions, parts.hub),
        now,
    )
    feed = FeedServicer(Feed(parts.database, parts.sessions, now))
    return [
        Served(presence_pb2.DESCRIPTOR.services_by_name["PresenceService"], servicer),
        Served(feed_pb2.DESCRIPTOR.services_by_name["FeedService"], feed),
    ]


def main() -> None:
    """Start."""
    try:
        config = settings.load(Settings, os.environ)
        telemetry.configure("presence", config.server.telemetry)
        uvloop.run(run(config))
    except settings.SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
