"""A model that hears, behind an address that speaks as OpenAI's /audio/transcriptions does."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from services.jobs.domain_model import ModelAnswerInvalid
from services.jobs.model_server import Limits, ModelServer

# Of some hours of speech, with what servers tell of each segment.
ANSWER_BYTES = 4 << 20
NUL = "\0"
Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Segment(BaseModel):
    start: Seconds
    end: Seconds
    text: str


class _Transcription(BaseModel):
    segments: list[_Segment]
    language: str = ""


class HeardSegment(NamedTuple):
    """What was said from one second to another."""

    start: float
    end: float
    text: str


class HeardSpeech(NamedTuple):
    """What was said, oldest first, and in which language, as the server calls it."""

    segments: Sequence[HeardSegment]
    language: str


class HttpSpeech:
    """Asks what is said in a file. `aclose` it."""

    def __init__(
        self, url: str, key: str, model: str, timeout_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        """`url` is what stands before `/audio/transcriptions`; `now` tells seconds since 1970."""
        self.name = model
        self._server = ModelServer(url, key, Limits(timeout_seconds, ANSWER_BYTES), now)

    async def hear(self, audio: Path) -> HeardSpeech:
        """What is said in it; raises ModelAway, ModelRefused or ModelAnswerInvalid.

        Of its name only the suffix is told, by which servers know the format.
        """
        asked = {"model": self.name, "response_format": "verbose_json", "timestamp_granularities[]": "segment"}
        with audio.open("rb") as file:
            files = {"file": (f"audio{audio.suffix}", file, "application/octet-stream")}
            said = await self._server.post("audio/transcriptions", data=asked, files=files)
        try:
            found = _Transcription.model_validate(said)
        except ValidationError:
            raise ModelAnswerInvalid("no transcription") from None
        if any(NUL in each.text or each.end < each.start for each in found.segments):
            raise ModelAnswerInvalid("a segment that cannot be")
        ordered = sorted(found.segments, key=lambda each: (each.start, each.end))
        return HeardSpeech([HeardSegment(each.start, each.end, each.text.strip()) for each in ordered], found.language)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()
