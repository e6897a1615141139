"""What a search asks for and finds. No database and no wire format here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from chassis.errors import InvalidInput
from services.jobs.domain import Kind, Queue

SEARCH = Kind("search", Queue.INTERACTIVE, run_seconds=30.0)

DIMENSIONS = 384
DEFAULT_LIMIT, MAX_LIMIT = 10, 100
MAX_QUERY = 500
# As PostgreSQL reads a query: a minus, then a word or words in quotes. Signs before it mean nothing.
PART = re.compile(r'(?P<kept>"[^"]*"?|[^\s"!&|()-][^\s"]*)|(?P<minus>-[\s!&|()-]*)(?P<cut>"[^"]*"?|[^\s"]+)')

# DIMENSIONS numbers, of length one.
Vector: TypeAlias = Sequence[float]


class SearchInvalid(InvalidInput):
    """A search asks for something, and its time to is after its time from"""

    reason = "SEARCH_INVALID"


class EmbedderMissing(Exception):
    """What the local model needs is not installed."""


class EmbedderAway(Exception):
    """The model does not answer, or not now; `retry_after` counts seconds, where it said when to come back."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        """`why` goes to the log."""
        super().__init__(why)
        self.retry_after = retry_after


class EmbedderRefused(Exception):
    """The model does not take these texts, and never will."""


class Mode(StrEnum):
    """Which halves of a search took part."""

    HYBRID = "hybrid"
    TEXT = "text"


class ModeReason(StrEnum):
    """Why a search went by words only."""

    NONE = ""
    AWAY = "EMBEDDER_AWAY"
    MISSING = "EMBEDDINGS_MISSING"


class MatchedBy(StrEnum):
    """Which half found a message."""

    TEXT = "text"
    VECTOR = "vector"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search, with its filters. From a time on, and before a time."""

    query: str
    limit: int = DEFAULT_LIMIT
    conversation_id: str | None = None
    author_id: str | None = None
    role: int | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None

    def checked(self) -> "Wanted":
        """Itself, or SearchInvalid."""
        if not self.query.strip():
            raise SearchInvalid("The query is blank")
        if self.from_time and self.to_time and self.to_time <= self.from_time:
            raise SearchInvalid("The time to must be after the time from")
        return self

    @property
    def meant(self) -> str:
        """The query without what must not stand in a message: what a model reads."""
        kept = PART.sub(lambda part: " " if _excluded(part) else part[0], self.query)
        return kept if re.search(r"\w", kept) or not self.excluded else ""

    @property
    def excluded(self) -> str:
        """A query for messages that must not be found; empty where all may."""
        return " or ".join(part["cut"] for part in PART.finditer(self.query) if _excluded(part))


def _excluded(part: re.Match[str]) -> bool:
    """Twice excluded is asked for."""
    return (part["minus"] or "").count("-") % 2 == 1


class Highlight(NamedTuple):
    """A stretch of a text, in code points; `end` is the first one after it."""

    start: int
    end: int


class Ranked(NamedTuple):
    """Which message was found, and how."""

    message_id: str
    score: float
    matched_by: MatchedBy


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found. `content` begins at that code point of it; `truncated` where it is not all."""

    conversation_id: str
    message_id: str
    content: str
    content_start: int
    truncated: bool
    score: float
    author_id: str
    sent_time: datetime
    highlights: Sequence[Highlight]
    matched_by: MatchedBy


@dataclass(frozen=True, slots=True)
class Kept:
    """What a job keeps of what it found: no word that anybody wrote."""

    ranked: Sequence[Ranked]
    mode: Mode
    reason: ModeReason
    unembedded: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the best first; `unembedded` messages among those searched are found by words only."""

    hits: Sequence[Hit]
    mode: Mode
    reason: ModeReason
    unembedded: int
