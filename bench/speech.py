"""How well and how fast the embedded model hears: `python -m bench.speech FOLDER`.

The folder has recordings and transcripts.tsv: on each line the name of one, a tab, and what is said in it.
"""

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from services.jobs import audio
from services.jobs.domain import Owner
from services.jobs.domain_transcription import joined
from services.jobs.speech_local import LocalSpeech

LONGEST_SECONDS = 60.0
NOBODY = Owner("bench", "bench")


class Heard(NamedTuple):
    """A recording, and how it was heard."""

    name: str
    words: int
    wrong: int
    # Of sound, and of work, decoding included.
    seconds: float
    work: float
    text: str


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"[\w']+", text.lower())


def distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words to put in, to leave out and to change that make one of the other."""
    before = list(range(len(heard) + 1))
    for row, word in enumerate(said, 1):
        now = [row]
        for column, other in enumerate(heard, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (word != other)))
        before = now
    return before[-1]


def transcripts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Recordings, and what is said in them."""
    for line in (folder / "transcripts.tsv").read_text().splitlines():
        name, _, text = line.partition("\t")
        yield folder / name, text


async def hear(path: Path, text: str) -> Heard:
    """Hear one of less than a minute."""
    with tempfile.TemporaryDirectory(prefix="cairn-speech-") as folder:
        started = time.monotonic()
        wav = Path(folder) / "sound.wav"
        decoded = await audio.decode(path, wav, LONGEST_SECONDS)
        found = joined(await LocalSpeech().hear(NOBODY, wav, "en"))
        work = time.monotonic() - started
    said = words(text)
    return Heard(path.name, len(said), distance(said, words(found)), decoded.seconds, work, found)


async def measure(folder: Path) -> None:
    """Print a line for each, and one for all."""
    all_ = [await hear(*each) for each in transcripts(folder)]
    for each in all_:
        sys.stdout.write(f"{each.name}: {each.wrong} of {each.words} words wrong: {each.text}\n")
    wrong, count = sum(each.wrong for each in all_), sum(each.words for each in all_)
    pace = sum(each.work for each in all_) / sum(each.seconds for each in all_)
    sys.stdout.write(f"word error rate {wrong / count:.2f}; {pace:.2f} s of work for a second of sound\n")


if __name__ == "__main__":
    asyncio.run(measure(Path(sys.argv[1])))
