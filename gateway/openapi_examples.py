"""Examples for requests, made from their schemas so that they cannot break them."""

from typing import Any

from gateway.openapi_rules import Schema

_BY_FORMAT = {
    "uuid": "018f3f5e-7b6a-7c3d-8e21-0a1b2c3d4e5f",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "ann@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
}
MAX_DEPTH = 6


class Examples:
    """Makes examples; `components` are the schemas that references lead to."""

    def __init__(self, components: dict[str, Schema]) -> None:
        """The schemas may still be growing: they are read when an example is made."""
        self._components = components

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
                return self._object(schema, depth)
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

    def _object(self, schema: Schema, depth: int) -> Any:
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        left_out = {name for choice in schema.get("allOf", ()) for name in _members(choice)[1:]}
        return {
            name: self.of(each, name, depth + 1)
            for name, each in properties.items()
            if name in required or (name not in left_out and depth < MAX_DEPTH)
        }

    def _array(self, schema: Schema, name: str, depth: int) -> Any:
        if depth >= MAX_DEPTH and not schema.get("minItems"):
            return []
        item = self.of(schema.get("items", {}), name.removesuffix("s"), depth + 1)
        return [item] * max(1, schema.get("minItems", 1))


def _members(choice: Schema) -> list[str]:
    return [name for member in choice.get("oneOf", ()) for name in member.get("required", ())]


def _text(schema: Schema, name: str) -> str:
    if "format" in schema:
        return _BY_FORMAT[schema["format"]]
    if schema.get("pattern", "").startswith(("^[0-9]{", "^-?[0-9]")):  # a number in text
        return "1s" if schema["pattern"].endswith("s$") else "1"
    text = name.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]
