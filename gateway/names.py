"""Names in URLs and JSON, made from names in the contract: fields in camelCase, entities in kebab-case, enum labels."""

import re

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor

# Well-known types that have a scalar in their field `value`.
WRAPPERS = frozenset(
    f"google.protobuf.{kind}Value"
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)
# Well-known types whose JSON is any JSON.
LOOSE = frozenset(f"google.protobuf.{name}" for name in ("Any", "Struct", "Value", "ListValue"))
# Well-known types that are one value in JSON, which a text in a URL can stand for.
TEXTUAL = WRAPPERS | {"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"}


def camel(name: str) -> str:
    """`display_name` becomes `displayName`."""
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def camel_path(path: str) -> str:
    """`targets[2].message_id` becomes `targets[2].messageId`."""
    return ".".join(camel(step) for step in path.split("."))


def snake(name: str) -> str:
    """`displayName` becomes `display_name`."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def kebab(name: str) -> str:
    """`SavedMessage` becomes `saved-message`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def entity(message: Descriptor) -> str:
    """What `sys.entity` calls a message: `CountBookmarksResponse` is a `count-bookmarks`."""
    return kebab(message.name.removesuffix("Response") or message.name)


def enum_prefix(enum: EnumDescriptor) -> str:
    """What the values of `UnavailableReason` begin with: `UNAVAILABLE_REASON_`."""
    return kebab(enum.name).replace("-", "_").upper() + "_"


def enum_labels(enum: EnumDescriptor) -> dict[int, str | None]:
    """The JSON label of each number: lower case, without the prefix; None for the value that says nothing was said."""
    labels: dict[int, str | None] = {}
    for value in enum.values:
        name = value.name.removeprefix(enum_prefix(enum))
        labels.setdefault(value.number, None if value.number == 0 and name == "UNSPECIFIED" else name.lower())
    return labels


def is_well_known(message: Descriptor) -> bool:
    """Whether JSON has a form of its own for it."""
    return message.full_name in LOOSE or message.full_name in TEXTUAL


def message_of(field: FieldDescriptor) -> Descriptor:
    """The message that a field holds; for fields that hold one."""
    if field.message_type is None:
        raise TypeError(f"{field.full_name} holds no message")
    return field.message_type


def map_entry(field: FieldDescriptor) -> tuple[FieldDescriptor, FieldDescriptor] | None:
    """Key and value of a map; None for a field that is no map."""
    if field.message_type is None or not field.message_type.GetOptions().map_entry:
        return None
    return field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]


def real_oneofs(message: Descriptor) -> list[OneofDescriptor]:
    """The oneofs that somebody wrote: `optional` makes one of its own, of a single field."""
    return [group for group in message.oneofs if not _is_synthetic(group)]


def _is_synthetic(group: OneofDescriptor) -> bool:
    return len(group.fields) == 1 and group.name == f"_{group.fields[0].name}"
