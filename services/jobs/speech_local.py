"""The embedded model that hears speech: pocketsphinx, with the English model that comes with it."""

import importlib
import resource
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

from services.jobs.child import run_in_child
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_transcription import LANGUAGE_UNSUPPORTED, SPEECH_MISSING, Segment

ENGLISH = "en"
FRAMES_A_SECOND = 100
# A silence of so many frames ends a segment, and so does its length.
PAUSE_FRAMES, LONGEST_FRAMES = 40, 1000
MEMORY_BYTES = 2 << 30
# Of 32,768. Where nothing is louder, words are made up.
SILENCE = 100
# What is no word: silences, noises, beginning and end.
FILLERS = ("<", "[", "+")


class LocalSpeech:
    """Hears in a child process, which can be killed."""

    name = "pocketsphinx"

    async def hear(self, owner: Owner, wav: Path, language: str) -> Sequence[Segment]:  # noqa: ARG002 - costs nothing
        """What is said in it; raises JobFailed."""
        if language.lower().split("-")[0] != ENGLISH:
            raise JobFailed(LANGUAGE_UNSUPPORTED)
        return [Segment(*each) for each in await run_in_child(heard, str(wav))]

    async def aclose(self) -> None:
        """Nothing to give up."""


def heard(wav: str) -> list[tuple[float, float, str]]:
    """The child's part."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        sphinx = importlib.import_module("pocketsphinx")  # an extra, and large: only the child needs it
    except ImportError as error:
        raise JobFailed(SPEECH_MISSING) from error
    with wave.open(wav, "rb") as file:
        samples = file.readframes(file.getnframes())
    if max(array("h", samples), default=0) < SILENCE:
        return []
    decoder = sphinx.Decoder(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    return _segments([(each.word, each.start_frame, each.end_frame + 1) for each in decoder.seg() or ()])


def _segments(said: Sequence[tuple[str, int, int]]) -> list[tuple[float, float, str]]:
    """Words that follow each other without a pause, together. Of a word said in another way, `(2)` is left out."""
    groups: list[list[tuple[str, int, int]]] = []
    for word, start, end in said:
        if word.startswith(FILLERS):
            continue
        last = groups[-1] if groups else None
        if last is None or start - last[-1][2] >= PAUSE_FRAMES or end - last[0][1] > LONGEST_FRAMES:
            groups.append([])
        groups[-1].append((word.partition("(")[0], start, end))
    return [
        (group[0][1] / FRAMES_A_SECOND, group[-1][2] / FRAMES_A_SECOND, " ".join(word for word, *_ in group))
        for group in groups
    ]
