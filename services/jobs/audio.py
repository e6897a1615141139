"""Reads a recording into plain samples, in a child process: what it is given may be made to do harm.

It is told apart by what is in it, and only readers of formats of sound are tried: some others follow addresses.
"""

import importlib
import resource
import wave
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from services.jobs.child import ChildKilled, run_in_child
from services.jobs.domain import Failure, JobFailed
from services.jobs.domain_transcription import (
    AUDIO_BREAKS,
    AUDIO_BROKEN,
    AUDIO_EMPTY,
    AUDIO_TOO_LONG,
    AUDIO_UNSUPPORTED,
    RATE,
    SPEECH_MISSING,
)

FORMATS = "wav,flac,ogg,mp3,mov,mp4,m4a,matroska,webm"
PLAIN = "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_u8,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw"
CODECS = f"{PLAIN},flac,vorbis,libvorbis,opus,libopus,mp3,mp3float,aac".split(",")
# MP3 begins with a tag, or at once with a frame.
MP3 = (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")
BEGINNINGS = (b"RIFF", b"fLaC", b"OggS", b"\x1aE\xdf\xa3", *MP3)
# Of the child: address space, and of one processor.
MEMORY_BYTES, CPU_SECONDS = 2 << 30, 900
WIDTH = 2
# A piece is cut where it is quietest, after so many seconds and before the others.
SHORTEST, LONGEST = 20, 40
QUIET_SECONDS = 0.2


class Decoded(NamedTuple):
    """Samples in a file, and where to cut them: in seconds, the first being 0 and the last the end."""

    seconds: float
    cuts: list[float]


async def decode(source: Path, to: Path, longest_seconds: float) -> Decoded:
    """Write the sound of a file as WAV, for models of speech; raises JobFailed."""
    try:
        return Decoded(*await run_in_child(decoded, str(source), str(to), longest_seconds))
    except ChildKilled as error:
        raise JobFailed(AUDIO_BREAKS) from error


def decoded(source: str, to: str, longest_seconds: float) -> tuple[float, list[float]]:
    """The child's part."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    count = 0
    with wave.open(to, "wb") as file:
        file.setparams((1, WIDTH, RATE, 0, "NONE", ""))
        for samples in _samples(source):
            count += len(samples) // WIDTH
            if count > longest_seconds * RATE:
                raise JobFailed(AUDIO_TOO_LONG)
            file.writeframesraw(samples)
    if not count:
        raise JobFailed(AUDIO_EMPTY)
    return count / RATE, _cuts(to, count)


def cut(source: Path, to: Path, start: float, end: float) -> None:
    """Write the part of a WAV file between two seconds."""
    with wave.open(str(source), "rb") as file, wave.open(str(to), "wb") as part:
        part.setparams(file.getparams())
        file.setpos(round(start * RATE))
        part.writeframes(file.readframes(round((end - start) * RATE)))


def _samples(source: str) -> Iterator[bytes]:
    """The first track; what comes before the file breaks counts."""
    try:
        av = importlib.import_module("av")  # an extra, and large: only the child needs it
    except ImportError as error:
        raise JobFailed(SPEECH_MISSING) from error
    options = {"format_whitelist": FORMATS, "codec_whitelist": ",".join(CODECS), "protocol_whitelist": "file"}
    heard = False
    try:
        with av.open(source, options=options, metadata_errors="ignore") as container:
            # The list that it is given holds while it looks at the file, but not for what reads it here.
            if not container.streams.audio or container.streams.audio[0].codec_context.name not in CODECS:
                raise JobFailed(AUDIO_UNSUPPORTED)
            for samples in _resampled(av, container):
                heard = True
                yield samples
    except (av.error.FFmpegError, ValueError, EOFError, MemoryError) as error:
        if not heard:
            raise JobFailed(_why(Path(source))) from error


def _resampled(av: Any, container: Any) -> Iterator[bytes]:
    resampler = av.AudioResampler("s16", "mono", RATE)
    for frame in _frames(av, container):
        for samples in resampler.resample(frame):
            yield samples.to_ndarray().tobytes()
    with suppress(ValueError):  # nothing came before
        for samples in resampler.resample(None):
            yield samples.to_ndarray().tobytes()


def _frames(av: Any, container: Any) -> Iterator[Any]:
    """What can be decoded; a packet that cannot is left out."""
    for packet in container.demux(container.streams.audio[0]):
        with suppress(av.error.InvalidDataError):
            yield from packet.decode()


def _why(source: Path) -> Failure:
    """Why nothing of it can be read, by how it begins."""
    with source.open("rb") as file:
        head = file.read(12)
    if not head:
        return AUDIO_EMPTY
    return AUDIO_BROKEN if head.startswith(BEGINNINGS) or head[4:8] == b"ftyp" else AUDIO_UNSUPPORTED


def _cuts(wav: str, count: int) -> list[float]:
    np = importlib.import_module("numpy")
    samples = np.memmap(wav, dtype="<i2", mode="r", offset=44, shape=(count,))
    step = int(QUIET_SECONDS * RATE)
    cuts, start = [0], 0
    while count - start > LONGEST * RATE:
        end = min(start + LONGEST * RATE, count - SHORTEST * RATE + step)  # the last piece is to be no shorter
        window = samples[start + SHORTEST * RATE : end].astype(np.float64)
        loud = np.square(window[: len(window) // step * step]).reshape(-1, step).mean(axis=1)
        start += SHORTEST * RATE + int(loud.argmin()) * step + step // 2
        cuts.append(start)
    return [place / RATE for place in (*cuts, count)]
