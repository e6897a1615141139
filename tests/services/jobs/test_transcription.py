"""Transcription as a job: what each attempt keeps, what goes wrong on the way, and how it ends."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.jobs import audio, store, store_transcripts
from services.jobs.actions.transcription import FOLDER, LEFT_SECONDS, sweep
from services.jobs.context import Context
from services.jobs.domain import JobFailed, StepStatus
from services.jobs.domain_transcription import Wanted
from services.jobs.shown import transcription_shown
from services.jobs.speech_local import LocalSpeech
from tests.services.jobs.crew import until
from tests.services.jobs.hearing import Hearing, Script
from tests.services.jobs.sounds import recorded, tone
from tests.services.jobs.stage import Stage

LINES = ("first", "", "third")
# What came of LINES: the pieces are cut in these seconds.
CUTS = [0, 30, 60, 90]


@pytest.fixture
async def hearing(stage: Stage) -> Hearing:
    """Nothing has been heard."""
    await stage.sql("truncate jobs.uploads, jobs.transcripts")
    return Hearing(stage)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute and a half in three pieces."""
    sound = tone(90, 16_000)
    for quiet in CUTS[1:-1]:
        sound[(quiet * 16_000 - 4800) : (quiet * 16_000 + 4800)] = 0
    return recorded(tmp_path_factory.mktemp("talk") / "talk.wav", sound)


async def failure(hearing: Hearing, wanted: Wanted, speech: Any = None) -> str:
    """Why it fails."""
    job = await hearing.claimed(wanted)
    with pytest.raises(JobFailed) as failed:
        await hearing.run(job, speech or Script())
    return failed.value.failure.reason


