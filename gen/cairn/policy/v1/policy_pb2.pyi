import datetime

from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
POLICY_FIELD_NUMBER: _ClassVar[int]
policy: _descriptor.FieldDescriptor

class Policy(_message.Message):
    __slots__ = ("audience", "feature", "quota", "http", "broadcast")
    class Audience(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AUDIENCE_UNSPECIFIED: _ClassVar[Policy.Audience]
        AUDIENCE_PUBLIC: _ClassVar[Policy.Audience]
        AUDIENCE_USER: _ClassVar[Policy.Audience]
        AUDIENCE_SERVICE: _ClassVar[Policy.Audience]
    AUDIENCE_UNSPECIFIED: Policy.Audience
    AUDIENCE_PUBLIC: Policy.Audience
    AUDIENCE_USER: Policy.Audience
    AUDIENCE_SERVICE: Policy.Audience
    class Quota(_message.Message):
        __slots__ = ("bucket", "capacity", "refill", "per")
        BUCKET_FIELD_NUMBER: _ClassVar[int]
        CAPACITY_FIELD_NUMBER: _ClassVar[int]
        REFILL_FIELD_NUMBER: _ClassVar[int]
        PER_FIELD_NUMBER: _ClassVar[int]
        bucket: str
        capacity: int
        refill: int
        per: _duration_pb2.Duration
        def __init__(self, bucket: _Optional[str] = ..., capacity: _Optional[int] = ..., refill: _Optional[int] = ..., per: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    class Http(_message.Message):
        __slots__ = ("success_code", "unless_field", "multipart", "cache_control")
        SUCCESS_CODE_FIELD_NUMBER: _ClassVar[int]
        UNLESS_FIELD_FIELD_NUMBER: _ClassVar[int]
        MULTIPART_FIELD_NUMBER: _ClassVar[int]
        CACHE_CONTROL_FIELD_NUMBER: _ClassVar[int]
        success_code: int
        unless_field: str
        multipart: bool
        cache_control: str
        def __init__(self, success_code: _Optional[int] = ..., unless_field: _Optional[str] = ..., multipart: _Optional[bool] = ..., cache_control: _Optional[str] = ...) -> None: ...
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    BROADCAST_FIELD_NUMBER: _ClassVar[int]
    audience: Policy.Audience
    feature: _containers.RepeatedScalarFieldContainer[str]
    quota: Policy.Quota
    http: Policy.Http
    broadcast: bool
    def __init__(self, audience: _Optional[_Union[Policy.Audience, str]] = ..., feature: _Optional[_Iterable[str]] = ..., quota: _Optional[_Union[Policy.Quota, _Mapping]] = ..., http: _Optional[_Union[Policy.Http, _Mapping]] = ..., broadcast: _Optional[bool] = ...) -> None: ...
