"""What OpenAPI says of an operation's answers: the envelope of its success, and each way it can fail."""

import re
from collections import defaultdict

import grpc
from google.protobuf.descriptor import Descriptor

from gateway.contract import Method, Policy
from gateway.envelope import (
    ACCEPTED,
    CREATED,
    EMPTY,
    HTTP_BODY,
    NO_CONTENT,
    has_poll_delay,
    has_replayed,
    has_text,
    list_field,
    resource_of,
)
from gateway.errors import BY_REASON, TABLE
from gateway.files import NOT_MODIFIED
from gateway.names import entity, message_of
from gateway.openapi_schemas import Schema, Schemas

_ERROR_LINE = re.compile(r"^\s*([A-Z_]+) ([A-Z_]+): (.*)$")
_GENERAL = {
    400: "Not a valid request: `error.details` names the field.",
    401: "No valid credential.",
    403: "Not for this caller.",
    404: "Nothing is there.",
    408: "The rest of the body did not come.",
    413: "The body is too large.",
    415: "The body is of another type.",
    429: "Too many requests: wait as long as Retry-After says.",
    500: "Our mistake.",
    503: "Away for a moment: try again after Retry-After.",
    504: "A service did not answer in time.",
}
ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
ERROR: Schema = {
    "type": "object",
    "required": ["status", "sys", "error"],
    "properties": {
        "status": {"const": "error"},
        "sys": {"type": "object", "required": ["entity"], "properties": {"entity": {"const": "error"}}},
        "error": {
            "type": "object",
            "required": ["code", "reason", "message", "details", "requestId"],
            "properties": {
                "code": {"type": "string", "description": "The kind of error, one for each status."},
                "reason": {"type": "string", "description": "What exactly it is; each operation lists its reasons."},
                "message": {"type": "string", "description": "For a person to read."},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
                "requestId": {"type": "string", "description": "To find the request in the logs."},
            },
        },
    },
}
HEADERS: dict[str, Schema] = {
    "ETag": {
        "description": "Changes with the resource; to be sent back as If-Match, or If-None-Match.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {"description": "How long it may be kept, and by whom.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "A file to be saved, with its name.", "schema": {"type": "string"}},
    "Location": {"description": "Where the resource can be read.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Idempotent-Replayed": {
        "description": "There, and true, where the same request was answered before.",
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit-Limit": {"description": "Requests a minute.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "Requests left now.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until all are back.", "schema": {"type": "integer"}},
    "X-Request-Id": {"description": "The id of this request, yours if you sent one.", "schema": {"type": "string"}},
}
_ALWAYS = ("X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def components() -> dict[str, Schema]:
    """The answers that operations share."""
    return {
        str(status): {
            "description": text,
            "content": ERROR_CONTENT,
            "headers": header_refs(*(["Retry-After"] if status in (429, 503) else [])),
        }
        for status, text in _GENERAL.items()
    }


def header_refs(*names: str) -> Schema:
    """References to headers, those of every answer included."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *_ALWAYS)}


def split_comment(comment: str) -> tuple[str, str]:
    """The text of a method's comment, and the lines that list its errors."""
    text, _, errors = comment.partition("Errors:\n")
    return text.strip(), errors


def responses(method: Method, schemas: Schemas, general: set[int]) -> Schema:
    """All answers of a method; `general` are the errors that it shares with others."""
    found: Schema = _successes(method, schemas)
    reasons = _reasons(method)
    for status in sorted(general | set(reasons)):
        listed = reasons.get(status)
        if not listed:
            found[str(status)] = {"$ref": f"#/components/responses/{status}"}
            continue
        found[str(status)] = {
            "description": "\n".join(f"- `{reason}`: {text}" for reason, text in listed),
            "content": ERROR_CONTENT,
            "headers": header_refs(*(["Retry-After"] if status == 429 else [])),  # noqa: PLR2004 - its number
        }
    return found


def _reasons(method: Method) -> dict[int, list[tuple[str, str]]]:
    """What the comment promises, by HTTP status."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for line in split_comment(method.comment)[1].split("\n"):
        match = _ERROR_LINE.match(line)
        if match:
            code, reason, text = match.groups()
            status = TABLE[grpc.StatusCode[code]][0]
            found[BY_REASON.get(reason, (status, ""))[0]].append((reason, text))
    return found


def _successes(method: Method, schemas: Schemas) -> Schema:
    if method.output.full_name == EMPTY and not method.streams:
        return {str(NO_CONTENT): {"description": "Done.", "headers": header_refs()}}
    if method.output.full_name == HTTP_BODY:
        return _files(method)
    code = method.policy.http.success_code or 200
    answer = _stream(method, schemas) if method.streams else _success(method, schemas)
    unless = method.policy.http.unless_field
    again = {"200": answer | {"description": f"As it was before: `{unless}` is true."}} if unless else {}
    resource = resource_of(method.output)
    names = ["ETag"] if resource and resource.text("etag") else []
    names += ["Location"] if code in (CREATED, ACCEPTED) else []
    names += ["Retry-After"] if code == ACCEPTED or has_poll_delay(method.output) else []
    names += ["Cache-Control"] if method.policy.http.cache_control else []
    names += ["Idempotent-Replayed"] if code in (CREATED, ACCEPTED) and has_replayed(method.output) else []
    return {str(code): answer | {"headers": header_refs(*names)}, **again}


def _files(method: Method) -> Schema:
    """What a file is answered with; one that may be kept need not be sent again."""
    text = "The file, while it is made: one that breaks off has no end." if method.streams else "The file."
    kept = ["Cache-Control", "ETag"] if method.policy.http.cache_control and not method.streams else []
    # Without a schema: OpenAPI 3.1 has bytes so, and a reader would take one for what a file of JSON says.
    found = {"200": {"description": text, "content": {"*/*": {}}, "headers": header_refs("Content-Disposition", *kept)}}
    known = {str(NOT_MODIFIED): {"description": "It is the one of If-None-Match.", "headers": header_refs(*kept)}}
    return found | (known if kept else {})


def _success(method: Method, schemas: Schemas) -> Schema:
    output = method.output
    items = list_field(output)
    if items:
        schema = _list_envelope(message_of(items), schemas, output)
    else:
        schema = _envelope(_sys_of(output), {"data": schemas.answered(output)})
    return {"description": "Success.", "content": {"application/json": {"schema": schema}}}


def _stream(method: Method, schemas: Schemas) -> Schema:
    message = schemas.answered(method.output)
    text = "A stream of events; the data of each is one message. A comment comes every 15 seconds."
    return {
        "description": text,
        "content": {
            "text/event-stream": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": message},
        },
    }


def _list_envelope(items: Descriptor, schemas: Schemas, output: Descriptor) -> Schema:
    sys = _sys(entity(items), has_id=has_text(items, "id"))
    element: Schema = {
        "type": "object",
        "properties": {"sys": sys, "data": schemas.answered(items)},
        "required": ["sys", "data"],
    }
    listed = list_field(output)
    page = schemas.answered_without(output, {listed.name} if listed else set())
    return _envelope(_sys("list", has_id=False), {"data": {"type": "array", "items": element}, "page": page})


def _sys_of(output: Descriptor) -> Schema:
    resource = resource_of(output)
    if resource is None:
        return _sys(entity(output), has_id=False)
    return _sys(entity(resource.message), has_id=True, may_be_absent=bool(resource.field))


def _sys(name: str, *, has_id: bool, may_be_absent: bool = False) -> Schema:
    properties: Schema = {"entity": {"const": name}, **({"id": {"type": "string"}} if has_id else {})}
    return {"type": "object", "properties": properties, "required": ["entity"] if may_be_absent else list(properties)}


def _envelope(sys: Schema, parts: Schema) -> Schema:
    properties = {"status": {"const": "success"}, "sys": sys, **parts}
    return {"type": "object", "properties": properties, "required": list(properties)}


def general_errors(method: Method, *, has_path_variables: bool, has_body: bool) -> set[int]:
    """The statuses that a call may end with whatever it does: only those that are possible."""
    found = {400, 401, 429, 500, 503, 504}
    policy = method.policy
    if policy.audience == Policy.AUDIENCE_SERVICE or policy.feature:
        found.add(403)
    if has_path_variables:
        found.add(404)
    if policy.http.multipart:
        found.add(408)
    return found | ({413, 415} if has_body else set())
