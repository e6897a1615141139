"""The reference as one page of plain HTML, from the OpenAPI document: no script, nothing fetched from elsewhere."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from gateway.envelope import Answer
from gateway.openapi_schemas import Schema

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line);
  box-sizing: border-box; font-size: 13px; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover, nav a:focus { color: var(--accent); }
main { padding: 1rem 2.5rem 30vh; max-width: 60rem; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .5rem; }
h1, h2, h3 { line-height: 1.2; } h3 { font-size: 1.1rem; } h4 { margin: 1.2rem 0 .3rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .8rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem
  .3rem 0; border-bottom: 1px solid var(--line); } td p { margin: 0; }
b.verb { font: 600 12px ui-monospace, monospace; color: var(--accent); }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } main { padding: 1rem; } }
"""
_FACTS = {
    "format": "{}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "up to {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}

_BODIES = {"application/json": "Body", "multipart/form-data": "Body: a form"}


def answer(document: Schema) -> Answer:
    """The page."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", policy.encode())]
    return Answer(200, headers, render(document).encode())


def render(document: Schema) -> str:
    """The page's HTML."""
    page = Reference(document)
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: reference</title><style>{_STYLE}</style></head><body>"
        f"<nav>{page.navigation()}</nav><main><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"{_prose(info['description'])}<p>As OpenAPI: <a href='/openapi.json'>/openapi.json</a></p>"
        f"{''.join(page.operations())}<h2>Schemas</h2>{''.join(page.schemas())}</main></body></html>"
    )


class Reference:
    """The parts of the page."""

    def __init__(self, document: Schema) -> None:
        """`document` is the OpenAPI document."""
        self._document = document
        self._listed = [
            (verb, path, operation) for path, item in document["paths"].items() for verb, operation in item.items()
        ]

    def navigation(self) -> str:
        """Links to all operations, by service."""
        parts: list[str] = []
        for tag in self._document["tags"]:
            links = "".join(
                f'<li><a href="#{operation["operationId"]}"><b class="verb">{verb.upper()}</b> {escape(path)}</a></li>'
                for verb, path, operation in self._listed
                if tag["name"] in operation["tags"]
            )
            parts.append(f"<strong>{escape(tag['name'])}</strong><ul>{links}</ul>")
        return "".join(parts)

    def operations(self) -> Iterator[str]:
        """A section for each operation, under its service."""
        for tag in self._document["tags"]:
            yield f"<h2>{escape(tag['name'])}</h2>{_prose(tag.get('description', ''))}"
            for verb, path, operation in self._listed:
                if tag["name"] in operation["tags"]:
                    yield self._operation(verb, path, operation)

    def schemas(self) -> Iterator[str]:
        """A section for each schema."""
        for name, schema in self._document["components"]["schemas"].items():
            yield (
                f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
                f"{_prose(schema.get('description', ''))}{_fields(schema)}</section>"
            )

    def _operation(self, verb: str, path: str, operation: Schema) -> str:
        parameters = [self._resolved(each) for each in operation.get("parameters", ())]
        content = operation.get("requestBody", {}).get("content", {})
        rows = "".join(
            _row(each["name"], f"{each['in']}, {_kind(each['schema'])}", each.get("description", ""), each["schema"])
            for each in parameters
        )
        parts = [
            f'<section id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>',
            f'<p><b class="verb">{verb.upper()}</b> <code>{escape(path)}</code></p>',
            _prose(operation.get("description", "")),
            f"<p>{_who(operation['security'])}</p>",
            f"<h4>Parameters</h4><table>{rows}</table>" if rows else "",
            *(f"<h4>{_BODIES[kind]}</h4>{_link_or_fields(body['schema'])}" for kind, body in content.items()),
            f"<h4>Example</h4><pre>{escape(_curl(f'-X {verb.upper()}', path, operation, parameters))}</pre>",
            f"<h4>Answers</h4><table>{self._answers(operation['responses'])}</table></section>",
        ]
        return "".join(parts)

    def _answers(self, responses: Schema) -> str:
        rows = []
        for status, response in responses.items():
            described = self._resolved(response)
            schema = described.get("content", {}).get("application/json", {}).get("schema", {})
            data = schema.get("properties", {}).get("data", {})
            shown = _kind(data) if "$ref" in data or "items" in data else ""
            rows.append(f"<tr><td><code>{status}</code></td><td>{_prose(described['description'])}{shown}</td></tr>")
        return "".join(rows)

    def _resolved(self, node: Schema) -> Schema:
        if "$ref" not in node:
            return node
        found: Any = self._document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        resolved: Schema = found
        return resolved


def _fields(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = (
        _row(
            name + ("*" if name in required and "additionalProperties" in schema else ""),
            _kind(each),
            each.get("description", ""),
            each,
        )
        for name, each in schema.get("properties", {}).items()
    )
    return f"<table>{''.join(rows)}</table>"


def _row(name: str, kind: str, description: str, schema: Schema) -> str:
    facts = "; ".join(text.format(schema[key]) for key, text in _FACTS.items() if key in schema)
    shown = f"<p>{escape(facts)}</p>" if facts else ""
    return f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{_prose(description)}{shown}</td></tr>"


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "const" in schema:
        return escape(json.dumps(schema["const"]))
    if "enum" in schema:
        return escape(", ".join("null" if each is None else each for each in schema["enum"]))
    kind = schema.get("type", "any")
    if kind == "array" or "items" in schema:
        items = schema.get("items", {})
        inner = items.get("properties", {}).get("data", items)
        return f"list of {_kind(inner)}"
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)


def _link_or_fields(schema: Schema) -> str:
    return f"<p>{_kind(schema)}</p>" if "$ref" in schema else _fields(schema)


def _who(security: list[Schema]) -> str:
    if {} in security:
        return "For anyone; a credential is optional."
    return "For a person, or a service acting for one." if {"bearer": []} in security else "For services."


def _curl(verb: str, path: str, operation: Schema, parameters: list[Schema]) -> str:
    for each in parameters:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    lines = [f'curl {verb} "$CAIRN_URL{path}"']
    if {"bearer": []} in operation["security"]:
        lines += ['-H "Authorization: Bearer $TOKEN"']
    else:
        lines += ['-H "Authorization: Service $SERVICE_KEY"', '-H "X-Cairn-Workspace: $WORKSPACE"']
    if "requestBody" in operation:
        lines += _curl_body(operation["requestBody"]["content"])
    return " \\\n  ".join(lines)


def _curl_body(content: Schema) -> list[str]:
    if "application/json" not in content:
        required = content["multipart/form-data"]["schema"]["required"]
        return [*(f"-F '{name}=…'" for name in required[:-1]), f"-F '{required[-1]}=@FILE'"]
    text = json.dumps(content["application/json"]["example"], ensure_ascii=False).replace("'", "'\\''")
    return ["-H 'Content-Type: application/json'", f"-d '{text}'"]


def _prose(text: str) -> str:
    """Paragraphs, lists and code, of what comments use."""
    parts = []
    for block in filter(None, text.split("\n\n")):
        items = [line.removeprefix("- ") for line in block.split("\n")]
        if block.startswith("- "):
            parts.append(f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>")
        else:
            parts.append(f"<p>{_inline(block)}</p>")
    return "".join(parts)


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
