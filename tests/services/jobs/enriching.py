"""Links that are saved in the real bookmarks service, beside jobs that look them up in a web of a few addresses."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

from cairn.bookmarks.v1 import bookmarks_pb2, links_pb2
from cairn.jobs.v1 import jobs_pb2, results_pb2
from chassis import server
from chassis.database import Database, DatabaseSettings
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.peer import Peer
from chassis.server import ServerSettings
from chassis.telemetry import TelemetrySettings
from services.bookmarks.__main__ import parts_of, served
from services.bookmarks.objects import ObjectsSettings
from services.bookmarks.settings import Settings
from services.jobs import encode_links, store_lease
from services.jobs.actions.link_enrichment import enrich
from services.jobs.bookmarks_client import BookmarksClient
from services.jobs.context import Context
from services.jobs.domain import Claimed, Failure, JobFailed, Owner, Status
from services.jobs.domain_links import LINK_ENRICHMENT, Page, Picture, StepSkipped, Wanted
from services.jobs.store_lease import Done, Failed
from services.jobs.use_cases_links import Enrichments, Hands
from tests.services.bookmarks.client import INTERNAL_KEY, JWT_SECRET
from tests.services.jobs.stage import Stage

AWAY = Failure("DOWNLOAD_FAILED", "It is away.", True)
STATE = links_pb2.Enrichment.State


@dataclass
class Web:
    """What the hands of the worker find, what they fail at, and how often they were asked."""

    # By step, or by URL: so many times it fails, of that.
    fails: Counter[str] = field(default_factory=Counter)
    failure: Failure = AWAY
    image_url: str = ""
    cover: str = "screenshot"
    same_as: str = ""
    asked: Counter[str] = field(default_factory=Counter)

    def hands(self) -> Hands:
        """The hands."""
        return Hands(self.look, self.screenshot, self.screenshot, self.image, self.picture, self.text, self.caption)

    async def look(self, url: str) -> Page:
        self._ask("fetch", url)
        return Page(url, self.same_as, "A page", media_type="text/html", image_url=self.image_url, cover=self.cover)

    async def screenshot(self, url: str, to: Path) -> Path:
        self._ask("screenshot", url)
        return await self._drawn(to, "red")

    async def image(self, url: str, to: Path) -> Path:
        self._ask("image", url)
        return await self._drawn(to, "blue")

    async def picture(self, source: Path, to: Path) -> Picture:
        await asyncio.to_thread(shutil.copy, source, to)
        return Picture(to, "image/webp", 8, 8, "00OZZy")

    async def text(self, picture: Path) -> str:
        self._ask("text")
        red, _, blue = Image.open(picture).convert("RGB").getpixel((4, 4))  # type: ignore[misc]
        return "screenshot" if red > blue else "image"

    async def caption(self, _owner: Owner, _picture: Path) -> str:
        self._ask("caption")
        raise StepSkipped("CAPTION_MODEL_MISSING", "No model is configured.")

    async def _drawn(self, to: Path, color: str) -> Path:
        await asyncio.to_thread(Image.new("RGB", (8, 8), color).save, to, "webp")
        return to

    def _ask(self, *names: str) -> None:
        self.asked[names[0]] += 1
        for name in names:
            if self.fails[name]:
                self.fails[name] -= 1
                raise JobFailed(self.failure)


@dataclass
class Enriching:
    """Ann's links, and a worker that looks them up when told to."""

    stage: Stage
    peer: Peer
    web: Web

    async def ask(self, rpc: str, request: Any, answer: Any) -> Any:
        """What the bookmarks service says to Ann."""
        return await self.peer.call(f"/cairn.bookmarks.v1.{rpc}", request, answer, ("w", "ann"), 10)

    async def save(self, url: str) -> UUID:
        """The bookmark of a new link, and a job that looks it up."""
        request = bookmarks_pb2.SaveBookmarkRequest(target=bookmarks_pb2.Target(url=url))
        saved = await self.ask("BookmarkService/SaveBookmark", request, bookmarks_pb2.SaveBookmarkResponse)
        id_ = UUID(saved.bookmark.id)
        await self.stage.pending("ann", LINK_ENRICHMENT, input=encode_links.to_input(Wanted(id_, 1)))
        return id_

    async def link(self, id_: UUID) -> links_pb2.Link:
        """A link as Ann sees it."""
        request = bookmarks_pb2.GetBookmarkRequest(id=str(id_))
        link: links_pb2.Link = (await self.ask("BookmarkService/GetBookmark", request, bookmarks_pb2.Bookmark)).link
        return link

    async def steps(self, id_: UUID) -> dict[str, str]:
        """How the steps of a link stand, and why."""
        found = (await self.link(id_)).enrichment.steps
        return {s.name: f"{STATE.Name(s.state).removeprefix('STATE_').lower()} {s.reason}".strip() for s in found}

    async def work(self) -> tuple[Status | None, results_pb2.LinkEnrichmentResult | None]:
        """Do the next job that is due, once; how it stands then, and what came of it."""
        [job] = await self.stage.claim(1, LINK_ENRICHMENT, kinds=(LINK_ENRICHMENT,))
        return await self.attempt(job)

    async def done(self) -> results_pb2.LinkEnrichmentResult:
        """What comes of the next job, which must go well."""
        status, result = await self.work()
        assert status is Status.COMPLETE
        assert result
        return result

    async def attempt(self, job: Claimed) -> tuple[Status | None, results_pb2.LinkEnrichmentResult | None]:
        """An attempt at a job."""
        database = self.stage.database

        async def write(report: store_lease.Report) -> bool:
            return await store_lease.progress(database, job.id, job.token, report)

        context = Context(job, write, lambda: None)
        client, room = BookmarksClient(self.peer), asyncio.Semaphore(2)
        use = Enrichments(client, self.web.hands(), room, lambda: datetime.now(UTC), random.SystemRandom())
        try:
            result = await enrich(use).run(job.input, context)
        except JobFailed as failed:
            await context.close(ours=True)
            again = failed.failure.retryable and job.attempt < job.max_attempts
            outcome = Failed(failed.failure, (failed.retry_after or 1.0) if again else None)
            return await self.stage.finish(job, outcome), None
        await context.close(ours=True)
        status = await self.stage.finish(job, Done(result))
        return status, jobs_pb2.Result.FromString(result).link_enrichment


@asynccontextmanager
async def enriching(stage: Stage, database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Enriching]:
    """The bookmarks service in this process, without what it does beside answering."""
    identity = IdentitySettings(jwt_secret=JWT_SECRET, internal_key=INTERNAL_KEY)
    config = Settings(
        ServerSettings(redis_url, identity, TelemetrySettings()),
        DatabaseSettings(database_url, database_pool_size=3),
        ObjectsSettings(str(folder)),
        "a secret for page tokens, 32 and more",
    )
    database, limits = await Database.connect(config.database, "tests"), Limits(redis_url, lambda: 0.0)
    parts = parts_of(config, database)
    listening = server.make_server(served(config, parts), server.interceptors(config.server, limits))
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    peer = Peer(f"127.0.0.1:{port}", INTERNAL_KEY)
    try:
        yield Enriching(stage, peer, Web())
    finally:
        await peer.aclose()
        await listening.stop(None)
        await parts.jobs.aclose()
        await limits.aclose()
        await database.aclose()
