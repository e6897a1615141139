import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.bookmarks.v1 import links_pb2 as _links_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeginEnrichmentRequest(_message.Message):
    __slots__ = ("bookmark_id", "round", "job_id")
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    bookmark_id: str
    round: int
    job_id: str
    def __init__(self, bookmark_id: _Optional[str] = ..., round: _Optional[int] = ..., job_id: _Optional[str] = ...) -> None: ...

class BeginEnrichmentResponse(_message.Message):
    __slots__ = ("url", "steps", "found", "images")
    URL_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    url: str
    steps: _containers.RepeatedScalarFieldContainer[str]
    found: FoundPage
    images: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, url: _Optional[str] = ..., steps: _Optional[_Iterable[str]] = ..., found: _Optional[_Union[FoundPage, _Mapping]] = ..., images: _Optional[_Iterable[str]] = ...) -> None: ...

class FoundPage(_message.Message):
    __slots__ = ("final_url", "same_as_url", "title", "description", "site_name", "media_type", "favicon_url", "image_url", "embeddable", "cover", "text", "caption")
    FINAL_URL_FIELD_NUMBER: _ClassVar[int]
    SAME_AS_URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SITE_NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    FAVICON_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    EMBEDDABLE_FIELD_NUMBER: _ClassVar[int]
    COVER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    final_url: str
    same_as_url: str
    title: str
    description: str
    site_name: str
    media_type: str
    favicon_url: str
    image_url: str
    embeddable: bool
    cover: str
    text: str
    caption: str
    def __init__(self, final_url: _Optional[str] = ..., same_as_url: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., site_name: _Optional[str] = ..., media_type: _Optional[str] = ..., favicon_url: _Optional[str] = ..., image_url: _Optional[str] = ..., embeddable: _Optional[bool] = ..., cover: _Optional[str] = ..., text: _Optional[str] = ..., caption: _Optional[str] = ...) -> None: ...

class FoundImage(_message.Message):
    __slots__ = ("kind", "data", "media_type", "width", "height", "blurhash")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    BLURHASH_FIELD_NUMBER: _ClassVar[int]
    kind: str
    data: bytes
    media_type: str
    width: int
    height: int
    blurhash: str
    def __init__(self, kind: _Optional[str] = ..., data: _Optional[bytes] = ..., media_type: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., blurhash: _Optional[str] = ...) -> None: ...

class ReportStepRequest(_message.Message):
    __slots__ = ("bookmark_id", "round", "job_id", "step", "state", "reason", "message", "retryable", "next_attempt_time", "found", "image")
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    bookmark_id: str
    round: int
    job_id: str
    step: str
    state: _links_pb2.Enrichment.State
    reason: str
    message: str
    retryable: bool
    next_attempt_time: _timestamp_pb2.Timestamp
    found: FoundPage
    image: FoundImage
    def __init__(self, bookmark_id: _Optional[str] = ..., round: _Optional[int] = ..., job_id: _Optional[str] = ..., step: _Optional[str] = ..., state: _Optional[_Union[_links_pb2.Enrichment.State, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., found: _Optional[_Union[FoundPage, _Mapping]] = ..., image: _Optional[_Union[FoundImage, _Mapping]] = ...) -> None: ...

class ReportStepResponse(_message.Message):
    __slots__ = ("merged_into",)
    MERGED_INTO_FIELD_NUMBER: _ClassVar[int]
    merged_into: str
    def __init__(self, merged_into: _Optional[str] = ...) -> None: ...

class ImportedLink(_message.Message):
    __slots__ = ("row", "url", "title", "description", "note", "tags", "collection", "state", "due_time", "create_time", "other_urls")
    ROW_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    OTHER_URLS_FIELD_NUMBER: _ClassVar[int]
    row: int
    url: str
    title: str
    description: str
    note: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    collection: str
    state: str
    due_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    other_urls: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, row: _Optional[int] = ..., url: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., note: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., collection: _Optional[str] = ..., state: _Optional[str] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., other_urls: _Optional[_Iterable[str]] = ...) -> None: ...

class ImportLinksRequest(_message.Message):
    __slots__ = ("links", "dry_run")
    LINKS_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    links: _containers.RepeatedCompositeFieldContainer[ImportedLink]
    dry_run: bool
    def __init__(self, links: _Optional[_Iterable[_Union[ImportedLink, _Mapping]]] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class ImportLinksResponse(_message.Message):
    __slots__ = ("rows",)
    class Row(_message.Message):
        __slots__ = ("row", "outcome", "bookmark_id", "reason")
        ROW_FIELD_NUMBER: _ClassVar[int]
        OUTCOME_FIELD_NUMBER: _ClassVar[int]
        BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        row: int
        outcome: str
        bookmark_id: str
        reason: str
        def __init__(self, row: _Optional[int] = ..., outcome: _Optional[str] = ..., bookmark_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ImportLinksResponse.Row]
    def __init__(self, rows: _Optional[_Iterable[_Union[ImportLinksResponse.Row, _Mapping]]] = ...) -> None: ...
