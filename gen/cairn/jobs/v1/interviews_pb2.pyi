import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.jobs.v1 import results_pb2 as _results_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
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

class JobInfo(_message.Message):
    __slots__ = ("id", "name", "title", "description", "experience_level", "create_time", "update_time", "etag")
    class ExperienceLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EXPERIENCE_LEVEL_UNSPECIFIED: _ClassVar[JobInfo.ExperienceLevel]
        EXPERIENCE_LEVEL_JUNIOR: _ClassVar[JobInfo.ExperienceLevel]
        EXPERIENCE_LEVEL_MID_LEVEL: _ClassVar[JobInfo.ExperienceLevel]
        EXPERIENCE_LEVEL_SENIOR: _ClassVar[JobInfo.ExperienceLevel]
    EXPERIENCE_LEVEL_UNSPECIFIED: JobInfo.ExperienceLevel
    EXPERIENCE_LEVEL_JUNIOR: JobInfo.ExperienceLevel
    EXPERIENCE_LEVEL_MID_LEVEL: JobInfo.ExperienceLevel
    EXPERIENCE_LEVEL_SENIOR: JobInfo.ExperienceLevel
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EXPERIENCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    title: str
    description: str
    experience_level: JobInfo.ExperienceLevel
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., experience_level: _Optional[_Union[JobInfo.ExperienceLevel, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class Interview(_message.Message):
    __slots__ = ("id", "job_info_id", "status", "job_id", "difficulty", "question_count", "questions", "extractor", "duration", "create_time", "update_time")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[Interview.Status]
        STATUS_PENDING: _ClassVar[Interview.Status]
        STATUS_READY: _ClassVar[Interview.Status]
        STATUS_FAILED: _ClassVar[Interview.Status]
    STATUS_UNSPECIFIED: Interview.Status
    STATUS_PENDING: Interview.Status
    STATUS_READY: Interview.Status
    STATUS_FAILED: Interview.Status
    ID_FIELD_NUMBER: _ClassVar[int]
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    QUESTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    job_info_id: str
    status: Interview.Status
    job_id: str
    difficulty: _results_pb2.Question.Difficulty
    question_count: int
    questions: _containers.RepeatedCompositeFieldContainer[_results_pb2.Question]
    extractor: str
    duration: _duration_pb2.Duration
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., job_info_id: _Optional[str] = ..., status: _Optional[_Union[Interview.Status, str]] = ..., job_id: _Optional[str] = ..., difficulty: _Optional[_Union[_results_pb2.Question.Difficulty, str]] = ..., question_count: _Optional[int] = ..., questions: _Optional[_Iterable[_Union[_results_pb2.Question, _Mapping]]] = ..., extractor: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Allowance(_message.Message):
    __slots__ = ("plan", "interviews_used", "interviews_left", "questions_per_interview", "tokens_left", "next_token_time", "reset_time")
    class Plan(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PLAN_UNSPECIFIED: _ClassVar[Allowance.Plan]
        PLAN_FREE: _ClassVar[Allowance.Plan]
        PLAN_PRO: _ClassVar[Allowance.Plan]
        PLAN_MAX: _ClassVar[Allowance.Plan]
    PLAN_UNSPECIFIED: Allowance.Plan
    PLAN_FREE: Allowance.Plan
    PLAN_PRO: Allowance.Plan
    PLAN_MAX: Allowance.Plan
    PLAN_FIELD_NUMBER: _ClassVar[int]
    INTERVIEWS_USED_FIELD_NUMBER: _ClassVar[int]
    INTERVIEWS_LEFT_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_PER_INTERVIEW_FIELD_NUMBER: _ClassVar[int]
    TOKENS_LEFT_FIELD_NUMBER: _ClassVar[int]
    NEXT_TOKEN_TIME_FIELD_NUMBER: _ClassVar[int]
    RESET_TIME_FIELD_NUMBER: _ClassVar[int]
    plan: Allowance.Plan
    interviews_used: int
    interviews_left: int
    questions_per_interview: int
    tokens_left: int
    next_token_time: _timestamp_pb2.Timestamp
    reset_time: _timestamp_pb2.Timestamp
    def __init__(self, plan: _Optional[_Union[Allowance.Plan, str]] = ..., interviews_used: _Optional[int] = ..., interviews_left: _Optional[int] = ..., questions_per_interview: _Optional[int] = ..., tokens_left: _Optional[int] = ..., next_token_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reset_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateJobInfoRequest(_message.Message):
    __slots__ = ("name", "title", "description", "experience_level")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EXPERIENCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    description: str
    experience_level: JobInfo.ExperienceLevel
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., experience_level: _Optional[_Union[JobInfo.ExperienceLevel, str]] = ...) -> None: ...

class GetJobInfoRequest(_message.Message):
    __slots__ = ("job_info_id",)
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    job_info_id: str
    def __init__(self, job_info_id: _Optional[str] = ...) -> None: ...

class ListJobInfosRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListJobInfosResponse(_message.Message):
    __slots__ = ("job_infos", "next_page_token")
    JOB_INFOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    job_infos: _containers.RepeatedCompositeFieldContainer[JobInfo]
    next_page_token: str
    def __init__(self, job_infos: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateJobInfoRequest(_message.Message):
    __slots__ = ("job_info_id", "update_mask", "etag", "name", "title", "description", "experience_level")
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EXPERIENCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    job_info_id: str
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    name: str
    title: str
    description: str
    experience_level: JobInfo.ExperienceLevel
    def __init__(self, job_info_id: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., experience_level: _Optional[_Union[JobInfo.ExperienceLevel, str]] = ...) -> None: ...

class DeleteJobInfoRequest(_message.Message):
    __slots__ = ("job_info_id", "etag")
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    job_info_id: str
    etag: str
    def __init__(self, job_info_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class StartInterviewRequest(_message.Message):
    __slots__ = ("job_info_id", "difficulty", "question_count", "request_id")
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    QUESTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    job_info_id: str
    difficulty: _results_pb2.Question.Difficulty
    question_count: int
    request_id: str
    def __init__(self, job_info_id: _Optional[str] = ..., difficulty: _Optional[_Union[_results_pb2.Question.Difficulty, str]] = ..., question_count: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetInterviewRequest(_message.Message):
    __slots__ = ("interview_id",)
    INTERVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    interview_id: str
    def __init__(self, interview_id: _Optional[str] = ...) -> None: ...

class ListInterviewsRequest(_message.Message):
    __slots__ = ("job_info_id", "page_size", "page_token")
    JOB_INFO_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    job_info_id: str
    page_size: int
    page_token: str
    def __init__(self, job_info_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInterviewsResponse(_message.Message):
    __slots__ = ("interviews", "next_page_token")
    INTERVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    interviews: _containers.RepeatedCompositeFieldContainer[Interview]
    next_page_token: str
    def __init__(self, interviews: _Optional[_Iterable[_Union[Interview, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateInterviewRequest(_message.Message):
    __slots__ = ("interview_id", "update_mask", "duration")
    INTERVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    interview_id: str
    update_mask: _field_mask_pb2.FieldMask
    duration: _duration_pb2.Duration
    def __init__(self, interview_id: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DeleteInterviewRequest(_message.Message):
    __slots__ = ("interview_id",)
    INTERVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    interview_id: str
    def __init__(self, interview_id: _Optional[str] = ...) -> None: ...

class GetAllowanceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
