import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.bookmarks.v1 import collections_pb2 as _collections_pb2
from cairn.bookmarks.v1 import links_pb2 as _links_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Target(_message.Message):
    __slots__ = ("message_id", "file_id", "url")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    file_id: str
    url: str
    def __init__(self, message_id: _Optional[str] = ..., file_id: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class Bookmark(_message.Message):
    __slots__ = ("id", "type", "target", "note", "tags", "collection_id", "state", "due_time", "create_time", "update_time", "etag", "available", "unavailable_reason", "message", "file", "link")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[Bookmark.Type]
        TYPE_MESSAGE: _ClassVar[Bookmark.Type]
        TYPE_FILE: _ClassVar[Bookmark.Type]
        TYPE_LINK: _ClassVar[Bookmark.Type]
    TYPE_UNSPECIFIED: Bookmark.Type
    TYPE_MESSAGE: Bookmark.Type
    TYPE_FILE: Bookmark.Type
    TYPE_LINK: Bookmark.Type
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Bookmark.State]
        STATE_OPEN: _ClassVar[Bookmark.State]
        STATE_DONE: _ClassVar[Bookmark.State]
        STATE_ARCHIVED: _ClassVar[Bookmark.State]
    STATE_UNSPECIFIED: Bookmark.State
    STATE_OPEN: Bookmark.State
    STATE_DONE: Bookmark.State
    STATE_ARCHIVED: Bookmark.State
    class UnavailableReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNAVAILABLE_REASON_UNSPECIFIED: _ClassVar[Bookmark.UnavailableReason]
        UNAVAILABLE_REASON_DELETED: _ClassVar[Bookmark.UnavailableReason]
        UNAVAILABLE_REASON_ACCESS_LOST: _ClassVar[Bookmark.UnavailableReason]
    UNAVAILABLE_REASON_UNSPECIFIED: Bookmark.UnavailableReason
    UNAVAILABLE_REASON_DELETED: Bookmark.UnavailableReason
    UNAVAILABLE_REASON_ACCESS_LOST: Bookmark.UnavailableReason
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: Bookmark.Type
    target: Target
    note: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    collection_id: str
    state: Bookmark.State
    due_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    available: bool
    unavailable_reason: Bookmark.UnavailableReason
    message: SavedMessage
    file: SavedFile
    link: _links_pb2.Link
    def __init__(self, id: _Optional[str] = ..., type: _Optional[_Union[Bookmark.Type, str]] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., note: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., collection_id: _Optional[str] = ..., state: _Optional[_Union[Bookmark.State, str]] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., available: _Optional[bool] = ..., unavailable_reason: _Optional[_Union[Bookmark.UnavailableReason, str]] = ..., message: _Optional[_Union[SavedMessage, _Mapping]] = ..., file: _Optional[_Union[SavedFile, _Mapping]] = ..., link: _Optional[_Union[_links_pb2.Link, _Mapping]] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("id", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ConversationRef(_message.Message):
    __slots__ = ("id", "kind", "name")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[ConversationRef.Kind]
        KIND_CHANNEL: _ClassVar[ConversationRef.Kind]
        KIND_DM: _ClassVar[ConversationRef.Kind]
        KIND_ASSISTANT: _ClassVar[ConversationRef.Kind]
    KIND_UNSPECIFIED: ConversationRef.Kind
    KIND_CHANNEL: ConversationRef.Kind
    KIND_DM: ConversationRef.Kind
    KIND_ASSISTANT: ConversationRef.Kind
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: ConversationRef.Kind
    name: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[ConversationRef.Kind, str]] = ..., name: _Optional[str] = ...) -> None: ...

