"""The model that hears behind an address: what it costs is counted, and how it fails is told."""

import wave
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from chassis.database import Queries
from services.jobs import store_usage
from services.jobs.asking import failure
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_model import ModelError, Usage
from services.jobs.domain_transcription import RATE, TRANSCRIPTION, Segment
from services.jobs.domain_usage import Spent
from services.jobs.speech_http import HttpSpeech


class ServedSpeech:
    """Asks a server."""

    def __init__(self, server: HttpSpeech, queries: Queries, now: Callable[[], datetime]) -> None:
        """`now` is aware of its time zone."""
        self._server = server
        self._queries = queries
        self._now = now

    @property
    def name(self) -> str:
        """Which model it is."""
        return self._server.name

    async def hear(self, owner: Owner, wav: Path, language: str) -> Sequence[Segment]:  # noqa: ARG002 - it finds out
        """What is said in it; raises JobFailed."""
        try:
            said = await self._server.hear(wav)
        except ModelError as error:
            raise JobFailed(*failure(error)) from None
        with wave.open(str(wav), "rb") as file:
            usage = Usage(audio_seconds=file.getnframes() / RATE)
        spent = Spent(self._now().date(), TRANSCRIPTION.name, self.name, 1, usage)
        await store_usage.add(self._queries, owner, spent)
        return [Segment(each.start, each.end, each.text) for each in said.segments]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()
