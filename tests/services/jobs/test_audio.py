"""Reading recordings of every kind, whole, broken, and made to do harm."""

import asyncio
import resource
import struct
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.jobs import audio
from services.jobs.child import run_in_child
from services.jobs.domain import JobFailed
from services.jobs.domain_transcription import AUDIO_BREAKS
from tests.services.jobs.sounds import pictures, recorded, tone, wav

KINDS = ("wav", "flac", "opus", "ogg", "mp3", "m4a", "webm")
# What follows addresses, or is no sound.
OTHERS = {
    "text": "These are words.\n" * 50,
    "zip": "PK\x03\x04" + "x" * 500,
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}\n#EXTINF:5,\n{path}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{path}'\nfile '{url}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
}
BROKEN = {
    "no-channels": wav(channels=0),
    "65535-channels": wav(bytes(1 << 20), channels=65_535),
    "no-rate": wav(rate=0),
    "rate-of-4-billion": wav(rate=0xFFFFFFFF),
    "nothing-behind-the-tag": b"ID3\x03\0\0\0\0\0\x00" + bytes(300),
    "ogg-of-zeros": b"OggS" + bytes(5000),
    "mp4-of-a-head": b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42",
    "webm-of-a-head": b"\x1aE\xdf\xa3" + bytes(200),
}


async def failure(source: Path, longest: float = 60) -> str:
    """Why it cannot be read."""
    with pytest.raises(JobFailed) as failed:
        await audio.decode(source, source.with_name("out.wav"), longest)
    return failed.value.failure.reason


def written(folder: Path, data: bytes | str) -> Path:
    """A file of this."""
    path = folder / "sound"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("latin-1"))
    return path


@pytest.mark.parametrize("kind", KINDS)
async def test_a_format_is_read_whole_and_up_to_where_it_breaks(tmp_path: Path, kind: str) -> None:
    source, to = recorded(tmp_path / f"a.{kind}"), tmp_path / "out.wav"
    whole, half = source.read_bytes(), tmp_path / "half"  # its name says nothing
    half.write_bytes(whole[: len(whole) * 7 // 10])
    found, part = await audio.decode(source, to, 60), await audio.decode(half, tmp_path / "part.wav", 60)
    assert found.seconds == pytest.approx(3, abs=0.06)
    assert found.cuts == [0, found.seconds]
    assert 1.2 < part.seconds < 2.3
    with wave.open(str(to)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, round(found.seconds * 16_000))
        heard = np.frombuffer(file.readframes(32_000), np.int16)
    loudest = np.abs(np.fft.rfft(heard)).argmax() * 16_000 / len(heard)
    assert loudest == pytest.approx(440, abs=1)
    # The child leaves the limits of its parent alone.
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize("kind", ["wav", "flac", "opus", "mp3", "m4a"])
async def test_rubbish_behind_a_good_beginning_is_left_out(tmp_path: Path, kind: str) -> None:
    data = recorded(tmp_path / f"a.{kind}").read_bytes()
    rubbish = np.random.default_rng(5).bytes(20_000)
    source = written(tmp_path, data[: len(data) // 2] + rubbish)
    found = await audio.decode(source, tmp_path / "out.wav", 60)
    assert 0.9 < found.seconds < 3.2


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
async def test_what_only_begins_well_is_broken(tmp_path: Path, data: bytes) -> None:
    assert await failure(written(tmp_path, data)) == "AUDIO_BROKEN"


async def test_what_is_empty_is_told_from_what_is_cut_off(tmp_path: Path) -> None:
    assert await failure(written(tmp_path, b"")) == "AUDIO_EMPTY"
    assert await failure(written(tmp_path, wav(b""))) == "AUDIO_EMPTY"
    source = written(tmp_path, wav(declared=0x7FFFFF00))
    assert (await audio.decode(source, tmp_path / "out.wav", 60)).seconds == 1


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[object]]]:
    """An address at which nobody may ask, and who did."""
    asked: list[object] = []

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.wav", asked


@pytest.mark.parametrize("kind", OTHERS)
async def test_what_is_no_sound_is_refused_and_leads_nowhere(tmp_path: Path, kind: str) -> None:
    good = recorded(tmp_path / "good.wav", seconds=0.1)
    async with listening() as (url, asked):
        assert await failure(written(tmp_path, OTHERS[kind].format(url=url, path=good))) == "AUDIO_UNSUPPORTED"
    assert not asked


async def test_pictures_and_other_formats_and_codecs_are_refused(tmp_path: Path) -> None:
    plain = written(tmp_path, struct.pack(">4s5I", b".snd", 24, 32_000, 3, 16_000, 1) + b"\1\2" * 16_000)
    for path in (plain, pictures(tmp_path / "a.png"), pictures(tmp_path / "a.mp4"), recorded(tmp_path / "a.mkv")):
        assert await failure(path) == "AUDIO_UNSUPPORTED"


async def test_hours_of_silence_in_few_bytes_are_not_read_to_the_end(tmp_path: Path) -> None:
    for kind, rate in (("opus", 48_000), ("flac", 44_100)):
        source = recorded(tmp_path / f"a.{kind}", np.zeros(rate * 90))
        assert source.stat().st_size < 50_000
        started = time.monotonic()
        assert await failure(source, 5) == "AUDIO_TOO_LONG"
        assert time.monotonic() - started < 3
    # A second of it is a sample.
    assert await failure(written(tmp_path, wav(rate=1))) == "AUDIO_TOO_LONG"


def limits(source: str, to: str) -> list[object]:
    """What a child that reads may have, afterwards."""
    audio.decoded(source, to, 60)
    return [resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CPU)[0]]


async def test_the_child_has_limits_and_its_death_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recorded(tmp_path / "a.wav", seconds=0.1)
    said = await run_in_child(limits, str(source), str(tmp_path / "out.wav"))
    assert said == [audio.MEMORY_BYTES, audio.CPU_SECONDS]
    monkeypatch.setattr(audio, "decoded", killed)
    assert await failure(source) == AUDIO_BREAKS.reason
    assert AUDIO_BREAKS.retryable


def killed(*_: object) -> None:
    """Die as for want of memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (0, 0))
    while True:
        pass


async def test_pieces_end_where_it_is_quiet_and_none_is_short(tmp_path: Path) -> None:
    sound = tone(106, 16_000)
    for quiet in (30.0, 52.0, 85.5):
        sound[int((quiet - 0.5) * 16_000) : int((quiet + 0.5) * 16_000)] = 0
    source = recorded(tmp_path / "a.wav", sound)
    found = await audio.decode(source, tmp_path / "out.wav", 200)
    assert found.cuts == pytest.approx([0, 30, 52, 85.5, 106], abs=0.5)
    piece = tmp_path / "piece.wav"
    audio.cut(tmp_path / "out.wav", piece, *found.cuts[3:])
    with wave.open(str(piece)) as file:
        assert file.getnframes() == round((found.cuts[4] - found.cuts[3]) * 16_000)
    for seconds in (40, 40.01, 61):
        source = recorded(tmp_path / "b.wav", tone(seconds, 16_000))
        cuts = (await audio.decode(source, piece, 200)).cuts
        assert all(19.8 < end - start <= 40.2 for start, end in pairwise(cuts))
