"""The jobs process: settings, database, use cases, upkeep, watchers, server."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uuid_utils.compat
import uvloop
from sqlalchemy import Text, bindparam, column, func, select, table

from cairn.feed.v1 import feed_pb2
from cairn.jobs.v1 import (
    admin_pb2,
    interviews_pb2,
    jobs_pb2,
    links_pb2,
    memories_pb2,
    search_pb2,
    titles_pb2,
    transcription_pb2,
    usage_pb2,
)
from chassis import settings, telemetry
from chassis.database import Database, Statement
from chassis.doorbell import Doorbell
from chassis.migrations import migrate
from chassis.pages import Pages
from chassis.server import Served, serve
from chassis.watch import Watch
from services.jobs import hints, store_events, title_rules
from services.jobs.domain import Kind, Queue
from services.jobs.domain_imports import IMPORT
from services.jobs.domain_interviews import INTERVIEW
from services.jobs.domain_links import LINK_ENRICHMENT
from services.jobs.domain_memories import EXTRACTION
from services.jobs.domain_search import SEARCH
from services.jobs.domain_titles import TITLE
from services.jobs.domain_transcription import TRANSCRIPTION
from services.jobs.embedder import Embedder, embedder, warm
from services.jobs.servicer import JobsServicer
from services.jobs.servicer_admin import AdminServicer
from services.jobs.servicer_feed import FeedServicer
from services.jobs.servicer_interviews import InterviewsServicer
from services.jobs.servicer_job_infos import JobInfosServicer
from services.jobs.servicer_links import LinkJobsServicer
from services.jobs.servicer_memories import MemoriesServicer
from services.jobs.servicer_search import SearchServicer
from services.jobs.servicer_titles import TitlesServicer
from services.jobs.servicer_transcription import TranscriptionServicer
from services.jobs.servicer_usage import UsageServicer
from services.jobs.settings import InterviewSettings, Settings
from services.jobs.shown import interview_shown, search_shown, transcription_shown
from services.jobs.tables import SCHEMA
from services.jobs.upkeep import Upkeep
from services.jobs.use_cases import Effects, Jobs, Kinds
from services.jobs.use_cases_admin import Admin
from services.jobs.use_cases_feed import Feed
from services.jobs.use_cases_imports import Imports
from services.jobs.use_cases_interviews import Interviews
from services.jobs.use_cases_job_infos import JobInfos
from services.jobs.use_cases_memories import Memories
from services.jobs.use_cases_search import Searches
from services.jobs.use_cases_titles import Titles
from services.jobs.use_cases_transcription import Transcriptions
from services.jobs.use_cases_usage import UsageReports

# What can be asked for: a line for each kind.
KINDS = (SEARCH, TITLE, EXTRACTION, INTERVIEW, TRANSCRIPTION, LINK_ENRICHMENT, IMPORT)


@dataclass(frozen=True)
class Parts:
    """What a replica is made of."""

    database: Database
    watch: Watch
    effects: Effects
    embedder: Embedder


async def run(config: Settings) -> None:
    """Serve until told to stop."""
    await migrate(config.database.database_url, Path(__file__).parent / "migrations", SCHEMA)
    async with running(config) as parts:
        await check_language(parts.database, config.search.search_language)
        await serve(served(parts, config), config.server, config.jobs_port, parts.watch.drain)


async def check_language(database: Database, language: str) -> None:
    """Raise SettingsError where PostgreSQL does not know the language: every search would fail."""
    known = select(func.count()).select_from(table("pg_ts_config", column("cfgname")))
    known = known.where(column("cfgname") == bindparam("language", type_=Text))
    if not await database.value(Statement(known), language=language):
        raise settings.SettingsError(f"CAIRN_SEARCH_LANGUAGE: PostgreSQL has no text search configuration {language!r}")


@asynccontextmanager
async def running(config: Settings) -> AsyncIterator[Parts]:
    """A replica without its server; upkeep and watchers run until the end of the block."""
    database = await Database.connect(config.database, "cairn-jobs")
    redis_url = config.server.redis_url
    bells = {queue: hints.bell(redis_url, queue) for queue in Queue}
    telling = hints.Hints(redis_url)
    watch = Watch(partial(store_events.latest, database))
    model = embedder(config.search)
    upkeep = Upkeep(database, telling.tell, lease=config.jobs.jobs_lease_seconds)
    # Where something may have been missed, the look of the next second finds it.
    listening = hints.listen(redis_url, lambda id_, _: watch.heard(id_), lambda: None)
    try:
        async with asyncio.TaskGroup() as group:
            background = (telling.run(), listening, watch.run(), upkeep.run(), warm(model))
            tasks = [group.create_task(each) for each in background]
            yield Parts(database, watch, Effects(partial(_ring, bells), telling.tell), model)
            for task in tasks:
                task.cancel()
    finally:
        for bell in bells.values():
            await bell.shutdown()
        await model.aclose()
        await database.aclose()


def served(parts: Parts, config: Settings, known: Sequence[Kind] = KINDS) -> list[Served]:
    """The services of this process, wired."""
    new_id, pages, now = uuid_utils.compat.uuid7, Pages(config.page_token_secret), partial(datetime.now, UTC)
    searches = Searches(parts.database, parts.embedder, config.search.search_language)
    shown = {
        SEARCH.name: search_shown(parts.database, searches),
        INTERVIEW.name: interview_shown(parts.database),
        TRANSCRIPTION.name: transcription_shown(parts.database),
    }
    kinds = Kinds({kind.name: kind for kind in known}, config.jobs.caps, shown)
    jobs = Jobs(parts.database, parts.watch, parts.effects, kinds, new_id)
    admin = Admin(parts.database, parts.effects, kinds.by_name, parts.embedder.model, new_id)
    memories = Memories(parts.database, parts.embedder, config.search.search_language, partial(datetime.now, UTC))
    usage = UsageReports(parts.database, config.models.model_daily_tokens, partial(datetime.now, UTC))
    transcriptions = Transcriptions(parts.database, jobs, new_id)
    titles = Titles(parts.database, config.jobs.title_default_names, title_rules.RULES_ONLY)
    return [
        Served(jobs_pb2.DESCRIPTOR.services_by_name["JobsService"], JobsServicer(jobs, pages)),
        Served(search_pb2.DESCRIPTOR.services_by_name["SearchService"], SearchServicer(searches, jobs)),
        Served(admin_pb2.DESCRIPTOR.services_by_name["JobsAdminService"], AdminServicer(admin, pages)),
        Served(titles_pb2.DESCRIPTOR.services_by_name["TitlesService"], TitlesServicer(titles, jobs)),
        Served(memories_pb2.DESCRIPTOR.services_by_name["MemoriesService"], MemoriesServicer(memories, jobs, pages)),
        Served(usage_pb2.DESCRIPTOR.services_by_name["UsageService"], UsageServicer(usage)),
        Served(
            transcription_pb2.DESCRIPTOR.services_by_name["TranscriptionService"],
            TranscriptionServicer(transcriptions, pages),
        ),
        _links(jobs, pages, parts.database),
        *_interviews(jobs, pages, parts.database, config.interviews),
        Served(feed_pb2.DESCRIPTOR.services_by_name["FeedService"], FeedServicer(Feed(parts.database, now))),
    ]


def _links(jobs: Jobs, pages: Pages, database: Database) -> Served:
    servicer = LinkJobsServicer(jobs, Imports(database, jobs, uuid_utils.compat.uuid7), pages)
    return Served(links_pb2.DESCRIPTOR.services_by_name["LinkJobsService"], servicer)


def _interviews(jobs: Jobs, pages: Pages, database: Database, limits: InterviewSettings) -> list[Served]:
    new_id, services = uuid_utils.compat.uuid7, interviews_pb2.DESCRIPTOR.services_by_name
    job_infos = JobInfos(database, limits.job_info_limit, new_id)
    interviews = Interviews(database, jobs, limits.interviews_one_plan, new_id)
    return [
        Served(services["JobInfosService"], JobInfosServicer(job_infos, pages)),
        Served(services["InterviewsService"], InterviewsServicer(interviews, pages)),
    ]


async def _ring(bells: dict[Queue, Doorbell], queue: Queue) -> None:
    await bells[queue].ring(hints.LOOK)


def main() -> None:
    """Start."""
    try:
        config = settings.load(Settings, os.environ)
        telemetry.configure("jobs", config.server.telemetry)
        uvloop.run(run(config))
    except settings.SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
