"""JSON to the fields of a protobuf message: converters made once from descriptors, errors that name the field."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from gateway import scalars
from gateway.names import LOOSE, WRAPPERS, map_entry, real_oneofs
from gateway.scalars import Convert, FieldError

Fields = dict[str, Any]
# The name of a field, and how to convert its value.
Entry = tuple[str, Convert]


class Decoders:
    """Makes converters from JSON to keyword arguments of message classes, each message's once."""

    def __init__(self, pool: DescriptorPool) -> None:
        """`pool` resolves what google.protobuf.Any holds."""
        self._pool = pool
        self._made: dict[str, Convert] = {}

    def of(self, message: Descriptor) -> Convert:
        """The converter of a message: JSON to `Message(**fields)`, for a well-known type to what its field takes."""
        if message.full_name not in self._made:
            # A message may contain itself: until it is made, look it up when it is needed.
            self._made[message.full_name] = self._later(message)
            self._made[message.full_name] = self._known(message) or _object(message, self.entries(message))
        return self._made[message.full_name]

    def _later(self, message: Descriptor) -> Convert:
        def convert(value: Any) -> Any:
            return self._made[message.full_name](value)

        return convert

    def entries(self, message: Descriptor) -> dict[str, Entry]:
        """The fields of a message by both their JSON names."""
        entries: dict[str, Entry] = {}
        for field in message.fields:
            entry = (field.name, self.field(field))
            entries |= {field.json_name: entry, field.name: entry}
        return entries

    def field(self, field: FieldDescriptor) -> Convert:
        """The converter of a whole field, lists and maps included."""
        if entry := map_entry(field):
            return self._map(*entry)
        return _list(self.one(field)) if field.is_repeated else self.one(field)

    def one(self, field: FieldDescriptor) -> Convert:
        """The converter of one value of a field."""
        return self.of(field.message_type) if field.message_type else scalars.converter(field)

    def _map(self, key: FieldDescriptor, value: FieldDescriptor) -> Convert:
        build = message_factory.GetMessageClass(value.message_type) if value.message_type else None
        return _mapping(_key(key), self.one(value), build)

    def _known(self, message: Descriptor) -> Convert | None:
        if message.full_name in LOOSE:
            return self._loose(message)
        if message.full_name in WRAPPERS:
            convert = self.one(message.fields_by_name["value"])
            return lambda value: {"value": convert(value)}
        return _TEXTUAL.get(message.full_name)

    def _loose(self, message: Descriptor) -> Convert:
        build = message_factory.GetMessageClass(message)

        def convert(value: Any) -> Any:
            try:
                return json_format.ParseDict(value, build(), descriptor_pool=self._pool)
            except (json_format.ParseError, TypeError, AttributeError, ValueError) as error:
                raise FieldError(f"is no valid {message.name}") from error

        return convert


def exclusive(groups: Sequence[Mapping[str, str]], fields: Mapping[str, Any]) -> None:
    """Refuse two members of one oneof; `groups` are its members' names, each with its JSON name."""
    for group in groups:
        chosen = [json_name for name, json_name in group.items() if name in fields]
        if len(chosen) > 1:
            raise FieldError(f"cannot be set together with {chosen[0]}").at(chosen[1])


def groups_of(message: Descriptor) -> list[dict[str, str]]:
    """The oneofs of a message, in the form that `exclusive` takes."""
    return [{field.name: field.json_name for field in group.fields} for group in real_oneofs(message)]


def nests(message: Descriptor, around: frozenset[str] = frozenset()) -> bool:
    """Whether there is no end to how deeply a message may be nested: it may hold itself, or any JSON."""
    if message.full_name in LOOSE or message.full_name in around:
        return True
    inner = around | {message.full_name}
    return any(nests(field.message_type, inner) for field in message.fields if field.message_type)


def _object(message: Descriptor, entries: Mapping[str, Entry]) -> Convert:
    groups = groups_of(message)

    def convert(value: Any) -> Fields:
        if type(value) is not dict:
            raise FieldError("must be an object")
        fields: Fields = {}
        for key, item in value.items():
            entry = entries.get(key)
            if entry is None:
                raise FieldError("is no field here").at(key)
            if item is None:  # as good as absent
                continue
            name, convert_item = entry
            if name in fields:
                raise FieldError("is given twice").at(key)
            try:
                fields[name] = convert_item(item)
            except FieldError as error:
                raise error.at(key) from None
        if groups:
            exclusive(groups, fields)
        return fields

    return convert


def _list(one: Convert) -> Convert:
    def convert(value: Any) -> list[Any]:
        if type(value) is not list:
            raise FieldError("must be a list")
        try:
            return [one(item) for item in value]
        except FieldError:
            return [_at(index, one, item) for index, item in enumerate(value)]

    return convert


def _mapping(key: Convert, one: Convert, build: Callable[..., Any] | None) -> Convert:
    def convert(value: Any) -> dict[Any, Any]:
        if type(value) is not dict:
            raise FieldError("must be an object")
        items = {_at(name, key, name): _at(name, one, item) for name, item in value.items()}
        if build is None:
            return items
        return {name: build(**item) if type(item) is dict else item for name, item in items.items()}

    return convert


def _key(field: FieldDescriptor) -> Convert:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return lambda value: scalars.boolean({"true": True, "false": False}.get(value))
    return scalars.converter(field)


def _at(step: str | int, convert: Convert, value: Any) -> Any:
    try:
        return convert(value)
    except FieldError as error:
        raise error.at(step) from None


_TEXTUAL: dict[str, Convert] = {
    "google.protobuf.Timestamp": scalars.timestamp,
    "google.protobuf.Duration": scalars.duration,
    "google.protobuf.FieldMask": scalars.field_mask,
}
