import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.bookmarks.v1 import bookmarks_pb2 as _bookmarks_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckUrlRequest(_message.Message):
    __slots__ = ("url",)
    URL_FIELD_NUMBER: _ClassVar[int]
    url: str
    def __init__(self, url: _Optional[str] = ...) -> None: ...

class CheckUrlResponse(_message.Message):
    __slots__ = ("exists", "bookmark_id", "trashed")
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    TRASHED_FIELD_NUMBER: _ClassVar[int]
    exists: bool
    bookmark_id: str
    trashed: bool
    def __init__(self, exists: _Optional[bool] = ..., bookmark_id: _Optional[str] = ..., trashed: _Optional[bool] = ...) -> None: ...

class RefreshBookmarkRequest(_message.Message):
    __slots__ = ("id", "steps")
    ID_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    id: str
    steps: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., steps: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchBookmarkRequest(_message.Message):
    __slots__ = ("id", "resume_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    resume_token: str
    def __init__(self, id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchBookmarkResponse(_message.Message):
    __slots__ = ("resume_token", "bookmark", "merged_into")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    MERGED_INTO_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    bookmark: _bookmarks_pb2.Bookmark
    merged_into: str
    def __init__(self, resume_token: _Optional[str] = ..., bookmark: _Optional[_Union[_bookmarks_pb2.Bookmark, _Mapping]] = ..., merged_into: _Optional[str] = ...) -> None: ...

class GetLinkImageRequest(_message.Message):
    __slots__ = ("id", "kind", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    version: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class TrashBookmarksRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class TrashBookmarksResponse(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RestoreBookmarksRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RestoreBookmarksResponse(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListTrashRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTrashResponse(_message.Message):
    __slots__ = ("bookmarks", "next_page_token")
    BOOKMARKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bookmarks: _containers.RepeatedCompositeFieldContainer[TrashedBookmark]
    next_page_token: str
    def __init__(self, bookmarks: _Optional[_Iterable[_Union[TrashedBookmark, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TrashedBookmark(_message.Message):
    __slots__ = ("bookmark", "trash_time", "delete_time")
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    TRASH_TIME_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    bookmark: _bookmarks_pb2.Bookmark
    trash_time: _timestamp_pb2.Timestamp
    delete_time: _timestamp_pb2.Timestamp
    def __init__(self, bookmark: _Optional[_Union[_bookmarks_pb2.Bookmark, _Mapping]] = ..., trash_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EmptyTrashRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class EmptyTrashResponse(_message.Message):
    __slots__ = ("deleted_count",)
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    def __init__(self, deleted_count: _Optional[int] = ...) -> None: ...

class ExportBookmarksRequest(_message.Message):
    __slots__ = ("format",)
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[ExportBookmarksRequest.Format]
        FORMAT_JSON: _ClassVar[ExportBookmarksRequest.Format]
        FORMAT_CSV: _ClassVar[ExportBookmarksRequest.Format]
        FORMAT_HTML: _ClassVar[ExportBookmarksRequest.Format]
    FORMAT_UNSPECIFIED: ExportBookmarksRequest.Format
    FORMAT_JSON: ExportBookmarksRequest.Format
    FORMAT_CSV: ExportBookmarksRequest.Format
    FORMAT_HTML: ExportBookmarksRequest.Format
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    format: ExportBookmarksRequest.Format
    def __init__(self, format: _Optional[_Union[ExportBookmarksRequest.Format, str]] = ...) -> None: ...
