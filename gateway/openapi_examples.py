"""Examples for requests, made from their schemas so that they cannot break them: what is required, and no more."""

import itertools
import re
from typing import Any

from gateway.openapi_rules import Schema

_BY_FORMAT = {
    "uuid": "018f3f5e-7b6a-7c3d-8e21-0a1b2c3d4e5f",
    "date-time": "2099-01-31T12:00:00Z",
    "email": "ann@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
}
# Texts that say more than the name of their field would. Messages and files are some of the sample workspace, so that
# they can be saved; the person is none of it, so that nobody there is renamed.
_BY_NAME = {
    "messageId": "m-007",
    "fileId": "f-budget",
    "userId": "robin",
    "name": "To read",
    "note": "Ask about this on Thursday",
    "claimId": "call",
    "deviceId": "phone",
    "emoji": "🎯",
    "preset": "focusing",
    "audioUrl": "https://example.com/hello.ogg",
    "url": "https://example.com/",
}
# Names of fields that point to something else, which an example cannot know.
_REFERENCE = re.compile(r"^ids?$|Ids?$")
MAX_DEPTH = 6


class Examples:
    """Makes examples; `components` are the schemas that references lead to."""

    def __init__(self, components: dict[str, Schema]) -> None:
        """The schemas may still be growing: they are read when an example is made."""
        self._components = components

    def body(self, schema: Schema, without: str = "") -> Any:
        """A request's body: what it must have; where that is nothing, the first field that refers to nothing.

        `without` names a field that need not be shown.
        """
        schema = self._resolved(schema)
        example = self.of(schema)
        if example != {}:
            return example
        shown = (name for name in schema.get("properties", {}) if name != without and not _REFERENCE.search(name))
        return {name: self.of(schema["properties"][name], name) for name in itertools.islice(shown, 1)}

    def of(self, schema: Schema, name: str = "text", depth: int = 0) -> Any:
        """A value that is valid for the schema; `name` is the field's."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "object")
        match kind[0] if isinstance(kind, list) else kind:
            case "object":
                return self._object(schema, name, depth)
            case "array":
                return self._array(schema, name, depth)
            case "string":
                return _text(schema, name)
            case "integer" | "number":
                return min(max(schema.get("minimum", 1), 1), schema.get("maximum", 1))
            case "boolean":
                return True
        return None

    def _resolved(self, schema: Schema) -> Schema:
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        if "$ref" in schema:
            schema = self._components[schema["$ref"].rpartition("/")[2]]
        return schema

    def _object(self, schema: Schema, name: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            return {}
        shown = {*schema.get("required", ()), *_chosen(schema)}
        return {
            key: self.of(each, f"{name}Id" if key == "id" else key, depth + 1)
            for key, each in schema.get("properties", {}).items()
            if key in shown
        }

    def _array(self, schema: Schema, name: str, depth: int) -> Any:
        item = self.of(schema.get("items", {}), name.removesuffix("s"), depth + 1)
        return [item] * max(1, schema.get("minItems", 1))


def _chosen(schema: Schema) -> set[str]:
    """The first of each group of fields of which one must be given."""
    groups = [choice.get("oneOf") or choice["anyOf"] for choice in schema.get("allOf", ())]
    return {group[0]["required"][0] for group in groups if all("required" in member for member in group)}


def _text(schema: Schema, name: str) -> str:
    if "format" in schema:
        return _BY_FORMAT[schema["format"]]
    if schema.get("pattern", "").startswith(("^[0-9]{", "^-?[0-9]")):  # a number in text
        return "1s" if schema["pattern"].endswith("s$") else "1"
    text = _BY_NAME.get(name, name).ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]
