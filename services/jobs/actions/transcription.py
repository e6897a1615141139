"""Transcription as a job: the recording is cut where it is quiet, and each piece, once heard, is kept."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from chassis.database import Database
from services.jobs import audio, encode_transcription, leftovers, store_transcripts, store_uploads
from services.jobs.actions import Action
from services.jobs.audio import Decoded
from services.jobs.context import Context
from services.jobs.domain import JobFailed, refused
from services.jobs.domain_conversations import ConversationNotFound
from services.jobs.domain_outgoing import Limits
from services.jobs.domain_transcription import (
    AUDIO_CHANGED,
    AUDIO_GONE,
    MAX_BYTES,
    TRANSCRIPTION,
    Segment,
    Transcript,
    Wanted,
    joined,
)
from services.jobs.outgoing import Outgoing
from services.jobs.speech import Speech
from services.jobs.store_uploads import Upload

FOLDER = "cairn-audio-"
# No attempt takes as long.
LEFT_SECONDS = 2 * TRANSCRIPTION.run_seconds
LIMITS = Limits(max_bytes=MAX_BYTES, seconds=300.0)


@dataclass(frozen=True)
class Listener:
    """What is needed for it. `longest_seconds` is that of sound; `now` is aware of its time zone."""

    database: Database
    outgoing: Outgoing
    speech: Speech
    longest_seconds: float
    now: Callable[[], datetime]


def sweep(now: float) -> None:
    """Remove what workers that were killed have left; `now` counts seconds since 1970."""
    leftovers.sweep((FOLDER,), now, LEFT_SECONDS)


def transcribe(listener: Listener) -> Action:
    """The action."""

    async def run(data: bytes, context: Context) -> bytes:
        wanted = encode_transcription.from_input(data)
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            return await _transcribed(listener, context, wanted, Path(folder))

    return Action(TRANSCRIPTION, run)


async def _transcribed(listener: Listener, context: Context, wanted: Wanted, folder: Path) -> bytes:
    await context.progress(0, message="fetching")
    source, wav = folder / "source", folder / "sound.wav"
    await _fetch(listener, context, wanted, source)
    await _check_same(context, source)
    await context.progress(0, message="decoding")
    decoded = await audio.decode(source, wav, listener.longest_seconds)
    segments = await _heard(listener, context, wanted.language, decoded, wav)
    transcript = Transcript(
        # So that an upload makes one transcript, also where the job is started again as another.
        id=wanted.upload or context.job.id,
        user_id=context.job.owner.user,
        conversation_id=wanted.conversation_id,
        name=wanted.name,
        language=wanted.language,
        seconds=decoded.seconds,
        text=joined(segments),
        segments=segments,
        extractor=listener.speech.name,
        created_time=listener.now(),
    )
    try:
        async with listener.database.begin() as queries:
            await store_transcripts.write(queries, context.job, transcript)
    except ConversationNotFound as error:  # not any more
        raise refused(error) from error
    return encode_transcription.to_kept(transcript.id)


async def _fetch(listener: Listener, context: Context, wanted: Wanted, to: Path) -> None:
    if wanted.upload is None:
        await listener.outgoing.download(wanted.url, limits=LIMITS, to=to)
    elif not await store_uploads.fetch(listener.database, context.job.owner, Upload(wanted.upload, to)):
        raise JobFailed(AUDIO_GONE)


async def _check_same(context: Context, source: Path) -> None:
    """What an earlier attempt has heard must be of this recording."""
    digest = await asyncio.to_thread(lambda: hashlib.sha256(source.read_bytes()).hexdigest())

    async def known() -> str:
        return digest

    if await context.step("fetch", known) != digest:
        raise JobFailed(AUDIO_CHANGED)


async def _heard(listener: Listener, context: Context, language: str, decoded: Decoded, wav: Path) -> Sequence[Segment]:
    """All that is said. A piece that an earlier attempt has heard is not heard again."""
    pieces = list(pairwise(decoded.cuts))
    names = [f"{_clock(start)}-{_clock(end)}" for start, end in pieces]
    context.plan(*names)
    total, segments = round(decoded.seconds), list[Segment]()
    for name, (start, end) in zip(names, pieces, strict=True):
        await context.progress(round(start), total, "seconds heard", name)

        async def hear(start: float = start, end: float = end) -> list[list[object]]:
            piece = wav.with_name("piece.wav")
            await asyncio.to_thread(audio.cut, wav, piece, start, end)
            return [list(each) for each in await listener.speech.hear(context.job.owner, piece, language)]

        found = [Segment(*each) for each in await context.step(name, hear)]
        segments += [Segment(round(start + each.start, 2), round(start + each.end, 2), each.text) for each in found]
    await context.progress(total, total, "seconds heard")
    return segments


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
