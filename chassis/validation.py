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
    """Parse and check the request, or each message of a stream as it comes."""
    if isinstance(call.incoming, bytes):
        call.request = _valid(call.incoming, call.input_class)
    else:
        call.request = (_valid(message, call.input_class) async for message in call.incoming)
    yield


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
