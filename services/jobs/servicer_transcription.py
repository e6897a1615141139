"""TranscriptionService: decode, one use case, encode."""

from collections.abc import AsyncIterator
from uuid import UUID

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty

from cairn.jobs.v1 import jobs_pb2
from cairn.jobs.v1 import transcription_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from chassis.telemetry import traceparent
from services.jobs import encode
from services.jobs import encode_transcription as wire
from services.jobs.domain_outgoing import check
from services.jobs.domain_transcription import TRANSCRIPTION, Wanted
from services.jobs.use_cases import Asked
from services.jobs.use_cases_transcription import Start, Transcriptions


class TranscriptionServicer:
    """cairn.jobs.v1.TranscriptionService."""

    def __init__(self, transcriptions: Transcriptions, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._transcriptions = transcriptions
        self._pages = pages

    async def StartTranscription(self, request: pb.StartTranscriptionRequest, call: Call) -> jobs_pb2.Job:
        """Write down a recording behind a URL, as a job."""
        check(request.audio_url, "audio_url")
        start = _start(wire.to_wanted(request), request.request_id, call)
        created = await self._transcriptions.start(call.require_caller(), start)
        return encode.from_job(created.job, replayed=created.replayed)

    async def UploadTranscription(
        self, requests: AsyncIterator[pb.UploadTranscriptionRequest], call: Call
    ) -> jobs_pb2.Job:
        """Write down a recording that is sent along, as a job."""
        meta = (await anext(requests)).meta
        start = _start(wire.to_upload(meta), meta.request_id, call)
        chunks = (request.chunk async for request in requests)
        created = await self._transcriptions.upload(call.require_caller(), start, chunks)
        return encode.from_job(created.job, replayed=created.replayed)

    async def GetTranscript(self, request: pb.GetTranscriptRequest, call: Call) -> pb.Transcript:
        """One transcript."""
        found = await self._transcriptions.get(call.require_caller(), UUID(request.transcript_id))
        return wire.from_transcript(found)

    async def ListTranscripts(self, request: pb.ListTranscriptsRequest, call: Call) -> pb.ListTranscriptsResponse:
        """A page of transcripts."""
        caller, where = call.require_caller(), request.conversation_id
        scope = ("transcripts", caller.workspace, caller.user, where)
        at = self._pages.read(scope, request.page_token)
        size = page_size(request.page_size)
        found = await self._transcriptions.list(caller, where, UUID(at[0]) if at else None, size + 1)
        token = self._pages.issue(scope, [str(found[size - 1].id)]) if len(found) > size else ""
        shown = [wire.from_transcript(each) for each in found[:size]]
        return pb.ListTranscriptsResponse(transcripts=shown, next_page_token=token)

    async def DeleteTranscript(self, request: pb.DeleteTranscriptRequest, call: Call) -> Empty:
        """Delete a transcript."""
        await self._transcriptions.delete(call.require_caller(), UUID(request.transcript_id))
        return Empty()

    async def ExportTranscript(self, request: pb.ExportTranscriptRequest, call: Call) -> HttpBody:
        """A transcript as a file."""
        found = await self._transcriptions.get(call.require_caller(), UUID(request.transcript_id))
        return wire.to_file(found, request.format)


def _start(wanted: Wanted, request_id: str, call: Call) -> Start:
    trace = traceparent(call.metadata.get("traceparent"))

    def job(whole: Wanted, fingerprint: bytes) -> Asked:
        # An upload gets another name each time; sent again, it is the same for its bytes.
        asked = wire.to_input(wanted) + fingerprint
        return Asked(TRANSCRIPTION.name, wire.to_input(whole), request_id, traceparent=trace, request=asked)

    return Start(wanted, job)
