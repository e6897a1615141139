import datetime

from buf.validate import validate_pb2 as _validate_pb2
from cairn.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApplyRequest(_message.Message):
    __slots__ = ("changes",)
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ...) -> None: ...

class ApplyResponse(_message.Message):
    __slots__ = ("applied_count",)
    APPLIED_COUNT_FIELD_NUMBER: _ClassVar[int]
    applied_count: int
    def __init__(self, applied_count: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("occurred_at", "user", "conversation", "membership", "message", "file", "user_deleted", "conversation_deleted", "message_deleted", "file_deleted")
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    MEMBERSHIP_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    USER_DELETED_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_DELETED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_DELETED_FIELD_NUMBER: _ClassVar[int]
    FILE_DELETED_FIELD_NUMBER: _ClassVar[int]
    occurred_at: _timestamp_pb2.Timestamp
    user: User
    conversation: Conversation
    membership: Membership
    message: Message
    file: File
    user_deleted: Deleted
    conversation_deleted: Deleted
    message_deleted: Deleted
    file_deleted: Deleted
    def __init__(self, occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user: _Optional[_Union[User, _Mapping]] = ..., conversation: _Optional[_Union[Conversation, _Mapping]] = ..., membership: _Optional[_Union[Membership, _Mapping]] = ..., message: _Optional[_Union[Message, _Mapping]] = ..., file: _Optional[_Union[File, _Mapping]] = ..., user_deleted: _Optional[_Union[Deleted, _Mapping]] = ..., conversation_deleted: _Optional[_Union[Deleted, _Mapping]] = ..., message_deleted: _Optional[_Union[Deleted, _Mapping]] = ..., file_deleted: _Optional[_Union[Deleted, _Mapping]] = ...) -> None: ...

class User(_message.Message):
    __slots__ = ("id", "display_name")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class Conversation(_message.Message):
    __slots__ = ("id", "kind", "name", "incognito")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Conversation.Kind]
        KIND_CHANNEL: _ClassVar[Conversation.Kind]
        KIND_DM: _ClassVar[Conversation.Kind]
        KIND_ASSISTANT: _ClassVar[Conversation.Kind]
    KIND_UNSPECIFIED: Conversation.Kind
    KIND_CHANNEL: Conversation.Kind
    KIND_DM: Conversation.Kind
    KIND_ASSISTANT: Conversation.Kind
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    INCOGNITO_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: Conversation.Kind
    name: str
    incognito: bool
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[Conversation.Kind, str]] = ..., name: _Optional[str] = ..., incognito: _Optional[bool] = ...) -> None: ...

class Membership(_message.Message):
    __slots__ = ("conversation_id", "user_id", "removed")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    user_id: str
    removed: bool
    def __init__(self, conversation_id: _Optional[str] = ..., user_id: _Optional[str] = ..., removed: _Optional[bool] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ("id", "conversation_id", "author_id", "text", "sent_at", "edited_at", "role")
    class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ROLE_UNSPECIFIED: _ClassVar[Message.Role]
        ROLE_USER: _ClassVar[Message.Role]
        ROLE_ASSISTANT: _ClassVar[Message.Role]
        ROLE_SYSTEM: _ClassVar[Message.Role]
    ROLE_UNSPECIFIED: Message.Role
    ROLE_USER: Message.Role
    ROLE_ASSISTANT: Message.Role
    ROLE_SYSTEM: Message.Role
    ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    EDITED_AT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    conversation_id: str
    author_id: str
    text: str
    sent_at: _timestamp_pb2.Timestamp
    edited_at: _timestamp_pb2.Timestamp
    role: Message.Role
    def __init__(self, id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., author_id: _Optional[str] = ..., text: _Optional[str] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., edited_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., role: _Optional[_Union[Message.Role, str]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("id", "message_id", "uploader_id", "name", "media_type", "size_bytes")
    ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    UPLOADER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    id: str
    message_id: str
    uploader_id: str
    name: str
    media_type: str
    size_bytes: int
    def __init__(self, id: _Optional[str] = ..., message_id: _Optional[str] = ..., uploader_id: _Optional[str] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Deleted(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...
