import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.jobs.v1 import results_pb2 as _results_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Memory(_message.Message):
    __slots__ = ("id", "content", "category", "importance", "confidence", "reasoning", "expiration_hint", "expire_time", "conversation_id", "message_id", "extractor", "create_time")
    class Category(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CATEGORY_UNSPECIFIED: _ClassVar[Memory.Category]
        CATEGORY_IDENTITY: _ClassVar[Memory.Category]
        CATEGORY_PREFERENCE: _ClassVar[Memory.Category]
        CATEGORY_PROJECT: _ClassVar[Memory.Category]
        CATEGORY_CONTEXT: _ClassVar[Memory.Category]
        CATEGORY_RELATIONSHIP: _ClassVar[Memory.Category]
    CATEGORY_UNSPECIFIED: Memory.Category
    CATEGORY_IDENTITY: Memory.Category
    CATEGORY_PREFERENCE: Memory.Category
    CATEGORY_PROJECT: Memory.Category
    CATEGORY_CONTEXT: Memory.Category
    CATEGORY_RELATIONSHIP: Memory.Category
    class ExpirationHint(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EXPIRATION_HINT_UNSPECIFIED: _ClassVar[Memory.ExpirationHint]
        EXPIRATION_HINT_CONTEXTUAL: _ClassVar[Memory.ExpirationHint]
        EXPIRATION_HINT_PREFERENCE: _ClassVar[Memory.ExpirationHint]
        EXPIRATION_HINT_DEADLINE: _ClassVar[Memory.ExpirationHint]
        EXPIRATION_HINT_TEMPORARY: _ClassVar[Memory.ExpirationHint]
    EXPIRATION_HINT_UNSPECIFIED: Memory.ExpirationHint
    EXPIRATION_HINT_CONTEXTUAL: Memory.ExpirationHint
    EXPIRATION_HINT_PREFERENCE: Memory.ExpirationHint
    EXPIRATION_HINT_DEADLINE: Memory.ExpirationHint
    EXPIRATION_HINT_TEMPORARY: Memory.ExpirationHint
    ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_HINT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    content: str
    category: Memory.Category
    importance: int
    confidence: float
    reasoning: str
    expiration_hint: Memory.ExpirationHint
    expire_time: _timestamp_pb2.Timestamp
    conversation_id: str
    message_id: str
    extractor: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., content: _Optional[str] = ..., category: _Optional[_Union[Memory.Category, str]] = ..., importance: _Optional[int] = ..., confidence: _Optional[float] = ..., reasoning: _Optional[str] = ..., expiration_hint: _Optional[_Union[Memory.ExpirationHint, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., conversation_id: _Optional[str] = ..., message_id: _Optional[str] = ..., extractor: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StartExtractionRequest(_message.Message):
    __slots__ = ("conversation_id", "level", "request_id")
    class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEVEL_UNSPECIFIED: _ClassVar[StartExtractionRequest.Level]
        LEVEL_NONE: _ClassVar[StartExtractionRequest.Level]
        LEVEL_PASSIVE: _ClassVar[StartExtractionRequest.Level]
        LEVEL_MINIMAL: _ClassVar[StartExtractionRequest.Level]
        LEVEL_MODERATE: _ClassVar[StartExtractionRequest.Level]
        LEVEL_ACTIVE: _ClassVar[StartExtractionRequest.Level]
    LEVEL_UNSPECIFIED: StartExtractionRequest.Level
    LEVEL_NONE: StartExtractionRequest.Level
    LEVEL_PASSIVE: StartExtractionRequest.Level
    LEVEL_MINIMAL: StartExtractionRequest.Level
    LEVEL_MODERATE: StartExtractionRequest.Level
    LEVEL_ACTIVE: StartExtractionRequest.Level
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    level: StartExtractionRequest.Level
    request_id: str
    def __init__(self, conversation_id: _Optional[str] = ..., level: _Optional[_Union[StartExtractionRequest.Level, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListMemoriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "category", "conversation_id", "min_importance")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    MIN_IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    category: Memory.Category
    conversation_id: str
    min_importance: int
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., category: _Optional[_Union[Memory.Category, str]] = ..., conversation_id: _Optional[str] = ..., min_importance: _Optional[int] = ...) -> None: ...

class ListMemoriesResponse(_message.Message):
    __slots__ = ("memories", "next_page_token")
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    memories: _containers.RepeatedCompositeFieldContainer[Memory]
    next_page_token: str
    def __init__(self, memories: _Optional[_Iterable[_Union[Memory, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SearchMemoriesRequest(_message.Message):
    __slots__ = ("query", "limit", "min_confidence")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MIN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    query: str
    limit: int
    min_confidence: float
    def __init__(self, query: _Optional[str] = ..., limit: _Optional[int] = ..., min_confidence: _Optional[float] = ...) -> None: ...

class SearchMemoriesResponse(_message.Message):
    __slots__ = ("results", "mode", "mode_reason")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MODE_REASON_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[MemoryHit]
    mode: _results_pb2.SearchResult.Mode
    mode_reason: str
    def __init__(self, results: _Optional[_Iterable[_Union[MemoryHit, _Mapping]]] = ..., mode: _Optional[_Union[_results_pb2.SearchResult.Mode, str]] = ..., mode_reason: _Optional[str] = ...) -> None: ...

class MemoryHit(_message.Message):
    __slots__ = ("memory", "score", "matched_by")
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    MATCHED_BY_FIELD_NUMBER: _ClassVar[int]
    memory: Memory
    score: float
    matched_by: _results_pb2.Hit.MatchedBy
    def __init__(self, memory: _Optional[_Union[Memory, _Mapping]] = ..., score: _Optional[float] = ..., matched_by: _Optional[_Union[_results_pb2.Hit.MatchedBy, str]] = ...) -> None: ...

class GetMemoryRequest(_message.Message):
    __slots__ = ("memory_id",)
    MEMORY_ID_FIELD_NUMBER: _ClassVar[int]
    memory_id: str
    def __init__(self, memory_id: _Optional[str] = ...) -> None: ...

class DeleteMemoryRequest(_message.Message):
    __slots__ = ("memory_id",)
    MEMORY_ID_FIELD_NUMBER: _ClassVar[int]
    memory_id: str
    def __init__(self, memory_id: _Optional[str] = ...) -> None: ...

class DeleteAllMemoriesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
