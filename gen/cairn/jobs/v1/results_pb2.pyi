import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchResult(_message.Message):
    __slots__ = ("results", "mode", "mode_reason", "unembedded_count")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[SearchResult.Mode]
        MODE_HYBRID: _ClassVar[SearchResult.Mode]
        MODE_TEXT: _ClassVar[SearchResult.Mode]
    MODE_UNSPECIFIED: SearchResult.Mode
    MODE_HYBRID: SearchResult.Mode
    MODE_TEXT: SearchResult.Mode
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MODE_REASON_FIELD_NUMBER: _ClassVar[int]
    UNEMBEDDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Hit]
    mode: SearchResult.Mode
    mode_reason: str
    unembedded_count: int
    def __init__(self, results: _Optional[_Iterable[_Union[Hit, _Mapping]]] = ..., mode: _Optional[_Union[SearchResult.Mode, str]] = ..., mode_reason: _Optional[str] = ..., unembedded_count: _Optional[int] = ...) -> None: ...

class Hit(_message.Message):
    __slots__ = ("conversation_id", "message_id", "content", "score", "author_id", "sent_time", "highlights", "matched_by", "content_start", "truncated")
    class MatchedBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MATCHED_BY_UNSPECIFIED: _ClassVar[Hit.MatchedBy]
        MATCHED_BY_TEXT: _ClassVar[Hit.MatchedBy]
        MATCHED_BY_VECTOR: _ClassVar[Hit.MatchedBy]
        MATCHED_BY_BOTH: _ClassVar[Hit.MatchedBy]
    MATCHED_BY_UNSPECIFIED: Hit.MatchedBy
    MATCHED_BY_TEXT: Hit.MatchedBy
    MATCHED_BY_VECTOR: Hit.MatchedBy
    MATCHED_BY_BOTH: Hit.MatchedBy
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_ID_FIELD_NUMBER: _ClassVar[int]
    SENT_TIME_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHTS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_BY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_START_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    message_id: str
    content: str
    score: float
    author_id: str
    sent_time: _timestamp_pb2.Timestamp
    highlights: _containers.RepeatedCompositeFieldContainer[Highlight]
    matched_by: Hit.MatchedBy
    content_start: int
    truncated: bool
    def __init__(self, conversation_id: _Optional[str] = ..., message_id: _Optional[str] = ..., content: _Optional[str] = ..., score: _Optional[float] = ..., author_id: _Optional[str] = ..., sent_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., highlights: _Optional[_Iterable[_Union[Highlight, _Mapping]]] = ..., matched_by: _Optional[_Union[Hit.MatchedBy, str]] = ..., content_start: _Optional[int] = ..., truncated: _Optional[bool] = ...) -> None: ...

class Highlight(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...
