"""What is remembered of a person: which facts are kept, and for how long. No database and no wire format here."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from chassis.errors import NotFound
from services.jobs.domain import Kind, Owner, Queue
from services.jobs.domain_search import MatchedBy, Mode, ModeReason

EXTRACTION = Kind("memory-extraction", Queue.BULK, run_seconds=3600.0)

WINDOW, BEFORE = 20, 5
# A single message below the one, or all of them below the other, are not worth looking at.
MIN_CHARACTERS, MIN_TOKENS = 20, 100
# The usual guess for English, where nobody counts them.
CHARACTERS_A_TOKEN = 4
CONTENT, REASONING = (10, 500), (10, 300)
# Above it, two facts are one.
SAME = 0.85
MOST_IMPORTANT = 10
MIN_CONFIDENCE = 0.7
# Of a window: nobody says more of themselves in so few messages.
MOST_FACTS = 100
# How many memories an extraction is told of, and how many ids a result has.
KNOWN, MAX_IDS = 50, 1000


class MemoryNotFound(NotFound):
    """There is no such memory"""

    reason = "MEMORY_NOT_FOUND"


class Category(StrEnum):
    """What a memory is about."""

    IDENTITY = "identity"
    PREFERENCE = "preference"
    PROJECT = "project"
    CONTEXT = "context"
    RELATIONSHIP = "relationship"


class Hint(StrEnum):
    """How long a memory holds."""

    CONTEXTUAL = "contextual"
    PREFERENCE = "preference"
    DEADLINE = "deadline"
    TEMPORARY = "temporary"


class Level(StrEnum):
    """How much is kept."""

    NONE = "none"
    PASSIVE = "passive"
    MINIMAL = "minimal"
    MODERATE = "moderate"
    ACTIVE = "active"


# The least importance and confidence of what is kept.
THRESHOLDS = {
    Level.PASSIVE: (9, 0.9),
    Level.MINIMAL: (8, 0.8),
    Level.MODERATE: (7, 0.7),
    Level.ACTIVE: (5, 0.6),
}
HELD = {Hint.CONTEXTUAL: timedelta(days=7), Hint.DEADLINE: timedelta(days=7), Hint.TEMPORARY: timedelta(days=1)}


class Message(NamedTuple):
    """A message that is read; `human` where somebody, and `own` where the person wrote it."""

    id: str
    author_id: str
    text: str
    sent_time: datetime
    human: bool
    own: bool


class Window(NamedTuple):
    """Messages that are read together, in order, and those before them."""

    messages: Sequence[Message]
    earlier: Sequence[Message]

    def worth_reading(self) -> bool:
        """Whether there may be something in it."""
        characters = sum(len(each.text) for each in self.messages)
        lone = len(self.messages) == 1 and characters < MIN_CHARACTERS
        return not lone and characters >= MIN_TOKENS * CHARACTERS_A_TOKEN and any(each.own for each in self.messages)


@dataclass(frozen=True, slots=True)
class Fact:
    """What somebody said of themselves, and in which message. `due`: the day that it names."""

    message_id: str
    content: str
    category: Category
    importance: int
    confidence: float
    reasoning: str
    hint: Hint
    due: date | None = None

    def kept(self, level: Level) -> bool:
        """Whether it is whole, and important and sure enough."""
        importance, confidence = THRESHOLDS[level]
        whole = CONTENT[0] <= len(self.content) <= CONTENT[1] and REASONING[0] <= len(self.reasoning) <= REASONING[1]
        possible = self.importance <= MOST_IMPORTANT and self.confidence <= 1
        return whole and possible and self.importance >= importance and self.confidence >= confidence

    def expire_time(self, now: datetime) -> datetime | None:
        """When it ends, if it is kept now; None: never."""
        held = HELD.get(self.hint)
        if held is None:
            return None
        named = self.hint is Hint.DEADLINE and self.due is not None
        since = datetime.combine(self.due, time.min, now.tzinfo) if named and self.due else now
        return since + held

    def over(self, now: datetime) -> bool:
        """Whether it would end before it is kept."""
        ends = self.expire_time(now)
        return ends is not None and ends <= now


@dataclass(frozen=True, slots=True)
class Memory:
    """A fact that is kept."""

    id: UUID
    content: str
    category: Category
    importance: int
    confidence: float
    reasoning: str
    hint: Hint
    expire_time: datetime | None
    conversation_id: str
    message_id: str
    extractor: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which memories are listed."""

    category: Category | None = None
    conversation_id: str | None = None
    min_importance: int = 1


class Hit(NamedTuple):
    """A memory that was found."""

    memory: Memory
    score: float
    matched_by: MatchedBy


class Found(NamedTuple):
    """What a search found, best first."""

    hits: Sequence[Hit]
    mode: Mode
    reason: ModeReason


class Asked(NamedTuple):
    """An extraction."""

    conversation_id: str
    level: Level


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extraction came to."""

    ids: Sequence[UUID]
    extracted: int
    duplicates: int
    read: int
    extractor: str


class Extraction(NamedTuple):
    """One attempt at an extraction: for whom, of what, and by which job under which token."""

    owner: Owner
    conversation_id: str
    job_id: UUID
    token: UUID


# Finds facts in a window, for somebody of whom some is known.
Draw: TypeAlias = Callable[[Owner, Window, Sequence[str]], Awaitable[list[Fact]]]


class Extractor(NamedTuple):
    """What looks for facts, and its name."""

    name: str
    draw: Draw


def folded(text: str) -> str:
    """The words of a text, the same however they are written."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def clipped(text: str, most: int) -> str:
    """A text on one line, no longer than that."""
    line = " ".join(text.replace("\x00", " ").encode(errors="replace").decode().split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
