from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StartLinkEnrichmentRequest(_message.Message):
    __slots__ = ("bookmark_id", "round", "request_id")
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    bookmark_id: str
    round: int
    request_id: str
    def __init__(self, bookmark_id: _Optional[str] = ..., round: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportLinksRequest(_message.Message):
    __slots__ = ("meta", "chunk")
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[ImportLinksRequest.Format]
        FORMAT_JSON: _ClassVar[ImportLinksRequest.Format]
        FORMAT_CSV: _ClassVar[ImportLinksRequest.Format]
        FORMAT_HTML: _ClassVar[ImportLinksRequest.Format]
    FORMAT_UNSPECIFIED: ImportLinksRequest.Format
    FORMAT_JSON: ImportLinksRequest.Format
    FORMAT_CSV: ImportLinksRequest.Format
    FORMAT_HTML: ImportLinksRequest.Format
    class Meta(_message.Message):
        __slots__ = ("format", "dry_run", "request_id", "file_name")
        FORMAT_FIELD_NUMBER: _ClassVar[int]
        DRY_RUN_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        FILE_NAME_FIELD_NUMBER: _ClassVar[int]
        format: ImportLinksRequest.Format
        dry_run: bool
        request_id: str
        file_name: str
        def __init__(self, format: _Optional[_Union[ImportLinksRequest.Format, str]] = ..., dry_run: _Optional[bool] = ..., request_id: _Optional[str] = ..., file_name: _Optional[str] = ...) -> None: ...
    META_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    meta: ImportLinksRequest.Meta
    chunk: bytes
    def __init__(self, meta: _Optional[_Union[ImportLinksRequest.Meta, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class ListImportRowsRequest(_message.Message):
    __slots__ = ("job_id", "page_size", "page_token", "outcome")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    page_size: int
    page_token: str
    outcome: ImportRow.Outcome
    def __init__(self, job_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., outcome: _Optional[_Union[ImportRow.Outcome, str]] = ...) -> None: ...

class ImportRow(_message.Message):
    __slots__ = ("row", "url", "outcome", "reason", "bookmark_id")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[ImportRow.Outcome]
        OUTCOME_SAVED: _ClassVar[ImportRow.Outcome]
        OUTCOME_ALREADY_SAVED: _ClassVar[ImportRow.Outcome]
        OUTCOME_RESTORED: _ClassVar[ImportRow.Outcome]
        OUTCOME_INVALID: _ClassVar[ImportRow.Outcome]
    OUTCOME_UNSPECIFIED: ImportRow.Outcome
    OUTCOME_SAVED: ImportRow.Outcome
    OUTCOME_ALREADY_SAVED: ImportRow.Outcome
    OUTCOME_RESTORED: ImportRow.Outcome
    OUTCOME_INVALID: ImportRow.Outcome
    ROW_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    row: int
    url: str
    outcome: ImportRow.Outcome
    reason: str
    bookmark_id: str
    def __init__(self, row: _Optional[int] = ..., url: _Optional[str] = ..., outcome: _Optional[_Union[ImportRow.Outcome, str]] = ..., reason: _Optional[str] = ..., bookmark_id: _Optional[str] = ...) -> None: ...

class ListImportRowsResponse(_message.Message):
    __slots__ = ("rows", "next_page_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ImportRow]
    next_page_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[ImportRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
