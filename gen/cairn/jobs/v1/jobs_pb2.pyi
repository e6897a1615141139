import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import results_pb2 as _results_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Job(_message.Message):
    __slots__ = ("id", "kind", "status", "create_time", "start_time", "end_time", "next_run_time", "result_expire_time", "attempt", "max_attempts", "progress", "steps", "error", "result", "attempts", "retried_from", "etag", "replayed", "poll_delay")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[Job.Status]
        STATUS_PENDING: _ClassVar[Job.Status]
        STATUS_RUNNING: _ClassVar[Job.Status]
        STATUS_CANCELING: _ClassVar[Job.Status]
        STATUS_COMPLETE: _ClassVar[Job.Status]
        STATUS_ERROR: _ClassVar[Job.Status]
        STATUS_CANCELED: _ClassVar[Job.Status]
        STATUS_EXPIRED: _ClassVar[Job.Status]
    STATUS_UNSPECIFIED: Job.Status
    STATUS_PENDING: Job.Status
    STATUS_RUNNING: Job.Status
    STATUS_CANCELING: Job.Status
    STATUS_COMPLETE: Job.Status
    STATUS_ERROR: Job.Status
    STATUS_CANCELED: Job.Status
    STATUS_EXPIRED: Job.Status
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    RESULT_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RETRIED_FROM_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    POLL_DELAY_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    status: Job.Status
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    next_run_time: _timestamp_pb2.Timestamp
    result_expire_time: _timestamp_pb2.Timestamp
    attempt: int
    max_attempts: int
    progress: Progress
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    error: Failure
    result: Result
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    retried_from: str
    etag: str
    replayed: bool
    poll_delay: _duration_pb2.Duration
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., status: _Optional[_Union[Job.Status, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_run_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., result_expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempt: _Optional[int] = ..., max_attempts: _Optional[int] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ..., error: _Optional[_Union[Failure, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., retried_from: _Optional[str] = ..., etag: _Optional[str] = ..., replayed: _Optional[bool] = ..., poll_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("current", "total", "message", "step")
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    current: int
    total: int
    message: str
    step: str
    def __init__(self, current: _Optional[int] = ..., total: _Optional[int] = ..., message: _Optional[str] = ..., step: _Optional[str] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("name", "status", "reason")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[Step.Status]
        STATUS_PENDING: _ClassVar[Step.Status]
        STATUS_RUNNING: _ClassVar[Step.Status]
        STATUS_DONE: _ClassVar[Step.Status]
        STATUS_FAILED: _ClassVar[Step.Status]
        STATUS_SKIPPED: _ClassVar[Step.Status]
    STATUS_UNSPECIFIED: Step.Status
    STATUS_PENDING: Step.Status
    STATUS_RUNNING: Step.Status
    STATUS_DONE: Step.Status
    STATUS_FAILED: Step.Status
    STATUS_SKIPPED: Step.Status
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: Step.Status
    reason: str
    def __init__(self, name: _Optional[str] = ..., status: _Optional[_Union[Step.Status, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("reason", "message", "retryable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    retryable: bool
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("number", "start_time", "end_time", "error")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    number: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    error: Failure
    def __init__(self, number: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., error: _Optional[_Union[Failure, _Mapping]] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("search", "memories", "transcription", "title", "interview", "link_enrichment", "link_import")
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    INTERVIEW_FIELD_NUMBER: _ClassVar[int]
    LINK_ENRICHMENT_FIELD_NUMBER: _ClassVar[int]
    LINK_IMPORT_FIELD_NUMBER: _ClassVar[int]
    search: _results_pb2.SearchResult
    memories: _results_pb2.MemoriesResult
    transcription: _results_pb2.TranscriptionResult
    title: _results_pb2.TitleResult
    interview: _results_pb2.InterviewResult
    link_enrichment: _results_pb2.LinkEnrichmentResult
    link_import: _results_pb2.LinkImportResult
    def __init__(self, search: _Optional[_Union[_results_pb2.SearchResult, _Mapping]] = ..., memories: _Optional[_Union[_results_pb2.MemoriesResult, _Mapping]] = ..., transcription: _Optional[_Union[_results_pb2.TranscriptionResult, _Mapping]] = ..., title: _Optional[_Union[_results_pb2.TitleResult, _Mapping]] = ..., interview: _Optional[_Union[_results_pb2.InterviewResult, _Mapping]] = ..., link_enrichment: _Optional[_Union[_results_pb2.LinkEnrichmentResult, _Mapping]] = ..., link_import: _Optional[_Union[_results_pb2.LinkImportResult, _Mapping]] = ...) -> None: ...

class JobEvent(_message.Message):
    __slots__ = ("event", "resume_token", "job", "gap")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[JobEvent.Event]
        EVENT_SNAPSHOT: _ClassVar[JobEvent.Event]
        EVENT_STATUS: _ClassVar[JobEvent.Event]
        EVENT_PROGRESS: _ClassVar[JobEvent.Event]
        EVENT_DONE: _ClassVar[JobEvent.Event]
    EVENT_UNSPECIFIED: JobEvent.Event
    EVENT_SNAPSHOT: JobEvent.Event
    EVENT_STATUS: JobEvent.Event
    EVENT_PROGRESS: JobEvent.Event
    EVENT_DONE: JobEvent.Event
    EVENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    event: JobEvent.Event
    resume_token: str
    job: Job
    gap: bool
    def __init__(self, event: _Optional[_Union[JobEvent.Event, str]] = ..., resume_token: _Optional[str] = ..., job: _Optional[_Union[Job, _Mapping]] = ..., gap: _Optional[bool] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id", "wait")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    wait: _duration_pb2.Duration
    def __init__(self, job_id: _Optional[str] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "kind", "status")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    kind: str
    status: Job.Status
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., kind: _Optional[str] = ..., status: _Optional[_Union[Job.Status, str]] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class RetryJobRequest(_message.Message):
    __slots__ = ("job_id", "request_id")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    request_id: str
    def __init__(self, job_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("job_id", "resume_token")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    resume_token: str
    def __init__(self, job_id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...
