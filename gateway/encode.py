"""Protobuf to JSON in our dialect. For each message a Python function is written once, from its descriptor.

Written as source, because reading attributes is nearly all the work and nothing reads them faster than a function
that names them (docs/decisions/0004-json.md). What differs from plain proto3 JSON: every documented field is there,
null where it is unset, and enums go by their label.
"""

import base64
import keyword
import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from gateway.names import LOOSE, TEXTUAL, WRAPPERS, enum_labels, map_entry, real_oneofs

# Up to here a float is exact, and looks better without its point.
_WHOLE = 2**53
Encoder = Callable[[Any], Any]


class Encoders:
    """Writes the functions, each message's once."""

    def __init__(self, pool: DescriptorPool) -> None:
        """`pool` resolves what google.protobuf.Any holds."""
        self._names: dict[str, str] = {}
        self._space: dict[str, Any] = {
            "timestamp": timestamp,
            "packed": lambda message: json_format.MessageToDict(message, descriptor_pool=pool),
            "Struct": _struct,
            "Value": _value,
            "ListValue": _list,
            "number": _number,
            "single": _single,
            "base64": lambda value: base64.b64encode(value).decode(),
        }

    def of(self, message: Descriptor) -> Encoder:
        """The function that turns such a message into what JSON is made of."""
        expression = self._message(message, "message")
        return eval(f"lambda message: {expression}", self._space)  # type: ignore[no-any-return]  # noqa: S307 - ours

    def _message(self, message: Descriptor, item: str) -> str:
        if message.full_name in LOOSE:
            return f"packed({item})" if message.name == "Any" else f"{message.name}({item})"
        if message.full_name in WRAPPERS:
            return self._scalar(message.fields_by_name["value"], f"{item}.value")
        if message.full_name == "google.protobuf.Timestamp":
            return f"timestamp({item})"
        if message.full_name in TEXTUAL:
            return f"{item}.ToJsonString()"
        return f"{self._function(message)}({item})"

    def _function(self, message: Descriptor) -> str:
        if message.full_name not in self._names:
            name = self._names[message.full_name] = f"encode_{len(self._names)}"
            exec(self._source(name, message), self._space)  # noqa: S102 - the source is ours, from descriptors
        return self._names[message.full_name]

    def _source(self, name: str, message: Descriptor) -> str:
        members = {field.name for group in real_oneofs(message) for field in group.fields}
        plain = [field for field in message.fields if field.name not in members]
        lines = [f"def {name}(message):", "    has = message.HasField", "    json = {"]
        lines += [f"        {field.json_name!r}: {self._field(field)}," for field in plain]
        lines += ["    }"]
        for field in message.fields:
            if field.name in members:
                lines += [f"    if has({field.name!r}):"]
                lines += [f"        json[{field.json_name!r}] = {self._one(field, _attribute(field))}"]
        return "\n".join([*lines, "    return json"])

    def _field(self, field: FieldDescriptor) -> str:
        value = _attribute(field)
        if entry := map_entry(field):
            key, item = entry
            text = "str(key).lower()" if key.cpp_type == FieldDescriptor.CPPTYPE_BOOL else "str(key)"
            return f"{{{text}: {self._one(item, 'value')} for key, value in {value}.items()}}"
        if field.is_repeated:
            one = self._one(field, "each")
            return f"list({value})" if one == "each" else f"[{one} for each in {value}]"
        one = self._one(field, value)
        if field.message_type is None and field.has_presence and one == value:
            # A value that is true is set; only for "", 0 and False it has to be asked.
            return f"{value} or ({value} if has({field.name!r}) else None)"
        return f"{one} if has({field.name!r}) else None" if field.has_presence else one

    def _one(self, field: FieldDescriptor, value: str) -> str:
        return self._message(field.message_type, value) if field.message_type else self._scalar(field, value)

    def _scalar(self, field: FieldDescriptor, value: str) -> str:
        if field.enum_type:
            return f"{self._labels(field.enum_type)}[{value}]"
        if field.type == FieldDescriptor.TYPE_BYTES:
            return f"base64({value})"
        return _CALLS.get(field.cpp_type, "{}").format(value)

    def _labels(self, enum: EnumDescriptor) -> str:
        if enum.full_name not in self._names:
            name = self._names[enum.full_name] = f"labels_{len(self._names)}"
            self._space[name] = _Labels(enum_labels(enum))
        return self._names[enum.full_name]


class _Labels(dict[int, Any]):
    """Labels by number. A number that a newer service knows and we do not stays a number."""

    def __missing__(self, number: int) -> int:
        return number


_CALLS = {
    FieldDescriptor.CPPTYPE_INT64: "str({})",
    FieldDescriptor.CPPTYPE_UINT64: "str({})",
    FieldDescriptor.CPPTYPE_DOUBLE: "number({})",
    FieldDescriptor.CPPTYPE_FLOAT: "single({})",
}


def timestamp(message: Any) -> str:
    """RFC 3339 in UTC, with 0, 3, 6 or 9 digits behind the second."""
    return _time(message.seconds, message.nanos)


@lru_cache(maxsize=16_384)
def _time(seconds: int, nanos: int) -> str:
    # Remembered: the same things are listed again and again, and this is a third of the work of a list.
    second = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    if not nanos:
        return f"{second}Z"
    if nanos % 1_000:
        return f"{second}.{nanos:09d}Z"
    if nanos % 1_000_000:
        return f"{second}.{nanos // 1_000:06d}Z"
    return f"{second}.{nanos // 1_000_000:03d}Z"


def _struct(message: Any) -> dict[str, Any]:
    return {key: _value(value) for key, value in message.fields.items()}


def _list(message: Any) -> list[Any]:
    return [_value(value) for value in message.values]


def _value(message: Any) -> Any:
    kind = message.WhichOneof("kind")
    if kind == "struct_value":
        return _struct(message.struct_value)
    if kind == "list_value":
        return _list(message.list_value)
    if kind == "number_value":
        number = message.number_value
        return int(number) if number.is_integer() and abs(number) <= _WHOLE else number
    return None if kind in (None, "null_value") else getattr(message, kind)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _single(value: float) -> float | str:
    """The shortest number that is this one in 32 bits: 0.1 rather than 0.10000000149011612."""
    if not math.isfinite(value):
        return _number(value)
    numbers = (float(f"{value:.{digits}g}") for digits in range(6, 10))
    return next(number for number in numbers if struct.unpack("f", struct.pack("f", number))[0] == value)


def _attribute(field: FieldDescriptor) -> str:
    name = field.name
    return f"getattr(message, {name!r})" if keyword.iskeyword(name) else f"message.{name}"
