"""From a gRPC response to an HTTP answer: our envelope, status, ETag and Location."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.contract import Method
from gateway.encode import Encoders
from gateway.errors import Headers
from gateway.files import NOT_MODIFIED, etag_of, file_headers, is_known
from gateway.names import entity, message_of
from gateway.templates import Template

EMPTY = "google.protobuf.Empty"
JSON = (b"content-type", b"application/json")
CREATED, ACCEPTED, NO_CONTENT = 201, 202, 204
# The same request came before, and is answered as it was then.
REPLAYED = (b"idempotent-replayed", b"true")
# When to look again at something that was accepted and goes on, where it does not say so itself.
LOOK_AGAIN_SECONDS = 1
DURATION = "google.protobuf.Duration"
# A response that is a file: it goes out as it is, without an envelope.
HTTP_BODY = "google.api.HttpBody"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a response is about: a message with an id. `field` holds it; empty where it is the response itself."""

    message: Descriptor
    field: str

    def text(self, name: str) -> Callable[[Any], str] | None:
        """How to read a string of it from a response; None where it has none of this name."""
        if not has_text(self.message, name):
            return None
        return attrgetter(f"{self.field}.{name}" if self.field else name)


class Answers:
    """Makes the answers of one method. `resource_paths` are those at which a message can be read again, by its id."""

    def __init__(self, method: Method, encoders: Encoders, resource_paths: Mapping[str, Template]) -> None:
        """Everything that can be known before a response comes is worked out here."""
        output = method.output
        self._raw = output.full_name == HTTP_BODY
        self.parse: Callable[[bytes], Any] = message_factory.GetMessageClass(output).FromString
        self.wrap = None if output.full_name == EMPTY else _wrapper(output, encoders)
        self._success = method.policy.http.success_code or 200
        self._unless = method.policy.http.unless_field
        kept = method.policy.http.cache_control
        self._kept: Headers = [(b"cache-control", kept.encode())] if kept else []
        resource = resource_of(output)
        self._tells_replays = has_replayed(output)
        self._goes_on = has_poll_delay(output)
        self._etag = resource.text("etag") if resource else None
        self._id = resource.text("id") if resource else None
        self._path = resource_paths.get(resource.message.full_name) if resource else None

    def answer(self, response: bytes, if_none_match: str = "") -> Answer:
        """The answer for a serialized response; `if_none_match` tells which file the client has already."""
        if self.wrap is None:
            return Answer(NO_CONTENT, [])
        message = self.parse(response)
        if self._raw:
            return self._file(message, if_none_match)
        status = 200 if self._unless and getattr(message, self._unless) else self._success
        extra = [JSON, *self._kept]
        if self._etag:
            etag = self._etag(message)
            extra += [(b"etag", _quoted(etag))] if etag else []
        if self._tells_replays and message.replayed:
            extra += [REPLAYED]
        if status in (CREATED, ACCEPTED):
            extra += self._found_at(message)
        extra += self._look_again(message, status)
        return Answer(status, extra, orjson.dumps(self.wrap(message)))

    def _file(self, message: Any, if_none_match: str) -> Answer:
        headers = file_headers(message.content_type)
        if not self._kept:
            return Answer(200, headers, message.data)
        etag = etag_of(message.data)
        kept: Headers = [(b"etag", etag), *self._kept]
        if is_known(etag, if_none_match):
            return Answer(NOT_MODIFIED, kept)
        return Answer(200, [*headers, *kept], message.data)

    def _look_again(self, message: Any, status: int) -> Headers:
        if self._goes_on:
            seconds = math.ceil(message.poll_delay.ToTimedelta().total_seconds())
        else:
            seconds = LOOK_AGAIN_SECONDS if status == ACCEPTED else 0
        return [(b"retry-after", str(seconds).encode())] if seconds else []

    def _found_at(self, message: Any) -> Headers:
        if not (self._path and self._id and self._id(message)):
            return []
        variable = self._path.variables[0].field
        return [(b"location", self._path.format({variable: self._id(message)}).encode())]


def list_field(message: Descriptor) -> FieldDescriptor | None:
    """The items of a list response: its only repeated message, beside a token for the next page."""
    if "next_page_token" not in message.fields_by_name:
        return None
    repeated = [field for field in message.fields if field.is_repeated and field.message_type]
    return repeated[0] if len(repeated) == 1 else None


def resource_of(message: Descriptor) -> Resource | None:
    """What a response is about: itself, or where it only wraps something, the only message in it that has an id."""
    if has_text(message, "id"):
        return Resource(message, "")
    if not message.name.endswith("Response"):
        return None
    singular = (field for field in message.fields if field.message_type and not field.is_repeated)
    found = [field for field in singular if has_text(message_of(field), "id")]
    return Resource(message_of(found[0]), found[0].name) if len(found) == 1 else None


def has_text(message: Descriptor, name: str) -> bool:
    """Whether the message has a string of this name."""
    field = message.fields_by_name.get(name)
    return bool(field and field.cpp_type == FieldDescriptor.CPPTYPE_STRING and not field.is_repeated)


def has_replayed(message: Descriptor) -> bool:
    """Whether the message says that it repeats an earlier answer."""
    field = message.fields_by_name.get("replayed")
    return bool(field and field.cpp_type == FieldDescriptor.CPPTYPE_BOOL and not field.is_repeated)


def has_poll_delay(message: Descriptor) -> bool:
    """Whether the message says when to look again at something that goes on."""
    field = message.fields_by_name.get("poll_delay")
    return bool(field and field.message_type and field.message_type.full_name == DURATION)


def _wrapper(output: Descriptor, encoders: Encoders) -> Callable[[Any], dict[str, Any]]:
    encode = encoders.of(output)
    items = list_field(output)
    if items:
        return _list_wrapper(items, encode)
    resource = resource_of(output)
    read_id = resource.text("id") if resource else None
    bare = {"entity": entity(resource.message if resource else output)}
    if resource is None or read_id is None:
        return lambda message: {"status": "success", "sys": bare, "data": encode(message)}
    may_be_absent = bool(resource.field)

    def wrap(message: Any) -> dict[str, Any]:
        found = read_id(message)
        sys = bare if may_be_absent and not found else {**bare, "id": found}
        return {"status": "success", "sys": sys, "data": encode(message)}

    return wrap


def _list_wrapper(items: FieldDescriptor, encode: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    name, key = entity(message_of(items)), items.json_name
    has_id = has_text(message_of(items), "id")

    def wrap(message: Any) -> dict[str, Any]:
        page = encode(message)
        data = [
            {"sys": {"entity": name, "id": each["id"]} if has_id else {"entity": name}, "data": each}
            for each in page.pop(key)
        ]
        return {"status": "success", "sys": {"entity": "list"}, "data": data, "page": page}

    return wrap


def _quoted(etag: str) -> bytes:
    return b'"' + etag.encode("latin-1", "replace") + b'"'
