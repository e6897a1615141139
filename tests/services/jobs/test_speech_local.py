"""The embedded model hears: the sample recording, silence, and recordings of real people where they are."""

from pathlib import Path

import numpy as np
import pytest

from bench import speech
from services.jobs import audio
from services.jobs.domain import JobFailed, Owner
from services.jobs.speech_local import LocalSpeech, _segments
from tests.services.jobs.sounds import recorded

ANN = Owner("w", "ann")
SAMPLE = Path(__file__).parents[3] / "examples" / "lighthouse.ogg"
# As `bench.speech` takes it; it lies beside some checkouts only.
PEOPLE = Path(__file__).parents[4] / "shared" / "data" / "audio"


async def test_the_sample_is_heard(tmp_path: Path) -> None:
    wav = tmp_path / "sound.wav"
    seconds = (await audio.decode(SAMPLE, wav, 60)).seconds
    said = await LocalSpeech().hear(ANN, wav, "en-US")
    assert len(said) == 3
    for segment, sure in zip(said, ("lighthouse on friday", "paint", "the tower must not"), strict=True):
        assert sure in segment.text
    times = [time for segment in said for time in segment[:2]]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= seconds


async def test_in_silence_nothing_is_said(tmp_path: Path) -> None:
    wav = recorded(tmp_path / "a.opus", np.zeros(48_000))
    await audio.decode(wav, tmp_path / "sound.wav", 60)
    assert await LocalSpeech().hear(ANN, tmp_path / "sound.wav", "en") == []


async def test_other_languages_are_refused(tmp_path: Path) -> None:
    for language in ("de", "enm", "fr-CA"):
        with pytest.raises(JobFailed, match="LANGUAGE_UNSUPPORTED"):
            await LocalSpeech().hear(ANN, tmp_path / "none.wav", language)


def test_segments_end_at_pauses_and_at_their_length() -> None:
    said = [("<s>", 0, 20), ("one", 20, 50), ("two(2)", 80, 100), ("[NOISE]", 100, 139), ("three", 140, 200)]
    assert _segments([*said, ("</s>", 200, 210)]) == [(0.2, 1.0, "one two"), (1.4, 2.0, "three")]
    long = [("word", at, at + 300) for at in range(0, 1500, 300)]
    assert _segments(long) == [(0, 9, "word word word"), (9, 15, "word word")]


@pytest.mark.skipif(not (PEOPLE / "transcripts.tsv").exists(), reason="recordings of people are not here")
async def test_people_are_heard() -> None:
    heard = [await speech.hear(*each) for each in speech.transcripts(PEOPLE)]
    assert sum(each.wrong for each in heard) / sum(each.words for each in heard) < 0.5
