"""Query and path parameters to the fields of a request: dots reach into messages, repetition fills lists."""

from collections.abc import Container, Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.decode import Decoders, Fields, exclusive, groups_of
from gateway.names import TEXTUAL, camel_path, is_well_known
from gateway.scalars import Convert, FieldError
from gateway.templates import unescape

# How deep parameters are listed; messages may contain themselves.
_LISTED_DEPTH = 4


class Parameters:
    """The parameters that a request message can take."""

    def __init__(
        self, message: Descriptor, decoders: Decoders, closed: Container[str] = (), called: str = "parameter"
    ) -> None:
        """What stands in `message`, at any depth, as long as a text can stand for it; not in its fields `closed`.

        `called` is what an error calls one.
        """
        self._called = called
        self._message = message
        self._decoders = decoders
        self._closed = closed
        self._known: dict[str, tuple[list[str], FieldDescriptor, Convert]] = {}
        for name, _ in self.listed():
            self._known[name] = self._resolved(name)

    def listed(self, without: Container[str] = ()) -> Iterator[tuple[str, FieldDescriptor]]:
        """The names of all, to a sensible depth, less some fields."""
        shut = {
            field.json_name for field in self._message.fields if field.name in self._closed or field.name in without
        }
        return (each for each in _listed(self._message) if each[0].split(".")[0] not in shut)

    def put(self, name: str, value: str, fields: Fields) -> None:
        """Set the field that a parameter names, by its JSON or its proto name."""
        steps, field, convert = self._known.get(name) or self._resolved(name)
        target = fields
        for step in steps:
            target = target.setdefault(step, {})
        try:
            converted = convert(_boolean(field, value))
        except FieldError as error:
            raise error.at(camel_path(name)) from None
        if field.is_repeated:
            target.setdefault(field.name, []).append(converted)
        elif field.name in target:
            raise FieldError("is given twice").at(camel_path(name))
        else:
            target[field.name] = converted

    def exclusive(self, fields: Fields) -> None:
        """Refuse two members of one oneof."""
        _exclusive(self._message, fields)

    def _resolved(self, name: str) -> tuple[list[str], FieldDescriptor, Convert]:
        steps: list[str] = []
        message: Descriptor | None = self._message
        field: FieldDescriptor | None = None
        for step in name.split("."):
            field = _field(message, step) if message else None
            if field is None or (not steps and field.name in self._closed):
                raise FieldError(f"is no {self._called} here").at(name)
            steps.append(field.name)
            message = None if field.is_repeated else field.message_type
        if field is None or not _is_value(field):
            raise FieldError(f"is no {self._called} here").at(name)
        return steps[:-1], field, self._decoders.one(field)


def _listed(message: Descriptor, prefix: str = "", depth: int = 1) -> Iterator[tuple[str, FieldDescriptor]]:
    for field in message.fields:
        name = f"{prefix}{field.json_name}"
        if _is_value(field):
            yield name, field
        elif field.message_type and not field.is_repeated and not is_well_known(field.message_type):
            yield from _listed(field.message_type, f"{name}.", depth + 1) if depth < _LISTED_DEPTH else ()


def split(query: bytes) -> Iterator[tuple[str, str]]:
    """The parameters of a query string, in order. Raises UnicodeDecodeError where they are not UTF-8."""
    for pair in query.decode("ascii", "surrogateescape").split("&"):
        if pair:
            name, _, value = pair.partition("=")
            yield unescape(name.replace("+", " ")), unescape(value.replace("+", " "))


def _field(message: Descriptor, name: str) -> FieldDescriptor | None:
    return next((field for field in message.fields if name in (field.json_name, field.name)), None)


def _is_value(field: FieldDescriptor) -> bool:
    return field.message_type is None or field.message_type.full_name in TEXTUAL


def _boolean(field: FieldDescriptor, value: str) -> Any:
    kind = field.message_type.fields_by_name.get("value", field) if field.message_type else field
    if kind.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _exclusive(message: Descriptor, fields: Fields, prefix: str = "") -> None:
    try:
        exclusive(groups_of(message), fields)
    except FieldError as error:
        raise (error.at(prefix) if prefix else error) from None
    for field in message.fields:
        nested = fields.get(field.name)
        if field.message_type and type(nested) is dict and not is_well_known(field.message_type):
            _exclusive(field.message_type, nested, f"{prefix}.{field.json_name}" if prefix else field.json_name)
