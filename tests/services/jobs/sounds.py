"""Recordings in every format, made as tests need them."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np

# By the end of a name: container, codec, and samples a second.
FORMATS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "flac": ("flac", "flac", 44_100),
    "opus": ("ogg", "libopus", 48_000),
    "ogg": ("ogg", "vorbis", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "mkv": ("matroska", "ac3", 48_000),
}
# Of parts of half a second: a page of Ogg is to be no longer than that.
OPTIONS = {"movflags": "faststart", "page_duration": "200000"}


def tone(seconds: float, rate: int, loud: float = 0.4) -> Any:
    """A tone of 440 Hz with some noise, lest it gets packed to nothing, as numbers from -1 to 1."""
    count = int(seconds * rate)
    noise = np.random.default_rng(5).normal(0, loud / 8, count)
    return loud * np.sin(2 * np.pi * 440 * np.arange(count) / rate) + noise


def recorded(path: Path, sound: Any = None, seconds: float = 3.0, form: str = "") -> Path:
    """A recording, in the format that the end of its name tells."""
    container, codec, rate = FORMATS[form or path.suffix[1:]]
    samples = tone(seconds, rate) if sound is None else sound
    with av.open(str(path), "w", format=container, options=OPTIONS) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout="stereo", options={"strict": "-2"})
        for frame in _frames(samples, stream, rate):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _frames(samples: Any, stream: Any, rate: int) -> Iterable[Any]:
    whole = (np.clip(samples, -1, 1) * 32_767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(stream.format.name, "stereo", rate, frame_size=stream.frame_size or 1024)
    return [*resampler.resample(frame), *resampler.resample(None)]


def pictures(path: Path) -> Path:
    """A picture or a video, without sound."""
    codec, pixels = ("png", "rgb24") if path.suffix == ".png" else ("mpeg4", "yuv420p")
    with av.open(str(path), "w", format="image2" if codec == "png" else "mp4") as file:
        stream: Any = file.add_stream(codec, rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = pixels
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def wav(body: bytes = b"\1\2" * 16_000, channels: int = 1, rate: int = 16_000, declared: int | None = None) -> bytes:
    """A WAV file, whose header may say anything."""
    size = len(body) if declared is None else declared
    head = struct.pack("<4sI4s", b"RIFF", size + 36 & 0xFFFFFFFF, b"WAVE")
    each = channels * 2 & 0xFFFF
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * each & 0xFFFFFFFF, each, 16)
    return head + shape + struct.pack("<4sI", b"data", size) + body