@asynccontextmanager
async def offering(data: bytes) -> AsyncIterator[str]:
    """The URL of a server that offers this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(data) + data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/talk.wav"


async def unwritten(_report: object) -> bool:
    """Nothing is kept of what is said on the way."""
    return True


async def test_what_is_heard_is_told_on_the_way_and_written_once(hearing: Hearing, talk: Path) -> None:
    script = Script(LINES)
    wanted = await hearing.keep(talk)
    job = await hearing.claimed(wanted)
    result = await hearing.run(job, script)
    assert script.heard == ["ann en 30"] * 3
    assert (result.text, result.segment_count, result.truncated, result.extractor) == (
        "first third",
        2,
        False,
        "script",
    )
    assert (result.transcript_id, result.duration_seconds) == (str(wanted.upload), 90)
    [row] = await hearing.stage.sql("select * from jobs.transcripts")
    assert (row["id"], row["name"], row["text"], row["seconds"]) == (wanted.upload, "talk.wav", "first third", 90)
    told = [report.progress for report in hearing.reports if report.progress and report.progress.total]
    assert [each.current for each in told] == sorted(each.current for each in told)
    assert (told[0].total, told[-1][:3]) == (90, (90, 90, "seconds heard"))
    steps = hearing.reports[-1].steps or ()
    assert [(each.name, each.status) for each in steps] == [
        (name, StepStatus.DONE) for name in ("fetch", "0:00-0:30", "0:30-1:00", "1:00-1:30")
    ]
    await hearing.run(replace(job, checkpoint=dict(hearing.reports[-1].checkpoint or {})), Script(("again",) * 3))
    assert await hearing.stage.count("transcripts") == 1


async def test_the_next_attempt_goes_on_after_the_piece_that_was_heard(hearing: Hearing, talk: Path) -> None:
    script = Script(LINES, dies_at=1)
    job = await hearing.claimed(await hearing.keep(talk))
    with pytest.raises(RuntimeError):
        await hearing.run(job, script)
    assert await hearing.stage.count("transcripts") == 0
    # As if the worker had been killed: its lease ends, and another takes the job with what is in the database.
    await hearing.stage.pass_(60)
    await hearing.stage.sql("update jobs.jobs set status = 'pending', lease_token = null, lease_until = null")
    again = await hearing.claim()
    assert list(again.checkpoint) == ["fetch", "0:00-0:30"]
    result = await hearing.run(again, script)
    assert (result.text, len(script.heard)) == ("first third", 3)
    [row] = await hearing.stage.sql("select segments from jobs.transcripts")
    assert [(round(start), round(end), text) for start, end, text in json.loads(row["segments"])] == [
        (1, 2, "first"),
        (61, 62, "third"),
    ]


async def test_a_url_is_fetched_through_the_guard(hearing: Hearing, tmp_path: Path) -> None:
    sound = recorded(tmp_path / "a.opus", seconds=1).read_bytes()
    async with offering(sound) as url:
        result = await hearing.run(await hearing.claimed(Wanted(url, None, "", "en", "a")), Script())
        inside = url.replace("127.0.0.1", "127.0.0.2")
        assert await failure(hearing, Wanted(inside, None, "", "en", "a")) == "ADDRESS_REFUSED"
    assert (result.text, round(result.duration_seconds)) == ("one", 1)


async def test_a_recording_that_changes_between_attempts_is_not_mixed(hearing: Hearing, tmp_path: Path) -> None:
    other = recorded(tmp_path / "b.opus", seconds=2).read_bytes()
    async with offering(other) as url:
        job = await hearing.claimed(Wanted(url, None, "", "en", "a"))
        with pytest.raises(JobFailed, match="AUDIO_CHANGED"):
            await hearing.run(replace(job, checkpoint={"fetch": "of another"}), Script())


async def test_what_cannot_be_heard_fails_for_a_reason(
    hearing: Hearing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await hearing.keep(recorded(tmp_path / "a.wav", seconds=1))
    assert await failure(hearing, replace(wanted, language="de"), LocalSpeech()) == "LANGUAGE_UNSUPPORTED"
    empty = await hearing.run(await hearing.claimed(wanted), Script(("",)))
    assert (empty.text, empty.segment_count) == ("", 0)
    hearing.longest_seconds = 0.5
    assert await failure(hearing, wanted) == "AUDIO_TOO_LONG"
    monkeypatch.setattr("services.jobs.audio.decoded", bare)
    assert await failure(hearing, wanted) == "SPEECH_MISSING"
    await hearing.stage.sql("truncate jobs.uploads")
    assert await failure(hearing, wanted) == "AUDIO_GONE"


def bare(source: str, to: str, longest: float) -> object:
    """Decode where the libraries are not installed."""
    sys.modules["av"] = None  # type: ignore[assignment]
    return audio.decoded(source, to, longest)


def stuck(source: str, *_: object) -> None:
    """Hang as a decoder may."""
    Path(source).with_name("began").touch()
    time.sleep(60)


def there(folder: Path) -> list[str]:
    """The files of a job at work, and its folder."""
    return [path.name for pattern in ("", "/*") for path in folder.glob(f"cairn-audio-*{pattern}")]


async def test_a_job_shows_no_transcript_that_was_deleted(hearing: Hearing, talk: Path) -> None:
    wanted = await hearing.keep(talk)
    job = await hearing.claimed(wanted)
    kept = await hearing.action(Script(LINES)).run(job.input, Context(job, unwritten, lambda: None))
    assert b"first" not in kept
    shown = transcription_shown(hearing.stage.database)
    now = await store.get(hearing.stage.database, job.owner, job.id)
    assert now is not None
    finished = replace(now, result=kept)
    assert b"first third" in ((await shown(job.owner, finished)).result or b"")
    assert wanted.upload is not None
    await store_transcripts.remove(hearing.stage.database, job.owner, wanted.upload)
    assert (await shown(job.owner, finished)).result is None


def test_what_a_killed_worker_has_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in (f"{FOLDER}one", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sound.wav").touch()
    now = (tmp_path / f"{FOLDER}one").stat().st_mtime
    sweep(now + LEFT_SECONDS)
    assert len(list(tmp_path.iterdir())) == 2
    sweep(now + LEFT_SECONDS + 1)
    assert [each.name for each in tmp_path.iterdir()] == ["others"]


async def test_a_cancelled_job_ends_its_child_and_leaves_no_files(
    hearing: Hearing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("services.jobs.audio.decoded", stuck)
    job = await hearing.claimed(await hearing.keep(recorded(tmp_path / "a.wav", seconds=0.1)))
    task = asyncio.create_task(hearing.run(job, Script()))
    await until(lambda: "began" in there(tmp_path), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not there(tmp_path)
