"""From rules of buf.validate on a field to keywords of JSON Schema."""

import re
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from buf.validate import validate_pb2
from gateway.names import enum_labels

Schema = dict[str, Any]
_ALTERNATIVES = re.compile(r"has\(this\.\w+\)( \|\| has\(this\.\w+\))+")
_FORMATS = {"uuid": "uuid", "email": "email", "hostname": "hostname", "ipv4": "ipv4", "ipv6": "ipv6", "uri": "uri"}
_BOUNDS = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_LENGTHS = {"min_len": "minLength", "max_len": "maxLength"}
_COUNTS = {"min_items": "minItems", "max_items": "maxItems"}
_PAIRS = {"min_pairs": "minProperties", "max_pairs": "maxProperties"}
_NUMBERS = (
    *("float", "double", "int32", "int64", "uint32", "uint64", "sint32", "sint64"),
    *("fixed32", "fixed64", "sfixed32", "sfixed64"),
)


def rules_of(options: Any) -> Any:
    """The rules in the options of a field."""
    return options.Extensions[validate_pb2.field] if options is not None else validate_pb2.FieldRules()


def is_required(options: Any) -> bool:
    """Whether a field, or a oneof, must be set."""
    if options is None:
        return False
    extension = validate_pb2.oneof if options.DESCRIPTOR.name == "OneofOptions" else validate_pb2.field
    return bool(options.Extensions[extension].required)


def must_be_given(field: FieldDescriptor, options: Any) -> bool:
    """Whether a request without the field is refused: it is required, or what it then is breaks its rules."""
    if is_required(options):
        return True
    if field.has_presence or (field.message_type and not field.is_repeated):
        return False
    rules = rules_of(options)
    if field.is_repeated:
        return bool(rules.repeated.min_items or rules.map.min_pairs)
    if field.enum_type:
        return 0 in rules.enum.not_in
    return rules.WhichOneof("type") == "string" and _refuses_empty(rules.string)


def alternatives_of(options: Any) -> list[list[str]]:
    """Fields of which one at least must be set, where a rule in CEL says so in its plainest form."""
    if options is None:
        return []
    expressions = [rule.expression for rule in options.Extensions[validate_pb2.message].cel]
    return [re.findall(r"this\.(\w+)", each) for each in expressions if _ALTERNATIVES.fullmatch(each)]


def messages_of(options: Any) -> list[str]:
    """What the rules in CEL on a message say when they are broken."""
    if options is None:
        return []
    return [rule.message or rule.expression for rule in options.Extensions[validate_pb2.message].cel]


def limits(rules: Any) -> Schema:
    """Keywords for one value that is neither enum nor message."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        return _string(rules.string)
    if kind in _NUMBERS:
        return _keywords(getattr(rules, kind), _BOUNDS)
    return {}


def list_limits(rules: Any) -> Schema:
    """Keywords for a list; rules of its items are apart."""
    found = _keywords(rules.repeated, _COUNTS)
    return found | {"uniqueItems": True} if rules.repeated.unique else found


def map_limits(rules: Any) -> Schema:
    """Keywords for a map."""
    return _keywords(rules.map, _PAIRS)


def labels_allowed(enum: EnumDescriptor, rules: Any) -> list[str]:
    """The labels that the rules leave of an enum."""
    allowed = rules.enum
    return [
        label
        for number, label in enum_labels(enum).items()
        if label and number not in allowed.not_in and (not getattr(allowed, "in") or number in getattr(allowed, "in"))
    ]


def _refuses_empty(rules: Any) -> bool:
    if rules.min_len or rules.len or rules.WhichOneof("well_known") in _FORMATS:
        return True
    # Python knows no classes of Unicode. Whether nothing matches does not depend on which characters do.
    return not re.search(re.sub(r"\\[pP]\{[A-Z]\}", r"\\w", _pattern(rules)), "")


def _pattern(rules: Any) -> str:
    """From RE2 to the dialect of JSON Schema: braces round the letter of a class, none round a character's number."""
    braced = re.sub(r"\\([pP])([A-Z])", r"\\\1{\2}", rules.pattern)
    return re.sub(r"\\x\{([0-9A-F]{4})\}", r"\\u\1", braced)


def _string(rules: Any) -> Schema:
    found = _keywords(rules, _LENGTHS)
    if rules.HasField("len"):
        found |= {"minLength": rules.len, "maxLength": rules.len}
    if rules.HasField("pattern"):
        found["pattern"] = _pattern(rules)
    well_known = rules.WhichOneof("well_known")
    if well_known in _FORMATS:
        found["format"] = _FORMATS[well_known]
    choices = list(getattr(rules, "in"))
    return found | {"enum": choices} if choices else found


def _keywords(rules: Any, names: dict[str, str]) -> Schema:
    return {keyword: getattr(rules, name) for name, keyword in names.items() if rules.HasField(name)}
