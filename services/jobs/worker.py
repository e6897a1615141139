"""A worker process of jobs: works off one queue. That of the bulk queue also reads messages with the model."""

import asyncio
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

import uuid_utils.compat
import uvloop

from chassis import settings, telemetry
from chassis.database import Database
from chassis.peer import Peer
from chassis.worker import Beside, work
from services.jobs import hints, pictures, title_model, title_rules
from services.jobs.actions import Action
from services.jobs.actions.interview import prepare_interview
from services.jobs.actions.link_enrichment import enrich
from services.jobs.actions.link_enrichment import sweep as sweep_links
from services.jobs.actions.link_import import Importer, import_links
from services.jobs.actions.memories import extract_memories
from services.jobs.actions.search import search
from services.jobs.actions.titles import find_title
from services.jobs.actions.transcription import Listener, sweep, transcribe
from services.jobs.asking import Asking
from services.jobs.bookmarks_client import BookmarksClient
from services.jobs.browser import Browser
from services.jobs.caption import caption
from services.jobs.domain import Queue
from services.jobs.domain_model import ChatModel
from services.jobs.embedder import Embedder, embedder, warm
from services.jobs.embedding import Embedding
from services.jobs.extract_model import by_model
from services.jobs.extract_rules import RULES_ONLY
from services.jobs.heart import Heart, Pace
from services.jobs.hints import Hints
from services.jobs.model_settings import chat_model, speech_server, vision_model
from services.jobs.outgoing import Outgoing
from services.jobs.pages import look
from services.jobs.runner import Plan, Runner
from services.jobs.settings import WorkerProcess
from services.jobs.speech import Speech
from services.jobs.speech_local import LocalSpeech
from services.jobs.speech_served import ServedSpeech
from services.jobs.use_cases_extraction import Extractions
from services.jobs.use_cases_links import Enrichments, Hands
from services.jobs.use_cases_search import Searches
from services.jobs.use_cases_titles import Titles

CLOSE_SECONDS = 2.0
# After the drain: for actions to stop, jobs to be handed back, and goodbyes.
LEAVE_SECONDS = 15.0


@dataclass(frozen=True)
class Parts:
    """What actions are made of."""

    config: WorkerProcess
    database: Database
    embedder: Embedder
    # None where no model is configured: the embedded rules do it then.
    asking: Asking | None
    # None where no model looks at pictures: they get no caption then.
    vision: Asking | None
    speech: Speech
    bookmarks: BookmarksClient


Actions: TypeAlias = Callable[[Parts], Sequence[Action]]


def actions(parts: Parts) -> Sequence[Action]:
    """Everything that jobs do: a line for each kind."""
    searches = Searches(parts.database, parts.embedder, parts.config.search.search_language)
    now, new_id = partial(datetime.now, UTC), uuid_utils.compat.uuid7
    extractor = by_model(parts.asking) if parts.asking else RULES_ONLY
    extractions = Extractions(parts.database, parts.embedder, extractor, now, new_id)
    finder = title_model.by_model(parts.asking) if parts.asking else title_rules.RULES_ONLY
    titles = Titles(parts.database, parts.config.jobs.title_default_names, finder)
    outgoing = Outgoing(parts.config.outgoing_allow)
    listener = Listener(parts.database, outgoing, parts.speech, parts.config.speech.audio_seconds, now)
    return [
        search(searches),
        find_title(titles),
        extract_memories(extractions),
        prepare_interview(parts.database, parts.asking),
        transcribe(listener),
        import_links(Importer(parts.database, parts.bookmarks)),
        enrich(_enrichments(parts, outgoing)),
    ]


def _enrichments(parts: Parts, outgoing: Outgoing) -> Enrichments:
    config = parts.config
    hands = Hands(
        look=partial(look, outgoing),
        screenshot=Browser(outgoing, config.capture).screenshot,
        pdf=partial(pictures.fetch_pdf, outgoing),
        image=partial(pictures.fetch_image, outgoing),
        picture=pictures.picture,
        text=pictures.read_text,
        caption=partial(caption, parts.vision),
    )
    room = asyncio.Semaphore(config.links.captures)
    return Enrichments(parts.bookmarks, hands, room, partial(datetime.now, UTC), random.SystemRandom())


async def run(config: WorkerProcess, known: Actions) -> None:
    """Work until told to stop."""
    async with _parts(config) as parts, asyncio.TaskGroup() as group:
        redis_url = config.worker.redis_url
        telling = Hints(redis_url)
        heart = Heart(config.database, Pace(config.jobs.jobs_lease_seconds, config.jobs.jobs_beat_seconds))
        runner = Runner(parts.database, heart, known(parts), _plan(config), telling.tell)
        doorbell = hints.bell(redis_url, config.jobs_queue)
        doorbell.answer(hints.LOOK, runner.rung)
        background = [telling.run(), hints.listen(redis_url, runner.hinted, lambda: None), warm(parts.embedder)]
        if config.jobs_queue is Queue.BULK:
            for each in (sweep, sweep_links):
                await asyncio.to_thread(each, time.time())
            patience = config.search.embeddings_timeout_seconds
            background.append(Embedding(parts.database, parts.embedder, config.search.search_language, patience).run())
        tasks = [group.create_task(each) for each in background]
        leave_seconds = config.worker.drain_seconds + LEAVE_SECONDS
        beside = Beside(partial(_work, runner, leave_seconds), runner.well)
        await work(doorbell, config.worker, config.port, beside)
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def _parts(config: WorkerProcess) -> AsyncIterator[Parts]:
    database = await Database.connect(config.database, f"cairn-jobs-{config.jobs_queue.value}")
    model, chat = embedder(config.search), chat_model(config.models)
    now = partial(datetime.now, UTC)
    vision, tokens = vision_model(config.models), config.models.model_daily_tokens
    asking, looking = [Asking(database, each, tokens, now) if each else None for each in (chat, vision)]
    server = speech_server(config.speech)
    speech = ServedSpeech(server, database, now) if server else LocalSpeech()
    links = config.links
    bookmarks = BookmarksClient(Peer(links.bookmarks_address, links.internal_key, links.upstream_ca))
    try:
        yield Parts(config, database, model, asking, looking, speech, bookmarks)
    finally:
        await _close(*(part for part in (model, chat, vision, speech, bookmarks, database) if part is not None))


async def _close(*parts: Embedder | ChatModel | Speech | BookmarksClient | Database) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            for part in parts:
                await part.aclose()


async def _work(runner: Runner, leave_seconds: float, stopping: asyncio.Event) -> None:
    """Let the runner work; once it is told to stop, the process ends in that time.

    What can be handed back is handed back by then. A thread, an action or a database that hangs must not keep it.
    """
    leaving = threading.Timer(leave_seconds, os._exit, [1])
    leaving.daemon = True
    told = asyncio.create_task(stopping.wait())
    told.add_done_callback(lambda _: leaving.start())
    await runner.run(stopping)


def _plan(config: WorkerProcess) -> Plan:
    return Plan(
        queue=config.jobs_queue,
        # Not only these two: a container that starts again is the same process of the same host.
        name=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        slots=config.jobs_slots,
        caps=config.jobs.caps,
        lease_seconds=config.jobs.jobs_lease_seconds,
        drain_seconds=config.worker.drain_seconds,
    )


def main(known: Actions = actions) -> None:
    """Start."""
    try:
        config = settings.load(WorkerProcess, os.environ)
        telemetry.configure(f"jobs-{config.jobs_queue.value}", config.worker.telemetry)
        uvloop.run(run(config, known))
    except settings.SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
