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

class MemoriesResult(_message.Message):
    __slots__ = ("extracted_count", "duplicate_count", "read_count", "memory_ids", "extractor")
    EXTRACTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_COUNT_FIELD_NUMBER: _ClassVar[int]
    MEMORY_IDS_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    extracted_count: int
    duplicate_count: int
    read_count: int
    memory_ids: _containers.RepeatedScalarFieldContainer[str]
    extractor: str
    def __init__(self, extracted_count: _Optional[int] = ..., duplicate_count: _Optional[int] = ..., read_count: _Optional[int] = ..., memory_ids: _Optional[_Iterable[str]] = ..., extractor: _Optional[str] = ...) -> None: ...

class InterviewResult(_message.Message):
    __slots__ = ("interview_id", "questions")
    INTERVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    interview_id: str
    questions: _containers.RepeatedCompositeFieldContainer[Question]
    def __init__(self, interview_id: _Optional[str] = ..., questions: _Optional[_Iterable[_Union[Question, _Mapping]]] = ...) -> None: ...

class Question(_message.Message):
    __slots__ = ("text", "difficulty")
    class Difficulty(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DIFFICULTY_UNSPECIFIED: _ClassVar[Question.Difficulty]
        DIFFICULTY_EASY: _ClassVar[Question.Difficulty]
        DIFFICULTY_MEDIUM: _ClassVar[Question.Difficulty]
        DIFFICULTY_HARD: _ClassVar[Question.Difficulty]
    DIFFICULTY_UNSPECIFIED: Question.Difficulty
    DIFFICULTY_EASY: Question.Difficulty
    DIFFICULTY_MEDIUM: Question.Difficulty
    DIFFICULTY_HARD: Question.Difficulty
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    text: str
    difficulty: Question.Difficulty
    def __init__(self, text: _Optional[str] = ..., difficulty: _Optional[_Union[Question.Difficulty, str]] = ...) -> None: ...

class TitleResult(_message.Message):
    __slots__ = ("title", "applied", "reason", "extractor")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    title: str
    applied: bool
    reason: str
    extractor: str
    def __init__(self, title: _Optional[str] = ..., applied: _Optional[bool] = ..., reason: _Optional[str] = ..., extractor: _Optional[str] = ...) -> None: ...

class TranscriptionResult(_message.Message):
    __slots__ = ("transcript_id", "duration_seconds", "text", "truncated", "segment_count", "extractor")
    TRANSCRIPT_ID_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    transcript_id: str
    duration_seconds: float
    text: str
    truncated: bool
    segment_count: int
    extractor: str
    def __init__(self, transcript_id: _Optional[str] = ..., duration_seconds: _Optional[float] = ..., text: _Optional[str] = ..., truncated: _Optional[bool] = ..., segment_count: _Optional[int] = ..., extractor: _Optional[str] = ...) -> None: ...

class LinkEnrichmentResult(_message.Message):
    __slots__ = ("bookmark_id", "steps", "merged_into", "stopped")
    class Step(_message.Message):
        __slots__ = ("name", "state", "reason")
        NAME_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        name: str
        state: str
        reason: str
        def __init__(self, name: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
    BOOKMARK_ID_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    MERGED_INTO_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    bookmark_id: str
    steps: _containers.RepeatedCompositeFieldContainer[LinkEnrichmentResult.Step]
    merged_into: str
    stopped: bool
    def __init__(self, bookmark_id: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[LinkEnrichmentResult.Step, _Mapping]]] = ..., merged_into: _Optional[str] = ..., stopped: _Optional[bool] = ...) -> None: ...

class LinkImportResult(_message.Message):
    __slots__ = ("total_count", "saved_count", "already_saved_count", "restored_count", "invalid_count", "dry_run")
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    SAVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_SAVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESTORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    INVALID_COUNT_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    total_count: int
    saved_count: int
    already_saved_count: int
    restored_count: int
    invalid_count: int
    dry_run: bool
    def __init__(self, total_count: _Optional[int] = ..., saved_count: _Optional[int] = ..., already_saved_count: _Optional[int] = ..., restored_count: _Optional[int] = ..., invalid_count: _Optional[int] = ..., dry_run: _Optional[bool] = ...) -> None: ...
