import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Window(_message.Message):
    __slots__ = ("days", "start", "end")
    class Day(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DAY_UNSPECIFIED: _ClassVar[Window.Day]
        DAY_MONDAY: _ClassVar[Window.Day]
        DAY_TUESDAY: _ClassVar[Window.Day]
        DAY_WEDNESDAY: _ClassVar[Window.Day]
        DAY_THURSDAY: _ClassVar[Window.Day]
        DAY_FRIDAY: _ClassVar[Window.Day]
        DAY_SATURDAY: _ClassVar[Window.Day]
        DAY_SUNDAY: _ClassVar[Window.Day]
    DAY_UNSPECIFIED: Window.Day
    DAY_MONDAY: Window.Day
    DAY_TUESDAY: Window.Day
    DAY_WEDNESDAY: Window.Day
    DAY_THURSDAY: Window.Day
    DAY_FRIDAY: Window.Day
    DAY_SATURDAY: Window.Day
    DAY_SUNDAY: Window.Day
    DAYS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    days: _containers.RepeatedScalarFieldContainer[Window.Day]
    start: str
    end: str
    def __init__(self, days: _Optional[_Iterable[_Union[Window.Day, str]]] = ..., start: _Optional[str] = ..., end: _Optional[str] = ...) -> None: ...

class GetDndRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetDndRequest(_message.Message):
    __slots__ = ("snooze_until_time", "snooze_for", "snooze_indefinitely", "schedule", "time_zone", "allow_mentions", "allow_user_ids")
    SNOOZE_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    SNOOZE_FOR_FIELD_NUMBER: _ClassVar[int]
    SNOOZE_INDEFINITELY_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MENTIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    snooze_until_time: _timestamp_pb2.Timestamp
    snooze_for: str
    snooze_indefinitely: bool
    schedule: _containers.RepeatedCompositeFieldContainer[Window]
    time_zone: str
    allow_mentions: bool
    allow_user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, snooze_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., snooze_for: _Optional[str] = ..., snooze_indefinitely: _Optional[bool] = ..., schedule: _Optional[_Iterable[_Union[Window, _Mapping]]] = ..., time_zone: _Optional[str] = ..., allow_mentions: _Optional[bool] = ..., allow_user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class Dnd(_message.Message):
    __slots__ = ("active", "active_until_time", "snoozed", "snooze_until_time", "schedule", "time_zone", "allow_mentions", "allow_user_ids")
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    SNOOZED_FIELD_NUMBER: _ClassVar[int]
    SNOOZE_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MENTIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    active: bool
    active_until_time: _timestamp_pb2.Timestamp
    snoozed: bool
    snooze_until_time: _timestamp_pb2.Timestamp
    schedule: _containers.RepeatedCompositeFieldContainer[Window]
    time_zone: str
    allow_mentions: bool
    allow_user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, active: _Optional[bool] = ..., active_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., snoozed: _Optional[bool] = ..., snooze_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., schedule: _Optional[_Iterable[_Union[Window, _Mapping]]] = ..., time_zone: _Optional[str] = ..., allow_mentions: _Optional[bool] = ..., allow_user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ShouldNotifyRequest(_message.Message):
    __slots__ = ("recipient_ids", "sender_id", "kind")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[ShouldNotifyRequest.Kind]
        KIND_MESSAGE: _ClassVar[ShouldNotifyRequest.Kind]
        KIND_MENTION: _ClassVar[ShouldNotifyRequest.Kind]
        KIND_REMINDER: _ClassVar[ShouldNotifyRequest.Kind]
        KIND_URGENT: _ClassVar[ShouldNotifyRequest.Kind]
    KIND_UNSPECIFIED: ShouldNotifyRequest.Kind
    KIND_MESSAGE: ShouldNotifyRequest.Kind
    KIND_MENTION: ShouldNotifyRequest.Kind
    KIND_REMINDER: ShouldNotifyRequest.Kind
    KIND_URGENT: ShouldNotifyRequest.Kind
    RECIPIENT_IDS_FIELD_NUMBER: _ClassVar[int]
    SENDER_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    recipient_ids: _containers.RepeatedScalarFieldContainer[str]
    sender_id: str
    kind: ShouldNotifyRequest.Kind
    def __init__(self, recipient_ids: _Optional[_Iterable[str]] = ..., sender_id: _Optional[str] = ..., kind: _Optional[_Union[ShouldNotifyRequest.Kind, str]] = ...) -> None: ...

class ShouldNotifyResponse(_message.Message):
    __slots__ = ("decisions",)
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_NOT_DISTURBED: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_URGENT: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_MENTION_ALLOWED: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_PERSON_ALLOWED: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_STATUS: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_SNOOZED: _ClassVar[ShouldNotifyResponse.Reason]
        REASON_SCHEDULED: _ClassVar[ShouldNotifyResponse.Reason]
    REASON_UNSPECIFIED: ShouldNotifyResponse.Reason
    REASON_NOT_DISTURBED: ShouldNotifyResponse.Reason
    REASON_URGENT: ShouldNotifyResponse.Reason
    REASON_MENTION_ALLOWED: ShouldNotifyResponse.Reason
    REASON_PERSON_ALLOWED: ShouldNotifyResponse.Reason
    REASON_STATUS: ShouldNotifyResponse.Reason
    REASON_SNOOZED: ShouldNotifyResponse.Reason
    REASON_SCHEDULED: ShouldNotifyResponse.Reason
    class Decision(_message.Message):
        __slots__ = ("recipient_id", "notify", "reason", "held_until_time")
        RECIPIENT_ID_FIELD_NUMBER: _ClassVar[int]
        NOTIFY_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        HELD_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
        recipient_id: str
        notify: bool
        reason: ShouldNotifyResponse.Reason
        held_until_time: _timestamp_pb2.Timestamp
        def __init__(self, recipient_id: _Optional[str] = ..., notify: _Optional[bool] = ..., reason: _Optional[_Union[ShouldNotifyResponse.Reason, str]] = ..., held_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    decisions: _containers.RepeatedCompositeFieldContainer[ShouldNotifyResponse.Decision]
    def __init__(self, decisions: _Optional[_Iterable[_Union[ShouldNotifyResponse.Decision, _Mapping]]] = ...) -> None: ...
