"""Hypothesis strategies: any message of any contract, from its descriptor."""

from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

from gateway.names import map_entry, real_oneofs

Kind = FieldDescriptor
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NOT_NEGATIVE_ZERO = st.floats(allow_nan=False).map(lambda number: number or 0.0)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    Kind.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    Kind.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    Kind.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    Kind.CPPTYPE_DOUBLE: NOT_NEGATIVE_ZERO,
    Kind.CPPTYPE_FLOAT: st.floats(width=32, allow_nan=False).map(lambda number: number or 0.0),
    Kind.CPPTYPE_BOOL: st.booleans(),
    Kind.CPPTYPE_STRING: TEXT,
}
SECONDS = st.integers(-62_135_596_800, 253_402_300_799)
NANOS = st.one_of(st.just(0), st.integers(0, 999).map(lambda each: each * 10**6), st.integers(0, 999_999_999))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False).map(lambda n: n or 0.0), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=5,
)


def messages(message: Descriptor, depth: int = 3) -> st.SearchStrategy[Any]:
    """Messages of this type; what can hold itself does so only a few times."""
    build: Callable[..., Any] = message_factory.GetMessageClass(message)
    known = _well_known(message, build)
    return known if known is not None else _composed(message, build, depth)


@st.composite
def _composed(draw: st.DrawFn, message: Descriptor, build: Callable[..., Any], depth: int) -> Any:
    members = {field.name for group in real_oneofs(message) for field in group.fields}
    names = [field.name for field in message.fields if field.name not in members]
    names += [draw(st.sampled_from([field.name for field in group.fields])) for group in real_oneofs(message)]
    chosen = draw(st.sets(st.sampled_from(names), max_size=8)) if names else set()
    fields = [message.fields_by_name[name] for name in sorted(chosen)]
    return build(**{each.name: draw(_field(each, depth)) for each in fields if depth > 0 or not each.message_type})


def _field(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if entry := map_entry(field):
        return st.dictionaries(_one(entry[0], depth), _one(entry[1], depth), max_size=3)
    return st.lists(_one(field, depth), max_size=3) if field.is_repeated else _one(field, depth)


def _one(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type, depth - 1)
    if field.enum_type:
        # The value that says nothing is null in JSON, which is no value where one has to be.
        return st.sampled_from([value.number for value in field.enum_type.values if value.number])
    return st.binary(max_size=12) if field.type == Kind.TYPE_BYTES else SCALARS[field.cpp_type]


def _well_known(message: Descriptor, build: Callable[..., Any]) -> st.SearchStrategy[Any] | None:
    match message.full_name.removeprefix("google.protobuf."):
        case "Timestamp":
            return st.builds(build, seconds=SECONDS, nanos=NANOS)
        case "Duration":
            return st.builds(build, seconds=st.integers(0, 10**11), nanos=NANOS)
        case "FieldMask":
            return st.builds(build, paths=st.lists(st.from_regex("[a-z]+(_[a-z]+)*", fullmatch=True), max_size=3))
        case "Struct":
            return st.dictionaries(TEXT, JSON, max_size=3).map(lambda each: _struct(build, each))
        case "Value":
            # A null is taken for no value at all.
            return JSON.filter(lambda each: each is not None).map(lambda each: _value(build, each))
        case "ListValue":
            return st.lists(JSON, max_size=3).map(lambda each: _list(build, each))
        case "Any":
            return st.just(build())
    return None


def _struct(build: Callable[..., Any], items: dict[str, Any]) -> Any:
    message = build()
    message.update(items)
    return message


def _list(build: Callable[..., Any], items: list[Any]) -> Any:
    message = build()
    message.extend(items)
    return message


def _value(build: Callable[..., Any], item: Any) -> Any:
    match item:
        case bool():
            return build(bool_value=item)
        case float():
            return build(number_value=item)
        case str():
            return build(string_value=item)
    kind = "struct_value" if isinstance(item, dict) else "list_value"
    message = build()
    getattr(message, kind).SetInParent()
    getattr(message, kind).update(item) if kind == "struct_value" else message.list_value.extend(item)
    return message
