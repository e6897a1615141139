"""What OpenAPI says of forms with a file, and of two methods that share one path: one takes JSON, the other a form."""

from gateway.contract import Method
from gateway.forms import FILE, MULTIPART
from gateway.openapi_rules import Schema
from gateway.openapi_schemas import Schemas
from gateway.request import Requests

_JSON = "application/json"
_LISTED = "- `"


def form_content(method: Method, schemas: Schemas, requests: Requests, limit: int) -> Schema:
    """The content of a body that is a form; `limit`: bytes of its file."""
    fields = dict(requests.form.listed(requests.told_once))
    properties = {
        name: schemas.parameter(field) | schemas.description(field.full_name) for name, field in fields.items()
    }
    required = [name for name, field in fields.items() if "." not in name and schemas.is_needed(field)]
    text = f"At most {limit} bytes. It is the last part of the form."
    file = {"type": "string", "format": "binary", "description": text}
    schema: Schema = {
        "type": "object",
        "properties": {**properties, FILE: file},
        "required": [*required, FILE],
        "additionalProperties": False,
    }
    return {MULTIPART: {"schema": schema | schemas.description(method.asked.full_name)}}


def merged(one: Schema, other: Schema) -> Schema:
    """Two operations at one path and verb as one: that which takes JSON, and beside it what the form does."""
    plain, form = sorted((one, other), key=lambda each: _JSON not in each["requestBody"]["content"])
    told = " ".join(filter(None, [f"With a form: {form['summary']}.", form.get("description")]))
    named = [each.get("name") for each in plain["parameters"]]
    return {
        **plain,
        "description": "\n\n".join(filter(None, [plain.get("description"), told])),
        "parameters": [
            *plain["parameters"],
            *(each for each in form["parameters"] if each.get("name") not in named),
        ],
        "requestBody": {
            "required": True,
            "content": {**plain["requestBody"]["content"], **form["requestBody"]["content"]},
        },
        "responses": _both(plain["responses"], form["responses"]),
    }


def _both(plain: Schema, form: Schema) -> Schema:
    return {status: _answers(plain.get(status, {}), form.get(status, {})) for status in sorted({*plain, *form})}


def _answers(plain: Schema, form: Schema) -> Schema:
    """One answer of two: reasons are listed in either."""
    lists = [each["description"].split("\n") for each in (plain, form) if each.get("description", "")[:3] == _LISTED]
    if len(lists) < 2:  # noqa: PLR2004 - both
        return next((each for each in (plain, form) if "description" in each), plain or form)
    return {**plain, "description": "\n".join(dict.fromkeys([*lists[0], *lists[1]]))}
