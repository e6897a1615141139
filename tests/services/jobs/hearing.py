"""Transcription as a worker runs it, with what is said in a script."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import transcription_pb2 as pb
from services.jobs import encode_transcription, store_claim, store_transcripts, store_uploads
from services.jobs.actions import Action
from services.jobs.actions.transcription import Listener, transcribe
from services.jobs.context import Context
from services.jobs.domain import Caps, Claimed, Owner, Queue
from services.jobs.domain_transcription import TRANSCRIPTION, Segment, Transcript, Wanted
from services.jobs.outgoing import Outgoing
from services.jobs.speech import Speech
from services.jobs.store_claim import Worker
from services.jobs.store_lease import Report, progress
from services.jobs.store_uploads import Upload
from tests.services.jobs.client import Service
from tests.services.jobs.stage import Stage

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@dataclass
class Script:
    """Hears, in each piece, the next line; may die at one."""

    lines: Sequence[str] = ("one",)
    dies_at: int = -1
    heard: list[str] = field(default_factory=list)
    name: str = "script"

    async def hear(self, owner: Owner, wav: Path, language: str) -> Sequence[Segment]:
        """A line, from second 1 to 2."""
        at = len(self.heard)
        if at == self.dies_at:
            self.dies_at = -1
            raise RuntimeError("told so")
        self.heard.append(f"{owner.user} {language} {_seconds(wav)}")
        return [Segment(1, 2, self.lines[at])] if self.lines[at] else []

    async def aclose(self) -> None:
        """Nothing to give up."""


def _seconds(wav: Path) -> int:
    return round(wav.stat().st_size / 32_000)


@dataclass
class Hearing:
    """A stage on which recordings are heard."""

    stage: Stage
    longest_seconds: float = 120.0
    reports: list[Report] = field(default_factory=list)

    def action(self, speech: Speech) -> Action:
        """What the worker does; it may ask its own machine."""
        outgoing = Outgoing(["127.0.0.1"])
        return transcribe(Listener(self.stage.database, outgoing, speech, self.longest_seconds, lambda: NOW))

    async def keep(self, file: Path) -> Wanted:
        """An upload of Ann's."""
        upload = Upload(uuid_utils.compat.uuid7(), file)
        async with self.stage.database.begin() as queries:
            await store_uploads.keep(queries, Owner("w", "ann"), upload)
        return Wanted("", upload.id, "", "en", file.name)

    async def claimed(self, wanted: Wanted) -> Claimed:
        """A job of Ann's that a worker has taken."""
        await self.stage.pending("ann", TRANSCRIPTION, input=encode_transcription.to_input(wanted))
        return await self.claim()

    async def claim(self) -> Claimed:
        """The next job, taken."""
        worker = Worker("hand", Queue.BULK, (TRANSCRIPTION,), Caps(running=100))
        async with self.stage.database.begin() as queries:
            [job] = (await store_claim.claim(queries, worker, 1)).jobs
        return job

    async def run(self, job: Claimed, speech: Speech) -> results_pb2.TranscriptionResult:
        """What an attempt comes to; what it says on the way is written."""

        async def write(report: Report) -> bool:
            self.reports.append(report)
            return await progress(self.stage.database, job.id, job.token, report)

        context = Context(job, write, lambda: None)
        try:
            result = await self.action(speech).run(job.input, context)
        finally:
            await context.close(ours=True)
        made = await store_transcripts.get(self.stage.database, job.owner, encode_transcription.from_kept(result))
        assert made is not None
        return jobs_pb2.Result.FromString(encode_transcription.to_result(made)).transcription


async def sent(service: Service, who: str, *parts: pb.UploadTranscriptionRequest) -> jobs_pb2.Job:
    """The job of an upload, sent in these parts."""
    call: Any = service.channel.stream_unary("/cairn.jobs.v1.TranscriptionService/UploadTranscription")
    said = await call((each.SerializeToString() for each in parts), metadata=service.person(who), timeout=30)
    return jobs_pb2.Job.FromString(said)


def parts(*chunks: bytes, **meta: str) -> list[pb.UploadTranscriptionRequest]:
    """An upload, from its meta to its end."""
    first = pb.UploadTranscriptionRequest(meta=pb.UploadTranscriptionRequest.Meta(**meta))
    return [first, *(pb.UploadTranscriptionRequest(chunk=chunk) for chunk in (*chunks, b""))]


async def written(stage: Stage, user: str = "ann", where: str = "", segments: Sequence[Segment] = ()) -> Transcript:
    """A transcript that a job has made."""
    job = await taken(stage, user)
    text = " ".join(each.text for each in segments)
    made = Transcript(job.id, user, where, "a.ogg", "en", 4.5, text, segments, "script", NOW)
    async with stage.database.begin() as queries:
        await store_transcripts.write(queries, job, made)
    return made


async def taken(stage: Stage, user: str) -> Claimed:
    """A job of somebody's that a worker has taken."""
    await stage.pending(user, TRANSCRIPTION)
    return await Hearing(stage).claim()
