import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Link(_message.Message):
    __slots__ = ("url", "final_url", "other_urls", "site", "title", "description", "site_name", "media_type", "media_class", "favicon_url", "embeddable", "text", "caption", "image", "screenshot", "cover", "enrichment")
    class MediaClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MEDIA_CLASS_UNSPECIFIED: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_LINK: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_IMAGE: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_VIDEO: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_AUDIO: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_DOCUMENT: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_TWEET: _ClassVar[Link.MediaClass]
        MEDIA_CLASS_INSTAGRAM: _ClassVar[Link.MediaClass]
    MEDIA_CLASS_UNSPECIFIED: Link.MediaClass
    MEDIA_CLASS_LINK: Link.MediaClass
    MEDIA_CLASS_IMAGE: Link.MediaClass
    MEDIA_CLASS_VIDEO: Link.MediaClass
    MEDIA_CLASS_AUDIO: Link.MediaClass
    MEDIA_CLASS_DOCUMENT: Link.MediaClass
    MEDIA_CLASS_TWEET: Link.MediaClass
    MEDIA_CLASS_INSTAGRAM: Link.MediaClass
    URL_FIELD_NUMBER: _ClassVar[int]
    FINAL_URL_FIELD_NUMBER: _ClassVar[int]
    OTHER_URLS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SITE_NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_CLASS_FIELD_NUMBER: _ClassVar[int]
    FAVICON_URL_FIELD_NUMBER: _ClassVar[int]
    EMBEDDABLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SCREENSHOT_FIELD_NUMBER: _ClassVar[int]
    COVER_FIELD_NUMBER: _ClassVar[int]
    ENRICHMENT_FIELD_NUMBER: _ClassVar[int]
    url: str
    final_url: str
    other_urls: _containers.RepeatedScalarFieldContainer[str]
    site: str
    title: str
    description: str
    site_name: str
    media_type: str
    media_class: Link.MediaClass
    favicon_url: str
    embeddable: bool
    text: str
    caption: str
    image: LinkImage
    screenshot: LinkImage
    cover: str
    enrichment: Enrichment
    def __init__(self, url: _Optional[str] = ..., final_url: _Optional[str] = ..., other_urls: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., site_name: _Optional[str] = ..., media_type: _Optional[str] = ..., media_class: _Optional[_Union[Link.MediaClass, str]] = ..., favicon_url: _Optional[str] = ..., embeddable: _Optional[bool] = ..., text: _Optional[str] = ..., caption: _Optional[str] = ..., image: _Optional[_Union[LinkImage, _Mapping]] = ..., screenshot: _Optional[_Union[LinkImage, _Mapping]] = ..., cover: _Optional[str] = ..., enrichment: _Optional[_Union[Enrichment, _Mapping]] = ...) -> None: ...

class LinkImage(_message.Message):
    __slots__ = ("path", "media_type", "width", "height", "blurhash", "size_bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    BLURHASH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    media_type: str
    width: int
    height: int
    blurhash: str
    size_bytes: int
    def __init__(self, path: _Optional[str] = ..., media_type: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., blurhash: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Enrichment(_message.Message):
    __slots__ = ("state", "steps", "round", "job_id")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Enrichment.State]
        STATE_PENDING: _ClassVar[Enrichment.State]
        STATE_RUNNING: _ClassVar[Enrichment.State]
        STATE_DONE: _ClassVar[Enrichment.State]
        STATE_SKIPPED: _ClassVar[Enrichment.State]
        STATE_FAILED: _ClassVar[Enrichment.State]
    STATE_UNSPECIFIED: Enrichment.State
    STATE_PENDING: Enrichment.State
    STATE_RUNNING: Enrichment.State
    STATE_DONE: Enrichment.State
    STATE_SKIPPED: Enrichment.State
    STATE_FAILED: Enrichment.State
    class Step(_message.Message):
        __slots__ = ("name", "state", "reason", "message", "attempts", "next_attempt_time", "update_time")
        NAME_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
        NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
        UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
        name: str
        state: Enrichment.State
        reason: str
        message: str
        attempts: int
        next_attempt_time: _timestamp_pb2.Timestamp
        update_time: _timestamp_pb2.Timestamp
        def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Enrichment.State, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., attempts: _Optional[int] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    STATE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    state: Enrichment.State
    steps: _containers.RepeatedCompositeFieldContainer[Enrichment.Step]
    round: int
    job_id: str
    def __init__(self, state: _Optional[_Union[Enrichment.State, str]] = ..., steps: _Optional[_Iterable[_Union[Enrichment.Step, _Mapping]]] = ..., round: _Optional[int] = ..., job_id: _Optional[str] = ...) -> None: ...
