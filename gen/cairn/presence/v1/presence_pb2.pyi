import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from cairn.presence.v1 import dnd_pb2 as _dnd_pb2
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

class Claim(_message.Message):
    __slots__ = ("id", "source", "priority", "emoji", "text", "dnd", "expires_time", "set_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_TIME_FIELD_NUMBER: _ClassVar[int]
    SET_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    source: str
    priority: int
    emoji: str
    text: str
    dnd: bool
    expires_time: _timestamp_pb2.Timestamp
    set_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., source: _Optional[str] = ..., priority: _Optional[int] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., dnd: _Optional[bool] = ..., expires_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., set_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("user_id", "effective", "claims")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    effective: Claim
    claims: _containers.RepeatedCompositeFieldContainer[Claim]
    def __init__(self, user_id: _Optional[str] = ..., effective: _Optional[_Union[Claim, _Mapping]] = ..., claims: _Optional[_Iterable[_Union[Claim, _Mapping]]] = ...) -> None: ...

class Presence(_message.Message):
    __slots__ = ("user_id", "emoji", "text", "status_expires_time", "dnd", "dnd_until_time", "online", "last_active_time")
    class Online(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ONLINE_UNSPECIFIED: _ClassVar[Presence.Online]
        ONLINE_ACTIVE: _ClassVar[Presence.Online]
        ONLINE_AWAY: _ClassVar[Presence.Online]
        ONLINE_OFFLINE: _ClassVar[Presence.Online]
    ONLINE_UNSPECIFIED: Presence.Online
    ONLINE_ACTIVE: Presence.Online
    ONLINE_AWAY: Presence.Online
    ONLINE_OFFLINE: Presence.Online
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STATUS_EXPIRES_TIME_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    DND_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    emoji: str
    text: str
    status_expires_time: _timestamp_pb2.Timestamp
    dnd: bool
    dnd_until_time: _timestamp_pb2.Timestamp
    online: Presence.Online
    last_active_time: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., status_expires_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., dnd: _Optional[bool] = ..., dnd_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., online: _Optional[_Union[Presence.Online, str]] = ..., last_active_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Preset(_message.Message):
    __slots__ = ("key", "emoji", "text", "dnd")
    KEY_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    key: str
    emoji: str
    text: str
    dnd: bool
    def __init__(self, key: _Optional[str] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., dnd: _Optional[bool] = ...) -> None: ...

class Recent(_message.Message):
    __slots__ = ("emoji", "text", "used_time")
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    USED_TIME_FIELD_NUMBER: _ClassVar[int]
    emoji: str
    text: str
    used_time: _timestamp_pb2.Timestamp
    def __init__(self, emoji: _Optional[str] = ..., text: _Optional[str] = ..., used_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetVisibilityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetStatusRequest(_message.Message):
    __slots__ = ("preset", "emoji", "text", "dnd", "expires_time", "expires_in", "expires", "time_zone")
    PRESET_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    preset: str
    emoji: str
    text: str
    dnd: bool
    expires_time: _timestamp_pb2.Timestamp
    expires_in: str
    expires: str
    time_zone: str
    def __init__(self, preset: _Optional[str] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., dnd: _Optional[bool] = ..., expires_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_in: _Optional[str] = ..., expires: _Optional[str] = ..., time_zone: _Optional[str] = ...) -> None: ...

class UpdateStatusRequest(_message.Message):
    __slots__ = ("update_mask", "emoji", "text", "dnd", "expires_time", "expires_in", "expires", "time_zone")
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    update_mask: _field_mask_pb2.FieldMask
    emoji: str
    text: str
    dnd: bool
    expires_time: _timestamp_pb2.Timestamp
    expires_in: str
    expires: str
    time_zone: str
    def __init__(self, update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., dnd: _Optional[bool] = ..., expires_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_in: _Optional[str] = ..., expires: _Optional[str] = ..., time_zone: _Optional[str] = ...) -> None: ...

class ClearStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetClaimRequest(_message.Message):
    __slots__ = ("claim_id", "priority", "emoji", "text", "dnd", "expires_time", "expires_in", "expires", "time_zone")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DND_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    priority: int
    emoji: str
    text: str
    dnd: bool
    expires_time: _timestamp_pb2.Timestamp
    expires_in: str
    expires: str
    time_zone: str
    def __init__(self, claim_id: _Optional[str] = ..., priority: _Optional[int] = ..., emoji: _Optional[str] = ..., text: _Optional[str] = ..., dnd: _Optional[bool] = ..., expires_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_in: _Optional[str] = ..., expires: _Optional[str] = ..., time_zone: _Optional[str] = ...) -> None: ...

class ClearClaimRequest(_message.Message):
    __slots__ = ("claim_id",)
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    def __init__(self, claim_id: _Optional[str] = ...) -> None: ...

class GetPresenceRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

class BatchGetPresenceRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetPresenceResponse(_message.Message):
    __slots__ = ("people",)
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    people: _containers.RepeatedCompositeFieldContainer[Presence]
    def __init__(self, people: _Optional[_Iterable[_Union[Presence, _Mapping]]] = ...) -> None: ...

class ListPresetsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPresetsResponse(_message.Message):
    __slots__ = ("presets", "next_page_token")
    PRESETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    presets: _containers.RepeatedCompositeFieldContainer[Preset]
    next_page_token: str
    def __init__(self, presets: _Optional[_Iterable[_Union[Preset, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListRecentsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRecentsResponse(_message.Message):
    __slots__ = ("recents", "next_page_token")
    RECENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recents: _containers.RepeatedCompositeFieldContainer[Recent]
    next_page_token: str
    def __init__(self, recents: _Optional[_Iterable[_Union[Recent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetVisibilityRequest(_message.Message):
    __slots__ = ("invisible",)
    INVISIBLE_FIELD_NUMBER: _ClassVar[int]
    invisible: bool
    def __init__(self, invisible: _Optional[bool] = ...) -> None: ...

class Visibility(_message.Message):
    __slots__ = ("invisible",)
    INVISIBLE_FIELD_NUMBER: _ClassVar[int]
    invisible: bool
    def __init__(self, invisible: _Optional[bool] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("device_id", "state")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[HeartbeatRequest.State]
        STATE_ACTIVE: _ClassVar[HeartbeatRequest.State]
        STATE_AWAY: _ClassVar[HeartbeatRequest.State]
        STATE_OFFLINE: _ClassVar[HeartbeatRequest.State]
    STATE_UNSPECIFIED: HeartbeatRequest.State
    STATE_ACTIVE: HeartbeatRequest.State
    STATE_AWAY: HeartbeatRequest.State
    STATE_OFFLINE: HeartbeatRequest.State
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    state: HeartbeatRequest.State
    def __init__(self, device_id: _Optional[str] = ..., state: _Optional[_Union[HeartbeatRequest.State, str]] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("online", "next_in")
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    NEXT_IN_FIELD_NUMBER: _ClassVar[int]
    online: Presence.Online
    next_in: _duration_pb2.Duration
    def __init__(self, online: _Optional[_Union[Presence.Online, str]] = ..., next_in: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WatchPresenceRequest(_message.Message):
    __slots__ = ("user_ids", "resume_token", "device_id")
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    resume_token: str
    device_id: str
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ..., resume_token: _Optional[str] = ..., device_id: _Optional[str] = ...) -> None: ...

class PresenceEvent(_message.Message):
    __slots__ = ("event", "resume_token", "presence")
    class Event(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_UNSPECIFIED: _ClassVar[PresenceEvent.Event]
        EVENT_SNAPSHOT: _ClassVar[PresenceEvent.Event]
        EVENT_READY: _ClassVar[PresenceEvent.Event]
        EVENT_CHANGE: _ClassVar[PresenceEvent.Event]
    EVENT_UNSPECIFIED: PresenceEvent.Event
    EVENT_SNAPSHOT: PresenceEvent.Event
    EVENT_READY: PresenceEvent.Event
    EVENT_CHANGE: PresenceEvent.Event
    EVENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    event: PresenceEvent.Event
    resume_token: str
    presence: Presence
    def __init__(self, event: _Optional[_Union[PresenceEvent.Event, str]] = ..., resume_token: _Optional[str] = ..., presence: _Optional[_Union[Presence, _Mapping]] = ...) -> None: ...
