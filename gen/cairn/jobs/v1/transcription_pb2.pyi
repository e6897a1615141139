import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Transcript(_message.Message):
    __slots__ = ("id", "user_id", "conversation_id", "name", "language", "duration_seconds", "text", "segments", "extractor", "create_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    conversation_id: str
    name: str
    language: str
    duration_seconds: float
    text: str
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    extractor: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., name: _Optional[str] = ..., language: _Optional[str] = ..., duration_seconds: _Optional[float] = ..., text: _Optional[str] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ..., extractor: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "text")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    text: str
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class StartTranscriptionRequest(_message.Message):
    __slots__ = ("audio_url", "conversation_id", "language", "request_id")
    AUDIO_URL_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    audio_url: str
    conversation_id: str
    language: str
    request_id: str
    def __init__(self, audio_url: _Optional[str] = ..., conversation_id: _Optional[str] = ..., language: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class UploadTranscriptionRequest(_message.Message):
    __slots__ = ("meta", "chunk")
    class Meta(_message.Message):
        __slots__ = ("conversation_id", "language", "request_id", "file_name")
        CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
        LANGUAGE_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        FILE_NAME_FIELD_NUMBER: _ClassVar[int]
        conversation_id: str
        language: str
        request_id: str
        file_name: str
        def __init__(self, conversation_id: _Optional[str] = ..., language: _Optional[str] = ..., request_id: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...
    META_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    meta: UploadTranscriptionRequest.Meta
    chunk: bytes
    def __init__(self, meta: _Optional[_Union[UploadTranscriptionRequest.Meta, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("transcript_id",)
    TRANSCRIPT_ID_FIELD_NUMBER: _ClassVar[int]
    transcript_id: str
    def __init__(self, transcript_id: _Optional[str] = ...) -> None: ...

class ListTranscriptsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "conversation_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    conversation_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., conversation_id: _Optional[str] = ...) -> None: ...

class ListTranscriptsResponse(_message.Message):
    __slots__ = ("transcripts", "next_page_token")
    TRANSCRIPTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    transcripts: _containers.RepeatedCompositeFieldContainer[Transcript]
    next_page_token: str
    def __init__(self, transcripts: _Optional[_Iterable[_Union[Transcript, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteTranscriptRequest(_message.Message):
    __slots__ = ("transcript_id",)
    TRANSCRIPT_ID_FIELD_NUMBER: _ClassVar[int]
    transcript_id: str
    def __init__(self, transcript_id: _Optional[str] = ...) -> None: ...

class ExportTranscriptRequest(_message.Message):
    __slots__ = ("transcript_id", "format")
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[ExportTranscriptRequest.Format]
        FORMAT_JSON: _ClassVar[ExportTranscriptRequest.Format]
        FORMAT_TEXT: _ClassVar[ExportTranscriptRequest.Format]
        FORMAT_SRT: _ClassVar[ExportTranscriptRequest.Format]
        FORMAT_VTT: _ClassVar[ExportTranscriptRequest.Format]
    FORMAT_UNSPECIFIED: ExportTranscriptRequest.Format
    FORMAT_JSON: ExportTranscriptRequest.Format
    FORMAT_TEXT: ExportTranscriptRequest.Format
    FORMAT_SRT: ExportTranscriptRequest.Format
    FORMAT_VTT: ExportTranscriptRequest.Format
    TRANSCRIPT_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    transcript_id: str
    format: ExportTranscriptRequest.Format
    def __init__(self, transcript_id: _Optional[str] = ..., format: _Optional[_Union[ExportTranscriptRequest.Format, str]] = ...) -> None: ...
