"""From one JSON value to one value of a protobuf field; a text from a URL goes the same way."""

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from gateway.names import enum_labels, enum_prefix, snake

Convert = Callable[[Any], Any]
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt][\d:]{8}(?:\.(\d{1,9}))?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_DURATION = 315_576_000_000


class FieldError(ValueError):
    """A value that does not fit its field. The path grows while the error travels outwards."""

    def __init__(self, message: str) -> None:
        """`message` follows the field's name: "must be a string"."""
        super().__init__(message)
        self.message = message
        self.field = ""

    def at(self, step: str | int) -> "FieldError":
        """The same error, seen from the object or list around it."""
        name = f"[{step}]" if isinstance(step, int) else step
        joint = "." if self.field and not self.field.startswith("[") else ""
        self.field = f"{name}{joint}{self.field}"
        return self


def converter(field: FieldDescriptor) -> Convert:
    """How to convert a value of this field, which is no message."""
    if field.enum_type:
        return enum(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return binary
    return _SCALARS[field.cpp_type]


def text(value: Any) -> str:
    """A string."""
    if type(value) is not str:
        raise FieldError("must be a string")
    return value


def boolean(value: Any) -> bool:
    """True or false; from a URL, their names."""
    if type(value) is not bool:
        raise FieldError("must be true or false")
    return value


def integer(lowest: int, highest: int) -> Convert:
    """A whole number within bounds, as a number or in a string."""

    def convert(value: Any) -> int:
        if type(value) is not int:
            value = _whole(value)
        if not lowest <= value <= highest:
            raise FieldError(f"must be from {lowest} to {highest}")
        return int(value)

    return convert


def _whole(value: Any) -> int:
    if type(value) is str and _INTEGER.fullmatch(value):
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    raise FieldError("must be a whole number")


def number(value: Any) -> float:
    """A number; the ones JSON has no form for are strings."""
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    if type(value) is str and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    try:
        converted = float(value) if type(value) is str and value.isascii() and value.strip() == value else math.nan
    except ValueError:
        converted = math.nan
    if not math.isfinite(converted) or "_" in value:
        raise FieldError("must be a number")
    return converted


def single(value: Any) -> float:
    """A number that 32 bits can hold."""
    converted = number(value)
    try:
        struct.pack("<f", converted)
    except OverflowError as error:
        raise FieldError("is out of range") from error
    return converted


def binary(value: Any) -> bytes:
    """Base64, of either alphabet, padded or not."""
    encoded = text(value).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError("must be base64") from error


def enum(descriptor: EnumDescriptor) -> Convert:
    """A label or full name in any case, with hyphens or underscores, or the number of a value."""
    labels = enum_labels(descriptor)
    prefix = enum_prefix(descriptor).lower()
    numbers: dict[str | int, int] = {}
    for value in descriptor.values:
        name = value.name.lower()
        numbers |= {name: value.number, name.removeprefix(prefix): value.number, value.number: value.number}
    allowed = ", ".join(label for label in labels.values() if label)

    def convert(value: Any) -> int:
        key = value.lower() if type(value) is str else value
        if type(key) is str:
            key = int(key) if _INTEGER.fullmatch(key) else key.replace("-", "_")
        if type(key) not in (str, int) or key not in numbers:
            raise FieldError(f"must be one of: {allowed}")
        return numbers[key]

    return convert


def timestamp(value: Any) -> dict[str, int]:
    """A time of RFC 3339, with its offset from UTC."""
    match = _TIME.fullmatch(value) if type(value) is str else None
    try:
        since = datetime.fromisoformat(value.upper() if match else "").astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise FieldError("must be a time like 2026-01-31T12:00:00Z") from error
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": _nanos(match[1] if match else "")}


def duration(value: Any) -> dict[str, int]:
    """Seconds, with an s: `1.5s`."""
    match = _DURATION.fullmatch(value) if type(value) is str else None
    if not match or int(match[2]) > _LARGEST_DURATION:
        raise FieldError("must be seconds, like 1.5s")
    sign = -1 if match[1] else 1
    return {"seconds": sign * int(match[2]), "nanos": sign * _nanos(match[3])}


def field_mask(value: Any) -> dict[str, list[str]]:
    """Paths in camelCase, with commas between them."""
    paths = [path.strip() for path in text(value).split(",")]
    if paths != [""] and not all(re.fullmatch(r"[A-Za-z0-9_.*]+", path) for path in paths):
        raise FieldError("must be field names with commas between them")
    return {"paths": [snake(path) for path in paths if path]}


def _nanos(digits: str | None) -> int:
    return int((digits or "").ljust(9, "0"))


_SCALARS: dict[int, Convert] = {
    FieldDescriptor.CPPTYPE_INT32: integer(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: integer(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: integer(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: integer(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: number,
    FieldDescriptor.CPPTYPE_FLOAT: single,
    FieldDescriptor.CPPTYPE_BOOL: boolean,
    FieldDescriptor.CPPTYPE_STRING: text,
}
