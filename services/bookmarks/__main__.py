"""The bookmarks process: settings, database, use cases, server."""

import os
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils.compat
import uvloop

from cairn.bookmarks.v1 import bookmarks_pb2
from cairn.feed.v1 import feed_pb2
from chassis import settings, telemetry
from chassis.database import Database
from chassis.migrations import migrate
from chassis.pages import Pages
from chassis.server import Served, serve
from services.bookmarks.servicer import BookmarkServicer
from services.bookmarks.servicer_feed import FeedServicer
from services.bookmarks.settings import Settings
from services.bookmarks.tables import SCHEMA
from services.bookmarks.use_cases import Bookmarks
from services.bookmarks.use_cases_collections import Collections
from services.bookmarks.use_cases_feed import Feed


async def run(config: Settings) -> None:
    """Serve until told to stop."""
    await migrate(config.database.database_url, Path(__file__).parent / "migrations", SCHEMA)
    database = await Database.connect(config.database, "cairn-bookmarks")
    await serve(served(config, database), config.server, config.bookmarks_port)
    await database.aclose()


def served(config: Settings, database: Database) -> list[Served]:
    """The services of this process, wired."""
    new_id = uuid_utils.compat.uuid7
    servicer = BookmarkServicer(
        Bookmarks(database, new_id), Collections(database, new_id), Pages(config.page_token_secret)
    )
    feed = FeedServicer(Feed(database, lambda: datetime.now(UTC)))
    return [
        Served(bookmarks_pb2.DESCRIPTOR.services_by_name["BookmarkService"], servicer),
        Served(feed_pb2.DESCRIPTOR.services_by_name["FeedService"], feed),
    ]


def main() -> None:
    """Start."""
    try:
        config = settings.load(Settings, os.environ)
        telemetry.configure("bookmarks", config.server.telemetry)
        uvloop.run(run(config))
    except settings.SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
