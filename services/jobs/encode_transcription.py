"""Between the wire format of transcription and the domain."""

from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from uuid import UUID

import orjson
from google.api import httpbody_pb2
from google.protobuf.json_format import MessageToJson

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import transcription_pb2 as pb
from chassis.times import from_time
from services.jobs.domain_transcription import DEFAULT_LANGUAGE, SHOWN, Transcript, Wanted, subtitles

LONGEST_NAME = 500


def to_wanted(request: pb.StartTranscriptionRequest) -> Wanted:
    """A recording behind a URL."""
    name = unquote(PurePosixPath(urlsplit(request.audio_url).path).name)
    name = "".join(each for each in name if each.isprintable())[:LONGEST_NAME]
    language = request.language or DEFAULT_LANGUAGE
    return Wanted(request.audio_url, None, request.conversation_id, language, name)


def to_upload(meta: pb.UploadTranscriptionRequest.Meta) -> Wanted:
    """A recording that is sent along."""
    return Wanted("", None, meta.conversation_id, meta.language or DEFAULT_LANGUAGE, meta.file_name)


def to_input(wanted: Wanted) -> bytes:
    """A recording as a job keeps it: the same bytes for the same one."""
    return orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS)


def from_input(data: bytes) -> Wanted:
    """A recording from the input of a job."""
    kept = orjson.loads(data)
    return Wanted(**{**kept, "upload": UUID(kept["upload"]) if kept["upload"] else None})


def to_kept(id_: UUID) -> bytes:
    """What a job keeps: which transcript it is."""
    return jobs_pb2.Result(transcription=results_pb2.TranscriptionResult(transcript_id=str(id_))).SerializeToString()


def from_kept(data: bytes) -> UUID:
    """What a job has kept."""
    return UUID(jobs_pb2.Result.FromString(data).transcription.transcript_id)


def to_result(transcript: Transcript) -> bytes:
    """What came of it, as a job tells it."""
    told = results_pb2.TranscriptionResult(
        transcript_id=str(transcript.id),
        duration_seconds=transcript.seconds,
        text=transcript.text[:SHOWN],
        truncated=len(transcript.text) > SHOWN,
        segment_count=len(transcript.segments),
        extractor=transcript.extractor,
    )
    return jobs_pb2.Result(transcription=told).SerializeToString()


def from_transcript(transcript: Transcript) -> pb.Transcript:
    """A transcript."""
    return pb.Transcript(
        id=str(transcript.id),
        user_id=transcript.user_id,
        conversation_id=transcript.conversation_id,
        name=transcript.name,
        language=transcript.language,
        duration_seconds=transcript.seconds,
        text=transcript.text,
        segments=[pb.Segment(start_seconds=s.start, end_seconds=s.end, text=s.text) for s in transcript.segments],
        extractor=transcript.extractor,
        create_time=from_time(transcript.created_time),
    )


def to_file(transcript: Transcript, form: int) -> httpbody_pb2.HttpBody:
    """A transcript as a file."""
    media_type, made = FILES[form]
    return httpbody_pb2.HttpBody(content_type=media_type, data=made(transcript).encode())


def _json(transcript: Transcript) -> str:
    return MessageToJson(from_transcript(transcript), always_print_fields_with_no_presence=True)


def _text(transcript: Transcript) -> str:
    return "".join(f"{' '.join(segment.text.split())}\n" for segment in transcript.segments)


def _srt(transcript: Transcript) -> str:
    return subtitles(transcript.segments, ",")


def _vtt(transcript: Transcript) -> str:
    return "WEBVTT\n\n" + subtitles(transcript.segments, ".")


FORMAT = pb.ExportTranscriptRequest.Format
FILES: dict[int, tuple[str, Callable[[Transcript], str]]] = {
    FORMAT.FORMAT_UNSPECIFIED: ("application/json", _json),
    FORMAT.FORMAT_JSON: ("application/json", _json),
    FORMAT.FORMAT_TEXT: ("text/plain; charset=utf-8", _text),
    FORMAT.FORMAT_SRT: ("application/x-subrip; charset=utf-8", _srt),
    FORMAT.FORMAT_VTT: ("text/vtt; charset=utf-8", _vtt),
}
