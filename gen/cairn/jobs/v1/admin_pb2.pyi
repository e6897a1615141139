import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueueStats(_message.Message):
    __slots__ = ("kinds", "unembedded_count", "message_count", "refused_message_count")
    class Kind(_message.Message):
        __slots__ = ("kind", "queue", "waiting_count", "delayed_count", "running_count", "oldest_due_seconds", "dead_letter_count", "complete_count", "error_count", "canceled_count")
        KIND_FIELD_NUMBER: _ClassVar[int]
        QUEUE_FIELD_NUMBER: _ClassVar[int]
        WAITING_COUNT_FIELD_NUMBER: _ClassVar[int]
        DELAYED_COUNT_FIELD_NUMBER: _ClassVar[int]
        RUNNING_COUNT_FIELD_NUMBER: _ClassVar[int]
        OLDEST_DUE_SECONDS_FIELD_NUMBER: _ClassVar[int]
        DEAD_LETTER_COUNT_FIELD_NUMBER: _ClassVar[int]
        COMPLETE_COUNT_FIELD_NUMBER: _ClassVar[int]
        ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
        CANCELED_COUNT_FIELD_NUMBER: _ClassVar[int]
        kind: str
        queue: str
        waiting_count: int
        delayed_count: int
        running_count: int
        oldest_due_seconds: float
        dead_letter_count: int
        complete_count: int
        error_count: int
        canceled_count: int
        def __init__(self, kind: _Optional[str] = ..., queue: _Optional[str] = ..., waiting_count: _Optional[int] = ..., delayed_count: _Optional[int] = ..., running_count: _Optional[int] = ..., oldest_due_seconds: _Optional[float] = ..., dead_letter_count: _Optional[int] = ..., complete_count: _Optional[int] = ..., error_count: _Optional[int] = ..., canceled_count: _Optional[int] = ...) -> None: ...
    KINDS_FIELD_NUMBER: _ClassVar[int]
    UNEMBEDDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedCompositeFieldContainer[QueueStats.Kind]
    unembedded_count: int
    message_count: int
    refused_message_count: int
    def __init__(self, kinds: _Optional[_Iterable[_Union[QueueStats.Kind, _Mapping]]] = ..., unembedded_count: _Optional[int] = ..., message_count: _Optional[int] = ..., refused_message_count: _Optional[int] = ...) -> None: ...

class DeadLetter(_message.Message):
    __slots__ = ("job", "user_id", "fail_time", "redriven_as")
    JOB_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    FAIL_TIME_FIELD_NUMBER: _ClassVar[int]
    REDRIVEN_AS_FIELD_NUMBER: _ClassVar[int]
    job: _jobs_pb2.Job
    user_id: str
    fail_time: _timestamp_pb2.Timestamp
    redriven_as: str
    def __init__(self, job: _Optional[_Union[_jobs_pb2.Job, _Mapping]] = ..., user_id: _Optional[str] = ..., fail_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., redriven_as: _Optional[str] = ...) -> None: ...

class GetQueueStatsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListArchivedJobsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "kind", "status")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    kind: str
    status: _jobs_pb2.Job.Status
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., kind: _Optional[str] = ..., status: _Optional[_Union[_jobs_pb2.Job.Status, str]] = ...) -> None: ...

class ListArchivedJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[_jobs_pb2.Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[_jobs_pb2.Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListDeadLettersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "kind")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    kind: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., kind: _Optional[str] = ...) -> None: ...

class ListDeadLettersResponse(_message.Message):
    __slots__ = ("dead_letters", "next_page_token")
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dead_letters: _containers.RepeatedCompositeFieldContainer[DeadLetter]
    next_page_token: str
    def __init__(self, dead_letters: _Optional[_Iterable[_Union[DeadLetter, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RedriveDeadLetterRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class RedriveDeadLettersRequest(_message.Message):
    __slots__ = ("job_ids", "kind", "count")
    JOB_IDS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    job_ids: _containers.RepeatedScalarFieldContainer[str]
    kind: str
    count: int
    def __init__(self, job_ids: _Optional[_Iterable[str]] = ..., kind: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class RedriveDeadLettersResponse(_message.Message):
    __slots__ = ("requested_count", "job_ids")
    REQUESTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    JOB_IDS_FIELD_NUMBER: _ClassVar[int]
    requested_count: int
    job_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, requested_count: _Optional[int] = ..., job_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class PurgeDeadLetterRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...
