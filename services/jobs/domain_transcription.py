"""Recordings, and what is said in them. No database and no wire format here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.errors import InvalidInput, NotFound
from services.jobs.domain import Failure, Kind, Queue

# Of a recording of two hours, each second of which takes a third of one, on a machine with much to do.
TRANSCRIPTION = Kind("transcription", Queue.BULK, run_seconds=7200.0, max_running=20)

MAX_BYTES = 25 << 20
DEFAULT_LANGUAGE = "en"
# Samples a second, of two bytes each: what models of speech are made for.
RATE = 16_000
# Of the text in a job's result.
SHOWN = 10_000

AUDIO_EMPTY = Failure("AUDIO_EMPTY", "There is no sound in it.", False)
AUDIO_UNSUPPORTED = Failure("AUDIO_UNSUPPORTED", "It is not audio in a format that is read here.", False)
AUDIO_BROKEN = Failure("AUDIO_BROKEN", "It is broken: nothing of it can be read.", False)
# Once may be for want of memory on our side.
AUDIO_BREAKS = Failure("AUDIO_BROKEN", "It is broken: what reads it dies of it.", True)
AUDIO_TOO_LONG = Failure("AUDIO_TOO_LONG", "It is longer than what is written down here.", False)
AUDIO_CHANGED = Failure("AUDIO_CHANGED", "What is behind the URL has changed while it was written down.", False)
AUDIO_GONE = Failure("AUDIO_GONE", "The upload is no longer kept. Send it again.", False)
LANGUAGE_UNSUPPORTED = Failure("LANGUAGE_UNSUPPORTED", "The model that is installed here hears English only.", False)
SPEECH_MISSING = Failure("SPEECH_MISSING", "No model that hears speech is installed (extra: models).", True)


class TranscriptNotFound(NotFound):
    """There is no such transcript"""

    reason = "TRANSCRIPT_NOT_FOUND"


class AudioEmpty(InvalidInput):
    """The file is empty"""

    reason = "AUDIO_EMPTY"


class AudioTooLarge(InvalidInput):
    """A recording has at most 25 MiB"""

    reason = "AUDIO_TOO_LARGE"


class Segment(NamedTuple):
    """Words between two pauses; seconds from the beginning."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording to be written down: one behind a URL, or an upload."""

    url: str
    upload: UUID | None
    conversation_id: str
    language: str
    name: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. Lists have it without text and segments."""

    id: UUID
    user_id: str
    conversation_id: str
    name: str
    language: str
    seconds: float
    text: str
    segments: Sequence[Segment]
    extractor: str
    created_time: datetime


def joined(segments: Sequence[Segment]) -> str:
    """All that was said."""
    return " ".join(segment.text for segment in segments)


def subtitles(segments: Sequence[Segment], comma: str) -> str:
    """Numbered, as SubRip and WebVTT have them; the two differ in what stands before the milliseconds."""
    blocks = (
        f"{number}\n{_clock(each.start, comma)} --> {_clock(each.end, comma)}\n{_line(each.text)}\n"
        for number, each in enumerate(segments, 1)
    )
    return "\n".join(blocks)


def _clock(seconds: float, comma: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{comma}{rest % 1000:03}"


def _line(text: str) -> str:
    """On one line, and without what would end it, or begin a tag."""
    return " ".join(text.split()).replace("-->", "->").replace("<", "\u2039").replace(">", "\u203a")
