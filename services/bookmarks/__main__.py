"""The bookmarks process: settings, database, use cases, server."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uuid_utils.compat
import uvloop

from cairn.bookmarks.v1 import bookmarks_pb2, enrichment_pb2, link_service_pb2
from cairn.feed.v1 import feed_pb2
from chassis import settings, telemetry
from chassis.database import Database
from chassis.migrations import migrate
from chassis.pages import Pages
from chassis.peer import Peer
from chassis.server import Served, serve
from chassis.watch import Watch
from services.bookmarks import store_watch
from services.bookmarks.jobs_client import JobsClient
from services.bookmarks.objects import Objects
from services.bookmarks.reconcile import Reconcile
from services.bookmarks.relay import Relay
from services.bookmarks.servicer import BookmarkServicer
from services.bookmarks.servicer_enrichment import EnrichmentServicer
from services.bookmarks.servicer_feed import FeedServicer
from services.bookmarks.servicer_links import LinkServicer
from services.bookmarks.settings import Settings
from services.bookmarks.tables import SCHEMA
from services.bookmarks.upkeep import Upkeep
from services.bookmarks.use_cases import Bookmarks
from services.bookmarks.use_cases_collections import Collections
from services.bookmarks.use_cases_enrichment import Enrichments
from services.bookmarks.use_cases_export import Exports
from services.bookmarks.use_cases_feed import Feed
from services.bookmarks.use_cases_images import Images
from services.bookmarks.use_cases_import import Imports
from services.bookmarks.use_cases_links import Links
from services.bookmarks.use_cases_trash import Trash
from services.bookmarks.use_cases_watch import Watching


async def run(config: Settings) -> None:
    """Serve until told to stop."""
    await migrate(config.database.database_url, Path(__file__).parent / "migrations", SCHEMA)
    async with running(config) as parts:
        await serve(served(config, parts), config.server, config.bookmarks_port, parts.watch.drain)


@dataclass(frozen=True)
class Parts:
    """What a replica is made of."""

    database: Database
    objects: Objects
    jobs: JobsClient
    watch: Watch
    relay: Relay


def parts_of(config: Settings, database: Database) -> Parts:
    """A replica in which nothing runs yet. Needs a running event loop."""
    jobs = JobsClient(Peer(config.jobs_address, config.server.identity.internal_key, config.upstream_ca))
    watch = Watch(partial(store_watch.revisions, database))
    return Parts(database, Objects(config.objects), jobs, watch, Relay(database, jobs))


@asynccontextmanager
async def running(config: Settings) -> AsyncIterator[Parts]:
    """A replica without its server; what it does beside answering goes on until the end of the block."""
    database = await Database.connect(config.database, "cairn-bookmarks")
    parts = parts_of(config, database)
    upkeep = Upkeep(database, parts.objects)
    reconcile = Reconcile(database, parts.jobs, uuid_utils.compat.uuid7)
    try:
        async with asyncio.TaskGroup() as group:
            background = (parts.relay.run(), reconcile.run(), parts.watch.run(), upkeep.run())
            tasks = [group.create_task(each) for each in background]
            yield parts
            for task in tasks:
                task.cancel()
    finally:
        await parts.jobs.aclose()
        await database.aclose()


def served(config: Settings, parts: Parts) -> list[Served]:
    """The services of this process, wired."""
    new_id, database, pages = uuid_utils.compat.uuid7, parts.database, Pages(config.page_token_secret)
    bookmarks = Bookmarks(database, new_id, parts.relay.wake)
    images = Images(database, parts.objects)
    enrichments = Enrichments(database, images, new_id, parts.relay.wake)
    links = LinkServicer(
        trash=Trash(database),
        images=images,
        pages=pages,
        links=Links(database),
        exports=Exports(database),
        enrichments=enrichments,
        watching=Watching(database, parts.watch),
    )
    found = EnrichmentServicer(enrichments, Imports(database, new_id, parts.relay.wake))
    saved = BookmarkServicer(bookmarks, Collections(database, new_id), pages)
    feed = FeedServicer(Feed(database, lambda: datetime.now(UTC)))
    return [
        Served(bookmarks_pb2.DESCRIPTOR.services_by_name["BookmarkService"], saved),
        Served(link_service_pb2.DESCRIPTOR.services_by_name["LinkService"], links),
        Served(enrichment_pb2.DESCRIPTOR.services_by_name["EnrichmentService"], found),
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
