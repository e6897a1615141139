"""What those who look links up say of them: who speaks, how a step goes, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.errors import PreconditionFailed
from services.bookmarks.domain_images import Picture
from services.bookmarks.domain_links import StepState


class EnrichmentStale(PreconditionFailed):
    """The link is looked up anew by now, or by another job"""

    reason = "ENRICHMENT_STALE"


class Attempt(NamedTuple):
    """Who speaks, and of what."""

    bookmark_id: UUID
    round: int
    job_id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """What a page says of itself. What is empty or None leaves what was found before."""

    final_url: str = ""
    title: str = ""
    description: str = ""
    site_name: str = ""
    media_type: str = ""
    favicon_url: str = ""
    image_url: str = ""
    cover: str = ""
    embeddable: bool | None = None
    text: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a step goes, and what came of it."""

    step: str
    state: StepState
    reason: str = ""
    message: str = ""
    retryable: bool = False
    next_time: datetime | None = None
    found: Found = field(default_factory=Found)
    # Another address that is the same place; empty where there is none.
    same_as_url: str = ""
    picture: Picture | None = None


class Begun(NamedTuple):
    """What is left to do, and what is known."""

    url: str
    steps: Sequence[str]
    found: Found
    images: Sequence[str]
