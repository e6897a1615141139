"""JSON Schemas of messages, as they are sent and as they are answered: the two differ.

Sent, a field may be missing or null, and limits hold. Answered, every field is there, null where it is unset.
"""

from collections.abc import Container
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.contract import Contract
from gateway.names import LOOSE, TEXTUAL, WRAPPERS, enum_labels, map_entry, real_oneofs
from gateway.openapi_rules import (
    Schema,
    alternatives_of,
    is_required,
    labels_allowed,
    limits,
    list_limits,
    map_limits,
    messages_of,
    must_be_given,
    rules_of,
)

__all__ = ["Schema", "Schemas", "nullable"]

_LARGE = {FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1), FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1)}
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: {"minimum": -(2**31), "maximum": 2**31 - 1},
    FieldDescriptor.CPPTYPE_UINT32: {"minimum": 0, "maximum": 2**32 - 1},
}
_TEXTS: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "pattern": r"^([A-Za-z0-9_.]+(,[A-Za-z0-9_.]+)*)?$"},
}
_LOOSE_TYPES: dict[str, Schema] = {"Struct": {"type": "object"}, "ListValue": {"type": "array"}, "Value": {}}


class Schemas:
    """Makes schemas, and keeps those of messages for the document's components."""

    def __init__(self, contract: Contract) -> None:
        """Limits and descriptions come from the contract."""
        self._contract = contract
        self.components: dict[str, Schema] = {}
        self._owners: dict[str, str] = {}

    def sent(self, message: Descriptor) -> Schema:
        """A reference to the schema of a message in a request."""
        return self._reference(message, "Input", self._sent)

    def answered(self, message: Descriptor) -> Schema:
        """A reference to the schema of a message in a response."""
        return self._reference(message, "", self._answered)

    def body(self, message: Descriptor, without: set[str]) -> Schema:
        """The schema of a request's body: the message, less the fields that stand elsewhere."""
        return self._sent(message, without) if without else self.sent(message)

    def answered_without(self, message: Descriptor, names: set[str]) -> Schema:
        """The schema of a message in a response, less some fields."""
        return self._answered(message, names)

    def parameter(self, field: FieldDescriptor) -> Schema:
        """The schema of a field in a URL."""
        one = self._one(field, rules_of(self._options(field)), sent=True)
        if not field.is_repeated:
            return one
        rules = rules_of(self._options(field))
        items = self._one(field, rules.repeated.items, sent=True)
        return {"type": "array", "items": items, **list_limits(rules)}

    def is_needed(self, field: FieldDescriptor) -> bool:
        """Whether a request without this field is refused."""
        return must_be_given(field, self._options(field))

    def description(self, name: str) -> Schema:
        """The comment on something, in the form that is added to its schema."""
        comment = self._contract.comments.get(name, "")
        return {"description": comment} if comment else {}

    def _reference(self, message: Descriptor, suffix: str, make: Any) -> Schema:
        key = self._key(message) + suffix
        if key not in self.components:
            self.components[key] = {}  # a message may contain itself
            self.components[key] = make(message)
        return {"$ref": f"#/components/schemas/{key}"}

    def _key(self, message: Descriptor) -> str:
        """The name within its package; with the package's where two packages have one of that name."""
        name = message.full_name.removeprefix(f"{message.file.package}.")
        if self._owners.setdefault(name, message.full_name) == message.full_name:
            return name
        return f"{message.file.package.rpartition('.')[0].rpartition('.')[2] or message.file.package}.{name}"

    def _sent(self, message: Descriptor, without: set[str] | None = None) -> Schema:
        fields = [field for field in message.fields if field.name not in (without or ())]
        required = [field.json_name for field in fields if self.is_needed(field)]
        properties = {field.json_name: self._sent_field(field, field.json_name in required) for field in fields}
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        schema |= self.description(message.full_name)
        rules = messages_of(self._contract.options.get(message.full_name))
        if rules:
            schema["description"] = "\n\n".join(
                [*filter(None, [schema.get("description")]), f"Rules: {'; '.join(rules)}."]
            )
        if required:
            schema["required"] = required
        choices = self._choices(message, without or set()) + self._alternatives(message)
        return schema | ({"allOf": choices} if choices else {})

    def _choices(self, message: Descriptor, without: set[str]) -> list[Schema]:
        """That of each oneof at most one member may be set, or exactly one."""
        found = []
        for group in real_oneofs(message):
            if without & {field.name for field in group.fields}:
                continue
            options = self._contract.options.get(f"{message.full_name}.{group.name}")
            members = [_given(field.json_name) for field in group.fields]
            nothing = {"not": {"anyOf": members}}
            found.append({"oneOf": members if is_required(options) else [*members, nothing]})
        return found

    def _alternatives(self, message: Descriptor) -> list[Schema]:
        found = alternatives_of(self._contract.options.get(message.full_name))
        fields = message.fields_by_name
        return [{"anyOf": [_given(fields[name].json_name) for name in names]} for names in found]

    def _sent_field(self, field: FieldDescriptor, required: bool) -> Schema:
        schema = self._field(field, sent=True)
        schema = schema if required else nullable(schema)
        return schema | self.description(field.full_name)

    def _answered(self, message: Descriptor, without: Container[str] = ()) -> Schema:
        members = {field.name for group in real_oneofs(message) for field in group.fields}
        fields = [field for field in message.fields if field.name not in without]
        properties = {}
        for field in fields:
            schema = self._field(field, sent=False)
            if field.has_presence and field.name not in members:
                schema = nullable(schema)
            properties[field.json_name] = schema | self.description(f"{message.full_name}.{field.name}")
        required = [field.json_name for field in fields if field.name not in members]
        schema = {"type": "object", "properties": properties} | self.description(message.full_name)
        return schema | ({"required": required} if required else {})

    def _field(self, field: FieldDescriptor, *, sent: bool) -> Schema:
        rules = rules_of(self._options(field) if sent else None)
        if entry := map_entry(field):
            one = self._one(entry[1], rules.map.values, sent=sent)
            return {"type": "object", "additionalProperties": one, **map_limits(rules)}
        if field.is_repeated:
            return {"type": "array", "items": self._one(field, rules.repeated.items, sent=sent), **list_limits(rules)}
        return self._one(field, rules, sent=sent)

    def _one(self, field: FieldDescriptor, rules: Any, *, sent: bool) -> Schema:
        message = field.message_type
        if message is None:
            return self._scalar(field, rules, sent=sent)
        if message.full_name in WRAPPERS:
            return self._scalar(message.fields_by_name["value"], rules, sent=sent)
        if message.full_name in TEXTUAL:
            return dict(_TEXTS[message.full_name])
        if message.full_name in LOOSE:
            return dict(_LOOSE_TYPES.get(message.name, {"type": "object"}))
        return self.sent(message) if sent else self.answered(message)

    def _scalar(self, field: FieldDescriptor, rules: Any, *, sent: bool) -> Schema:
        if field.enum_type:
            return _enum(field.enum_type, rules, sent=sent)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return {"type": "string", **limits(rules)}
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return {"type": "boolean"}
        if field.cpp_type in _LARGE:
            answered = {"type": "string", "pattern": "^-?[0-9]+$"}
            return _large(limits(rules), *_LARGE[field.cpp_type]) if sent else answered
        if field.cpp_type in _INTEGERS:
            return {"type": "integer", **_INTEGERS[field.cpp_type], **limits(rules)}
        return {"type": "number", **limits(rules)} if sent else {"type": ["number", "string"]}

    def _options(self, field: FieldDescriptor) -> Any:
        return self._contract.options.get(field.full_name)


def _given(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def nullable(schema: Schema) -> Schema:
    """The same schema, or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "type" not in schema or "null" in schema["type"]:
        return schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    extra = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [*kinds, "null"]} | extra


def _enum(enum: EnumDescriptor, rules: Any, *, sent: bool) -> Schema:
    if sent:
        return {"type": "string", "enum": labels_allowed(enum, rules)}
    labels = list(enum_labels(enum).values())
    return {"type": ["string", "null"] if None in labels else "string", "enum": labels}


def _large(bounds: Schema, lowest: int, highest: int) -> Schema:
    """64 bits do not fit a number of JavaScript, so they are answered as text; sent, a number is understood too."""
    digits = "^[0-9]{1,18}$" if bounds.get("minimum", lowest) >= 0 else "^-?[0-9]{1,18}$"
    return {"type": ["string", "integer"], "pattern": digits, "minimum": lowest, "maximum": highest, **bounds}
