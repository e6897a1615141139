"""The OpenAPI 3.1 document, from the contract: every route with its parameters, body, limits, answers and errors."""

import re
from collections.abc import Iterator

import orjson
from google.protobuf.descriptor import FieldDescriptor

from gateway.contract import Binding, Method, Policy
from gateway.decode import Decoders
from gateway.envelope import HTTP_BODY, JSON, Answer
from gateway.names import camel, message_of
from gateway.openapi_examples import Examples
from gateway.openapi_responses import ERROR, HEADERS, components, general_errors, responses, split_comment
from gateway.openapi_schemas import Schema, Schemas
from gateway.openapi_uploads import form_content, merged
from gateway.request import Requests
from gateway.settings import EdgeSettings
from gateway.templates import REST, STAR, Template
from gateway.upstreams import Backends

_ABOUT = """Saved items, presence and background jobs for a chat product.

Every answer but a file is an envelope: `status`, `sys` (what kind of thing it is, and its id) and `data`, or `error`.
Fields that are documented are always there, `null` where they are unset. Names of enum values are understood in
any letter case. Times are RFC 3339."""
_HEADER_PARAMETERS = {
    "idempotency-key": (
        "Idempotency-Key",
        "Repeating a request with its key changes nothing and gets its answer again.",
    ),
    "if-match": ("If-Match", "The ETag that the resource must still have."),
    "last-event-id": ("Last-Event-ID", "The id of the last event received: the stream goes on after it."),
}
_SECURITY: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A person's token."},
    "service": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Service <key>`: a named service of the host application, acting in the workspace that "
        "X-Cairn-Workspace names, for the person that X-Cairn-User names.",
    },
}
_COMMON: Schema = {
    "Workspace": {
        "name": "X-Cairn-Workspace",
        "in": "header",
        "description": "With a service key: the workspace.",
        "schema": {"type": "string"},
    },
    "User": {
        "name": "X-Cairn-User",
        "in": "header",
        "description": "With a service key: the person it acts for.",
        "schema": {"type": "string"},
    },
}


def document(backends: Backends, version: str, upload_limit: int = EdgeSettings.upload_limit) -> Schema:
    """The whole document; `upload_limit`: bytes of a file in a form."""
    schemas = Schemas(backends.contract)
    operations = Operations(backends, schemas, upload_limit)
    paths: Schema = {}
    for method in backends.methods():
        for index, binding in enumerate(method.bindings):
            verb, item = binding.verb.lower(), paths.setdefault(open_path(binding.template), {})
            operation = operations.of(method, binding, index)
            item[verb] = merged(item[verb], operation) if verb in item else operation
    services = {method.service for method in backends.methods() if method.bindings}
    tags = [{"name": _tag(name), **schemas.description(name)} for name in sorted(services)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cairn", "version": version, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR, **schemas.components},
            "responses": components(),
            "headers": HEADERS,
            "parameters": _COMMON,
            "securitySchemes": _SECURITY,
        },
    }


def answer(made: Schema) -> Answer:
    """The page that shows it."""
    return Answer(200, [JSON, (b"access-control-allow-origin", b"*")], orjson.dumps(made))


def open_path(template: Template) -> str:
    """The path as OpenAPI writes it: a name for each star, in braces."""
    return (
        "/"
        + "/".join(
            f"{{{name}}}" if name else segment
            for segment, name in zip(template.segments, _names(template), strict=True)
        )
        + (f":{template.verb}" if template.verb else "")
    )


class Operations:
    """Makes operations."""

    def __init__(self, backends: Backends, schemas: Schemas, upload_limit: int) -> None:
        """Schemas that operations need are collected in `schemas`."""
        self._schemas = schemas
        self._upload_limit = upload_limit
        self._examples = Examples(schemas.components)
        self._decoders = Decoders(backends.contract.pool)

    def of(self, method: Method, binding: Binding, index: int) -> Schema:
        """The operation of one binding."""
        requests = Requests(method, binding, self._decoders)
        text, _ = split_comment(method.comment)
        summary, _, rest = text.partition("\n\n") if "\n\n" in text else text.partition(". ")
        general = general_errors(
            method, has_path_variables=bool(binding.template.variables), has_body=bool(binding.body)
        )
        operation: Schema = {
            "operationId": f"{_tag(method.service)}_{method.name}" + (f"_{index + 1}" if index else ""),
            "tags": [_tag(method.service)],
            "summary": (summary.replace("\n", " ") or _words(method.name)).removesuffix("."),
            "description": rest.strip(),
            "parameters": [*self._parameters(method, binding, requests)],
            "security": _security(method.policy),
            "responses": responses(method, self._schemas, general),
        }
        if binding.body:
            operation["requestBody"] = self._body(method, binding, requests)
        return {key: value for key, value in operation.items() if value not in ("", [])}

    def _parameters(self, method: Method, binding: Binding, requests: Requests) -> Iterator[Schema]:
        described = self._schemas.description
        for name, field in _path_fields(method, binding.template):
            schema = self._schemas.parameter(field)
            schema = {"minLength": 1, **schema} if schema.get("type") == "string" else {"type": "string", **schema}
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "schema": schema,
                "example": self._examples.of(schema, name),
            }
        for name, field in requests.parameters.listed(requests.told_once):
            schema = self._schemas.parameter(field)
            comment = described(field.full_name)
            needed = {"required": True} if "." not in name and self._schemas.is_needed(field) else {}
            yield {"name": name, "in": "query", "schema": schema, **needed, **comment}
        for header, field_name in requests.header_fields.items():
            name, text = _HEADER_PARAMETERS[header]
            schema = self._schemas.parameter(method.asked.fields_by_name[field_name])
            yield {"name": name, "in": "header", "description": text, "schema": schema}
        if method.policy.http.cache_control and method.output.full_name == HTTP_BODY and not method.streams:
            text = "The ETag of the file that is there already."
            yield {"name": "If-None-Match", "in": "header", "description": text, "schema": {"type": "string"}}
        yield {"$ref": "#/components/parameters/Workspace"}
        yield {"$ref": "#/components/parameters/User"}

    def _body(self, method: Method, binding: Binding, requests: Requests) -> Schema:
        if method.policy.http.multipart:
            content = form_content(method, self._schemas, requests, self._upload_limit)
            return {"required": True, "content": content}
        if binding.body == "*":
            schema = self._schemas.body(method.input, requests.told_once)
        else:
            schema = self._schemas.sent(message_of(method.input.fields_by_name[binding.body]))
        example = self._examples.body(schema, requests.mask.json_name if requests.mask else "")
        return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _path_fields(method: Method, template: Template) -> Iterator[tuple[str, FieldDescriptor]]:
    for name, variable in zip(_names(template), _variables(template), strict=True):
        if name and variable:
            *steps, last = variable.split(".")
            message = method.asked
            for step in steps:
                message = message_of(message.fields_by_name[step])
            yield name, message.fields_by_name[last]


def _variables(template: Template) -> list[str]:
    """For each segment, the field that it belongs to."""
    found = [""] * len(template.segments)
    for variable in template.variables:
        for index in range(variable.start, len(found) if variable.end is None else variable.end):
            found[index] = variable.field
    return found


def _names(template: Template) -> list[str]:
    """For each segment the name of its parameter; empty for a literal."""
    names: list[str] = []
    for segment, variable in zip(template.segments, _variables(template), strict=True):
        name = ".".join(camel(step) for step in variable.split(".")) if segment in (STAR, REST) else ""
        names.append(f"{name}{names.count(name) + 1}" if name in names and name else name)
    return names


def _security(policy: Policy) -> list[Schema]:
    if policy.audience == Policy.AUDIENCE_PUBLIC:
        return [{}, {"bearer": []}, {"service": []}]
    if policy.audience == Policy.AUDIENCE_USER:
        return [{"bearer": []}, {"service": []}]
    return [{"service": []}]


def _tag(service: str) -> str:
    return service.rpartition(".")[2]


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
