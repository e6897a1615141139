"""Interceptor: a servicer sees only requests that parse and keep every rule written in the proto."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import protovalidate
from google.protobuf.message import DecodeError, Message

from chassis.errors import FieldViolation, ValidationFailed
from chassis.interceptors import Call

# For people, where the library speaks to programmers; by the id of the rule that is broken.
TEXTS = {
    "string.pattern": "has a character or a form that is not allowed",
    "enum.not_in": "is required",
    "enum.defined_only": "must be one of the values there are",
    "required": "is required",
}


@asynccontextmanager
async def validated(call: Call) -> AsyncIterator[None]:
    """Parse and check the request; of a stream the first message, and the others as they come."""
    if isinstance(call.incoming, bytes):
        call.request = _valid(call.incoming, call.input_class)
    else:
        messages = _parts(call) if call.method.uploads else _messages(call)
        call.request = _joined(await anext(messages, None), messages)
    yield


async def _messages(call: Call) -> AsyncIterator[Any]:
    async for data in call.incoming:
        yield _valid(data, call.input_class)


async def _parts(call: Call) -> AsyncIterator[Any]:
    """Meta, then chunks. A client that goes away looks, for a moment, as if it were done: hence the empty chunk."""
    expected = "meta"
    async for message in _messages(call):
        if not message.HasField(expected):
            raise ValidationFailed("The first message is the meta of the file, all others are its chunks")
        if expected == "chunk" and not message.chunk:
            return
        expected = "chunk"
        yield message
    raise ValidationFailed("The file is cut off: an empty chunk ends it")


async def _joined(first: Any, rest: AsyncIterator[Any]) -> AsyncIterator[Any]:
    if first is not None:
        yield first
    async for message in rest:
        yield message


def _valid(data: bytes, input_class: type[Message]) -> Message:
    try:
        message = input_class.FromString(data)
    except DecodeError as error:
        text = "The request is not valid protobuf; a string that is not UTF-8 is one cause"
        raise ValidationFailed(text) from error
    violations = protovalidate.collect_violations(message)
    if violations:
        fields = tuple(FieldViolation(_path(each.proto.field), _text(each.proto)) for each in violations)
        raise ValidationFailed(f"{fields[0].field or 'request'}: {fields[0].message}", fields=fields)
    return message


def _text(violation: Any) -> str:
    return TEXTS.get(violation.rule_id) or str(violation.message)


def _path(path: Any) -> str:
    """`targets[2].file_id`, from the elements of a buf.validate.FieldPath."""
    if path is None:
        return ""
    text = ""
    for element in path.elements:
        text += f".{element.field_name}" if text else element.field_name
        if element.subscript is not None:
            text += f"[{element.subscript.value}]"
    return text
