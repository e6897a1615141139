"""Looking a link up: step by step, each for itself, and told to the bookmarks service as it goes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol
from uuid import UUID

import structlog

from services.jobs.domain import INTERNAL, Failure, JobFailed, Owner, Step, StepStatus
from services.jobs.domain_links import (
    FETCH_FAILED,
    NO_PICTURE,
    NOT_A_PAGE,
    PAUSES,
    PICTURE_FAILED,
    PICTURES,
    STEP_SECONDS,
    STEP_TIMEOUT,
    STEPS,
    Begun,
    Found,
    LinkGone,
    Lookup,
    Outcome,
    Page,
    PageKind,
    Picture,
    Report,
    StepSkipped,
)

LONGEST_PAUSE = 3600.0
# Steps that take much memory, or all of a processor.
LARGE = ("screenshot", "text")


class Keeper(Protocol):
    """Keeps links, and what is found of them; raises LinkGone and JobFailed."""

    async def begin(self, lookup: Lookup) -> Begun:
        """What is left to do."""

    async def report(self, lookup: Lookup, report: Report) -> UUID | None:
        """Keep how a step stands; the bookmark that the link is part of now, if any."""

    async def picture(self, lookup: Lookup, kind: str, to: Path) -> None:
        """Write a picture that is kept into a file."""


@dataclass(frozen=True)
class Hands:
    """What does the work of the steps; each raises JobFailed and StepSkipped."""

    look: Callable[[str], Awaitable[Page]]
    # From a URL to a picture in a file: of a page, of a PDF, and a picture itself.
    screenshot: Callable[[str, Path], Awaitable[Path]]
    pdf: Callable[[str, Path], Awaitable[Path]]
    image: Callable[[str, Path], Awaitable[Path]]
    # Makes a picture anew.
    picture: Callable[[Path, Path], Awaitable[Picture]]
    text: Callable[[Path], Awaitable[str]]
    caption: Callable[[Owner, Path], Awaitable[str]]


@dataclass(frozen=True)
class Try:
    """An attempt at a link: `number` of `most`. What is said with `say` is for whoever watches the job."""

    lookup: Lookup
    number: int
    most: int
    folder: Path
    say: Callable[[Report], Awaitable[None]]


@dataclass(frozen=True)
class Enrichments:
    """The use case. What takes much memory waits for `room`; `now` is aware of its time zone."""

    keeper: Keeper
    hands: Hands
    room: asyncio.Semaphore
    now: Callable[[], datetime]
    chance: Random

    async def run(self, attempt: Try) -> Outcome:
        """Do what is left; JobFailed if some of it is to be tried again."""
        work = _Work(self, attempt)
        try:
            merged = await work.do()
        except LinkGone:
            return Outcome(tuple(work.steps), stopped=True)
        except JobFailed as failed:
            raise JobFailed(failed.failure, failed.retry_after or work.pause) from failed
        if work.failure and not merged:
            raise JobFailed(work.failure, work.pause)
        return Outcome(tuple(work.steps), merged_into=merged)


class _Work:
    """One attempt, under way."""

    def __init__(self, made_of: Enrichments, attempt: Try) -> None:
        self._keeper, self._hands = made_of.keeper, made_of.hands
        self._room, self._now = made_of.room, made_of.now
        self._attempt, self._lookup = attempt, attempt.lookup
        self._last = attempt.number >= attempt.most
        self.pause = PAUSES[min(attempt.number, len(PAUSES)) - 1] * made_of.chance.uniform(0.9, 1.1)
        self.steps: list[Step] = []
        # The first that another attempt may mend.
        self.failure: Failure | None = None
        self._page: Page | None = None
        self._fetch_may_come = self._picture_may_come = False
        # By kind; None: it is kept, but not here.
        self._pictures: dict[str, Path | None] = {}

    async def do(self) -> UUID | None:
        """All steps that are left; the bookmark that this one turned out to be."""
        begun = await self._keeper.begin(self._lookup)
        self._page = None if STEPS[0] in begun.steps else begun.page
        self._pictures = dict.fromkeys(begun.pictures)
        for step in (each for each in STEPS if each in begun.steps):
            merged = await self._see_to(step, begun.url)
            if merged:
                return merged
        return None

    async def _see_to(self, step: str, url: str) -> UUID | None:
        hindered = self._hindrance(step)
        if hindered is None:
            async with self._room if step in LARGE else nullcontext():
                await self._tell(Report(step, StepStatus.RUNNING))
                report = await self._tried(step, url)
            return await self._kept(report)
        if not hindered.retryable:
            await self._tell(Report(step, StepStatus.SKIPPED, hindered))
        elif self._last:
            await self._tell(self._failed(step, hindered))
        return None  # where nothing was told, it waits for the next attempt

    def _hindrance(self, step: str) -> Failure | None:
        """Why there is nothing to do for a step; it waits where that may pass."""
        if step == STEPS[0]:
            return None
        page = self._page
        if page is None:
            return FETCH_FAILED._replace(retryable=self._fetch_may_come)
        if step == "screenshot":
            return None if page.kind in (PageKind.PAGE, PageKind.PDF) else NOT_A_PAGE
        if step == "image":
            return None if page.image_url else NO_PICTURE
        if not self._pictures:
            return PICTURE_FAILED if self._picture_may_come else NO_PICTURE
        return None

    async def _tried(self, step: str, url: str) -> Report:
        """What a step comes to. Whatever it raises, the others are done all the same."""
        [outcome] = await asyncio.gather(self._timed(step, url), return_exceptions=True)
        match outcome:
            case Found():
                return Report(step, StepStatus.DONE, found=outcome)
            case StepSkipped():
                return Report(step, StepStatus.SKIPPED, Failure(outcome.reason, outcome.message, retryable=False))
            case JobFailed():
                return self._failed(step, outcome.failure, outcome.retry_after)
            case TimeoutError():
                return self._failed(step, STEP_TIMEOUT)
            case Exception() if not isinstance(outcome, LinkGone):
                structlog.get_logger().error("step broke", **self._named(step), exc_info=outcome)
                return self._failed(step, INTERNAL)
        raise outcome

    async def _timed(self, step: str, url: str) -> Found:
        async with asyncio.timeout(STEP_SECONDS):
            return await self._find(step, url)

    async def _find(self, step: str, url: str) -> Found:
        if step == "fetch":
            return Found(page=await self._hands.look(url))
        if step in PICTURES:
            return Found(picture=await self._made(step))
        picture = await self._cover()
        if step == "text":
            return Found(text=await self._hands.text(picture))
        return Found(caption=await self._hands.caption(self._lookup.owner, picture))

    async def _made(self, step: str) -> Picture:
        assert self._page is not None, "else it is hindered"
        folder, hands, page = self._attempt.folder, self._hands, self._page
        if step == "image":
            raw = await hands.image(page.image_url, folder / f"{step}-raw")
        elif page.kind is PageKind.PDF:
            raw = await hands.pdf(page.final_url, folder / f"{step}-raw")
        else:
            raw = await hands.screenshot(page.final_url, folder / f"{step}-raw")
        return await hands.picture(raw, folder / f"{step}.webp")

    async def _cover(self) -> Path:
        """The picture to read and to describe: the one that the page is shown with, else the other."""
        assert self._page is not None, "else it is hindered"
        wanted = self._page.cover
        kind = wanted if wanted in self._pictures else next(each for each in PICTURES if each in self._pictures)
        path = self._pictures[kind]
        if path is None:
            path = self._attempt.folder / f"{kind}-kept"
            await self._keeper.picture(self._lookup, kind, path)
            self._pictures[kind] = path
        return path

    async def _kept(self, report: Report) -> UUID | None:
        """Tell of a step that was tried; where what it found is not taken, it failed."""
        try:
            merged = await self._tell(report)
        except JobFailed as refused:
            if refused.failure.retryable or report.found is None:
                raise
            return await self._tell(self._failed(report.step, refused.failure))
        found = report.found or Found()
        self._page = found.page or self._page
        if found.picture:
            self._pictures[report.step] = found.picture.path
        return merged

    def _failed(self, step: str, failure: Failure, retry_after: float | None = None) -> Report:
        named = self._named(step)
        structlog.get_logger().warning("step failed", **named, reason=failure.reason, retryable=failure.retryable)
        if not failure.retryable:
            return Report(step, StepStatus.FAILED, failure)
        self.failure = self.failure or failure
        self._fetch_may_come |= step == STEPS[0]
        self._picture_may_come |= step in PICTURES
        self.pause = max(self.pause, min(retry_after or 0.0, LONGEST_PAUSE))
        next_at = None if self._last else self._now() + timedelta(seconds=self.pause)
        return Report(step, StepStatus.FAILED, failure, next_at)

    async def _tell(self, report: Report) -> UUID | None:
        merged = await self._keeper.report(self._lookup, report)
        if report.status is not StepStatus.RUNNING:
            self.steps.append(Step(report.step, report.status, report.failure.reason if report.failure else ""))
        await self._attempt.say(report)
        return merged

    def _named(self, step: str) -> dict[str, str]:
        return {"job_id": str(self._lookup.job_id), "bookmark_id": str(self._lookup.bookmark_id), "step": step}
