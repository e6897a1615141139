import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.jobs.v1 import jobs_pb2 as _jobs_pb2
from cairn.jobs.v1 import results_pb2 as _results_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuthorRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTHOR_ROLE_UNSPECIFIED: _ClassVar[AuthorRole]
    AUTHOR_ROLE_USER: _ClassVar[AuthorRole]
    AUTHOR_ROLE_ASSISTANT: _ClassVar[AuthorRole]
    AUTHOR_ROLE_SYSTEM: _ClassVar[AuthorRole]
AUTHOR_ROLE_UNSPECIFIED: AuthorRole
AUTHOR_ROLE_USER: AuthorRole
AUTHOR_ROLE_ASSISTANT: AuthorRole
AUTHOR_ROLE_SYSTEM: AuthorRole

class SearchRequest(_message.Message):
    __slots__ = ("query", "limit", "conversation_id", "author_id", "role", "from_time", "to_time")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    query: str
    limit: int
    conversation_id: str
    author_id: str
    role: AuthorRole
    from_time: _timestamp_pb2.Timestamp
    to_time: _timestamp_pb2.Timestamp
    def __init__(self, query: _Optional[str] = ..., limit: _Optional[int] = ..., conversation_id: _Optional[str] = ..., author_id: _Optional[str] = ..., role: _Optional[_Union[AuthorRole, str]] = ..., from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StartSearchRequest(_message.Message):
    __slots__ = ("query", "limit", "conversation_id", "author_id", "role", "from_time", "to_time", "request_id")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    query: str
    limit: int
    conversation_id: str
    author_id: str
    role: AuthorRole
    from_time: _timestamp_pb2.Timestamp
    to_time: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, query: _Optional[str] = ..., limit: _Optional[int] = ..., conversation_id: _Optional[str] = ..., author_id: _Optional[str] = ..., role: _Optional[_Union[AuthorRole, str]] = ..., from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...
