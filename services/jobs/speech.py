"""What hears speech: the embedded model, or one behind an address."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from services.jobs.domain import Owner
from services.jobs.domain_transcription import Segment


class Speech(Protocol):
    """A model that writes down speech."""

    @property
    def name(self) -> str:
        """Which one it is."""

    async def hear(self, owner: Owner, wav: Path, language: str) -> Sequence[Segment]:
        """What is said in a piece of at most a minute, in WAV: one channel, 16,000 samples of two bytes a second.

        Seconds count from the beginning of the piece. Raises JobFailed.
        """

    async def aclose(self) -> None:
        """Give up what it holds."""
