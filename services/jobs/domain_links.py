"""The looking up of links: what is found, what can be left out, and what can go wrong. No network and no files here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.jobs.domain import Failure, Kind, Owner, Queue, Step, StepStatus

STEPS = ("fetch", "screenshot", "image", "text", "caption")
# The steps that make a picture, which is called after them.
PICTURES = ("screenshot", "image")
# Longer than all steps of a link, and a wait for others, can take: else the last attempt could end without a word.
LINK_ENRICHMENT = Kind("link-enrichment", Queue.BULK, run_seconds=900.0, max_attempts=4)
STEP_SECONDS = 90.0
# Seconds to wait after each attempt, but for the last; give or take a tenth.
PAUSES = (2.0, 20.0, 120.0)

BOOKMARKS_AWAY = Failure("BOOKMARKS_AWAY", "The service that keeps the link is away.", True)
# Retryable: while versions change, another worker may know it; and else an operator has to see it.
PAYLOAD_UNKNOWN = Failure("PAYLOAD_UNKNOWN", "This job was written by another version, or is broken.", True)
STEP_TIMEOUT = Failure("STEP_TIMEOUT", "It took too long.", True)
FETCH_FAILED = Failure("FETCH_FAILED", "The page could not be fetched.", True)
PICTURE_FAILED = Failure("PICTURE_FAILED", "No picture of it could be made.", True)
NO_PICTURE = Failure("NO_PICTURE", "There is no picture of it.", False)
NOT_A_PAGE = Failure("NOT_A_PAGE", "There is neither a page nor a PDF to take a picture of.", False)


class PageKind(StrEnum):
    """What is behind a link, for those who take its picture."""

    PAGE = "page"
    PDF = "pdf"
    IMAGE = "image"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of itself; empty where it says nothing."""

    final_url: str
    # Another address that is this place: by permanent redirects, or rel=canonical on the same site.
    same_as_url: str = ""
    title: str = ""
    description: str = ""
    site_name: str = ""
    # In small letters and without parameters.
    media_type: str = ""
    favicon_url: str = ""
    # Of the picture that it names; of a picture, its own.
    image_url: str = ""
    # Whether it lets itself be shown inside another page; None where that is not known.
    embeddable: bool | None = None
    # Which of two pictures to show: image or screenshot.
    cover: str = ""
    kind: PageKind = PageKind.PAGE


def kind_of(media_type: str) -> PageKind:
    """What is behind a link of this media type; what does not say what it is may be a page."""
    if media_type in ("", "text/html", "application/xhtml+xml"):
        return PageKind.PAGE
    if media_type == "application/pdf":
        return PageKind.PDF
    return PageKind.IMAGE if media_type.startswith("image/") else PageKind.OTHER


class Picture(NamedTuple):
    """A picture as it is kept: made anew here, as WebP."""

    path: Path
    media_type: str
    width: int
    height: int
    blurhash: str


class StepSkipped(Exception):
    """A step is not needed, or not possible here: why, and for people what would help."""

    def __init__(self, reason: str, message: str = "") -> None:
        """`reason` is promised to clients."""
        super().__init__(reason)
        self.reason = reason
        self.message = message


class LinkGone(Exception):
    """The link was removed, or another job looks it up: there is nothing left to do here."""


class Wanted(NamedTuple):
    """A link, and which time it is looked up, counted from 1."""

    bookmark_id: UUID
    round: int


class Lookup(NamedTuple):
    """Who looks up what, for whom."""

    owner: Owner
    bookmark_id: UUID
    round: int
    job_id: UUID


@dataclass(frozen=True, slots=True)
class Begun:
    """What is left to do, and what is known: no page, where it was never fetched; `pictures` are kinds of them."""

    url: str
    steps: Sequence[str]
    page: Page | None
    pictures: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a step that went well: one of these."""

    page: Page | None = None
    picture: Picture | None = None
    text: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a step stands. `next_at`: it failed, and will be tried again then."""

    step: str
    status: StepStatus
    failure: Failure | None = None
    next_at: datetime | None = None
    found: Found | None = None

    @property
    def final(self) -> bool:
        """Whether no attempt will do it again."""
        return self.status is not StepStatus.RUNNING and not (self.failure and self.failure.retryable)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it all."""

    steps: Sequence[Step] = ()
    merged_into: UUID | None = None
    stopped: bool = False