class SavedMessage(_message.Message):
    __slots__ = ("id", "preview", "author", "conversation", "sent_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    SENT_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    preview: str
    author: Person
    conversation: ConversationRef
    sent_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., preview: _Optional[str] = ..., author: _Optional[_Union[Person, _Mapping]] = ..., conversation: _Optional[_Union[ConversationRef, _Mapping]] = ..., sent_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SavedFile(_message.Message):
    __slots__ = ("id", "name", "media_type", "size_bytes", "uploader")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    UPLOADER_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    media_type: str
    size_bytes: int
    uploader: Person
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., size_bytes: _Optional[int] = ..., uploader: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class SaveBookmarkRequest(_message.Message):
    __slots__ = ("target", "note", "tags", "collection_id", "due_time")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    target: Target
    note: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    collection_id: str
    due_time: _timestamp_pb2.Timestamp
    def __init__(self, target: _Optional[_Union[Target, _Mapping]] = ..., note: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., collection_id: _Optional[str] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SaveBookmarkResponse(_message.Message):
    __slots__ = ("bookmark", "already_saved")
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    ALREADY_SAVED_FIELD_NUMBER: _ClassVar[int]
    bookmark: Bookmark
    already_saved: bool
    def __init__(self, bookmark: _Optional[_Union[Bookmark, _Mapping]] = ..., already_saved: _Optional[bool] = ...) -> None: ...

class ToggleBookmarkRequest(_message.Message):
    __slots__ = ("target", "request_id")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    target: Target
    request_id: str
    def __init__(self, target: _Optional[_Union[Target, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ToggleBookmarkResponse(_message.Message):
    __slots__ = ("bookmarked", "bookmark")
    BOOKMARKED_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    bookmarked: bool
    bookmark: Bookmark
    def __init__(self, bookmarked: _Optional[bool] = ..., bookmark: _Optional[_Union[Bookmark, _Mapping]] = ...) -> None: ...

class GetBookmarkRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListBookmarksRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "type", "collection_id", "tags", "text", "available", "state", "media_class", "site", "modified_since")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_CLASS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_SINCE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    type: Bookmark.Type
    collection_id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    text: str
    available: bool
    state: Bookmark.State
    media_class: _links_pb2.Link.MediaClass
    site: str
    modified_since: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., type: _Optional[_Union[Bookmark.Type, str]] = ..., collection_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ..., available: _Optional[bool] = ..., state: _Optional[_Union[Bookmark.State, str]] = ..., media_class: _Optional[_Union[_links_pb2.Link.MediaClass, str]] = ..., site: _Optional[str] = ..., modified_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListBookmarksResponse(_message.Message):
    __slots__ = ("bookmarks", "next_page_token", "total_size")
    BOOKMARKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    bookmarks: _containers.RepeatedCompositeFieldContainer[Bookmark]
    next_page_token: str
    total_size: int
    def __init__(self, bookmarks: _Optional[_Iterable[_Union[Bookmark, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class CheckBookmarksRequest(_message.Message):
    __slots__ = ("targets",)
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    def __init__(self, targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ...) -> None: ...

class CheckBookmarksResponse(_message.Message):
    __slots__ = ("results",)
    class Result(_message.Message):
        __slots__ = ("target", "bookmarked", "bookmark_id")
        TARGET_FIELD_NUMBER: _ClassVar[int]
        BOOKMARKED_FIELD_NUMBER: _ClassVar[int]
        BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
        target: Target
        bookmarked: bool
        bookmark_id: str
        def __init__(self, target: _Optional[_Union[Target, _Mapping]] = ..., bookmarked: _Optional[bool] = ..., bookmark_id: _Optional[str] = ...) -> None: ...
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CheckBookmarksResponse.Result]
    def __init__(self, results: _Optional[_Iterable[_Union[CheckBookmarksResponse.Result, _Mapping]]] = ...) -> None: ...

class UpdateBookmarkRequest(_message.Message):
    __slots__ = ("id", "update_mask", "etag", "note", "tags", "collection_id", "state", "due_time", "title", "description", "add_tags", "remove_tags")
    ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ADD_TAGS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_TAGS_FIELD_NUMBER: _ClassVar[int]
    id: str
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    note: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    collection_id: str
    state: Bookmark.State
    due_time: _timestamp_pb2.Timestamp
    title: str
    description: str
    add_tags: _containers.RepeatedScalarFieldContainer[str]
    remove_tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., note: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., collection_id: _Optional[str] = ..., state: _Optional[_Union[Bookmark.State, str]] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., add_tags: _Optional[_Iterable[str]] = ..., remove_tags: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveBookmarkRequest(_message.Message):
    __slots__ = ("id", "target", "allow_missing", "etag", "permanent")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    target: Target
    allow_missing: bool
    etag: str
    permanent: bool
    def __init__(self, id: _Optional[str] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., allow_missing: _Optional[bool] = ..., etag: _Optional[str] = ..., permanent: _Optional[bool] = ...) -> None: ...

class CountBookmarksRequest(_message.Message):
    __slots__ = ("type",)
    TYPE_FIELD_NUMBER: _ClassVar[int]
    type: Bookmark.Type
    def __init__(self, type: _Optional[_Union[Bookmark.Type, str]] = ...) -> None: ...

class CountBookmarksResponse(_message.Message):
    __slots__ = ("count",)
    COUNT_FIELD_NUMBER: _ClassVar[int]
    count: int
    def __init__(self, count: _Optional[int] = ...) -> None: ...

class BatchSaveBookmarksRequest(_message.Message):
    __slots__ = ("targets", "note", "tags", "collection_id")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_ID_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    note: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    collection_id: str
    def __init__(self, targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ..., note: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., collection_id: _Optional[str] = ...) -> None: ...

class BatchSaveBookmarksResponse(_message.Message):
    __slots__ = ("results", "saved_count", "already_saved_count")
    class Result(_message.Message):
        __slots__ = ("target", "outcome", "bookmark_id")
        class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            OUTCOME_UNSPECIFIED: _ClassVar[BatchSaveBookmarksResponse.Result.Outcome]
            OUTCOME_SAVED: _ClassVar[BatchSaveBookmarksResponse.Result.Outcome]
            OUTCOME_ALREADY_SAVED: _ClassVar[BatchSaveBookmarksResponse.Result.Outcome]
            OUTCOME_NOT_FOUND: _ClassVar[BatchSaveBookmarksResponse.Result.Outcome]
            OUTCOME_INVALID: _ClassVar[BatchSaveBookmarksResponse.Result.Outcome]
        OUTCOME_UNSPECIFIED: BatchSaveBookmarksResponse.Result.Outcome
        OUTCOME_SAVED: BatchSaveBookmarksResponse.Result.Outcome
        OUTCOME_ALREADY_SAVED: BatchSaveBookmarksResponse.Result.Outcome
        OUTCOME_NOT_FOUND: BatchSaveBookmarksResponse.Result.Outcome
        OUTCOME_INVALID: BatchSaveBookmarksResponse.Result.Outcome
        TARGET_FIELD_NUMBER: _ClassVar[int]
        OUTCOME_FIELD_NUMBER: _ClassVar[int]
        BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
        target: Target
        outcome: BatchSaveBookmarksResponse.Result.Outcome
        bookmark_id: str
        def __init__(self, target: _Optional[_Union[Target, _Mapping]] = ..., outcome: _Optional[_Union[BatchSaveBookmarksResponse.Result.Outcome, str]] = ..., bookmark_id: _Optional[str] = ...) -> None: ...
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    SAVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_SAVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchSaveBookmarksResponse.Result]
    saved_count: int
    already_saved_count: int
    def __init__(self, results: _Optional[_Iterable[_Union[BatchSaveBookmarksResponse.Result, _Mapping]]] = ..., saved_count: _Optional[int] = ..., already_saved_count: _Optional[int] = ...) -> None: ...

class BatchRemoveBookmarksRequest(_message.Message):
    __slots__ = ("ids", "targets")
    IDS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ...) -> None: ...

class BatchRemoveBookmarksResponse(_message.Message):
    __slots__ = ("removed_count",)
    REMOVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    removed_count: int
    def __init__(self, removed_count: _Optional[int] = ...) -> None: ...
