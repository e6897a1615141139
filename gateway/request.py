"""From an HTTP request to the bytes of a gRPC request, by one binding of one method."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway import body as bodies
from gateway.contract import Binding, ContractError, Method
from gateway.decode import Decoders, Fields, nests
from gateway.errors import HttpError, invalid
from gateway.forms import Form
from gateway.names import camel, message_of, real_oneofs
from gateway.query import Parameters, split
from gateway.scalars import FieldError

# Headers that stand for a field of the request, where it has one.
FIELD_HEADERS = {"idempotency-key": "request_id", "if-match": "etag", "last-event-id": "resume_token"}
# What is known of a file that is sent in a form.
FILE_FIELDS = ("file_name", "media_type")
MASK = "google.protobuf.FieldMask"
JSON_TYPES = ("application/json", "application/merge-patch+json")


class Requests:
    """Makes requests of one binding."""

    def __init__(self, method: Method, binding: Binding, decoders: Decoders) -> None:
        """Everything that can be known before a request comes is worked out here."""
        asked = method.asked
        self._message: Any = message_factory.GetMessageClass(asked)
        self._binding = binding
        self.bound = {variable.field.split(".")[0] for variable in binding.template.variables}
        self.mask = mask_field(asked) if binding.verb == "PATCH" else None
        self.parameters = Parameters(asked, decoders, self._closed(asked))
        self.header_fields = {
            header: name for header, name in FIELD_HEADERS.items() if _is_text(asked.fields_by_name.get(name))
        }
        # What a header stands for is still understood elsewhere; it need not be told twice.
        self.told_once = self.bound | set(self.header_fields.values())
        self._path = Parameters(asked, decoders)
        self.file_fields = {name for name in FILE_FIELDS if _is_text(asked.fields_by_name.get(name))}
        self.form = Parameters(asked, decoders, self.bound | self.file_fields, "field")
        self._body = _body_field(method, binding)
        self._nests = nests(asked)
        self._decode = decoders.field(self._body) if self._body else decoders.of(asked)
        masked = message_of(self._body) if self._body else asked
        self._names = {key: field.name for field in masked.fields for key in (field.json_name, field.name)}

    def build(self, variables: Mapping[str, str], query: bytes, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The serialized request; raises HttpError where the HTTP request does not make one."""
        try:
            value = self._json(body, headers) if self._binding.body else {}
            fields = self._from_body(value) if self._binding.body else {}
            for name, text in variables.items():
                self._path.put(name, text, fields)
            if query:
                self._add_query(query, fields)
            if self.mask and self.mask.name not in fields:
                self._add_mask(value, fields)
            self._add_headers(headers, fields)
        except FieldError as problem:
            raise invalid(problem) from None
        return self._message(**fields).SerializeToString()  # type: ignore[no-any-return]

    def build_meta(self, form: Form, variables: Mapping[str, str], query: bytes, headers: Mapping[str, str]) -> Any:
        """The message that goes before a file; raises HttpError where the HTTP request does not make one."""
        fields: Fields = {name: form.file[name] for name in self.file_fields if form.file[name]}
        try:
            for name, text in form.fields:
                self.form.put(name, text, fields)
            self.form.exclusive(fields)
            for name, text in variables.items():
                self._path.put(name, text, fields)
            if query:
                self._add_query(query, fields)
            self._add_headers(headers, fields)
        except FieldError as problem:
            raise invalid(problem) from None
        return self._message(**fields)

    def _json(self, body: bytes, headers: Mapping[str, str]) -> Any:
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() not in JSON_TYPES:
            raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json")
        try:
            return bodies.parse(body, limit_depth=self._nests)
        except bodies.BodyError as error:
            raise HttpError(400, "MALFORMED_BODY", str(error)) from None

    def _from_body(self, value: Any) -> Fields:
        if self._body:
            return {self._body.name: self._decode(value)}
        self._refuse_bound(value)
        fields: Fields = self._decode(value)
        return fields

    def _refuse_bound(self, value: Any) -> None:
        for name in self.bound if type(value) is dict else ():
            for key in (name, camel(name)):
                if key in value:
                    raise FieldError("is set by the path").at(key)

    def _add_mask(self, value: dict[str, Any], fields: Fields) -> None:
        """Infer the mask: what the body names is to change; null clears."""
        apart = {*FIELD_HEADERS.values(), *self.bound}
        names = [self._names[key] for key in value]
        paths = [name for name in names if name not in apart and not name.startswith(("add_", "remove_"))]
        if paths and self.mask:
            fields[self.mask.name] = {"paths": paths}

    def _add_query(self, query: bytes, fields: Fields) -> None:
        try:
            for name, value in split(query):
                self.parameters.put(name, value, fields)
        except UnicodeDecodeError:
            raise HttpError(400, "MALFORMED_QUERY", "The query is not UTF-8") from None
        self.parameters.exclusive(fields)

    def _add_headers(self, headers: Mapping[str, str], fields: Fields) -> None:
        for header, name in self.header_fields.items():
            value = headers.get(header)
            if not value or (header == "if-match" and value == "*"):
                continue
            value = value.removeprefix("W/").strip('"') if header == "if-match" else value
            if fields.setdefault(name, value) != value:
                raise FieldError(f"differs from the header {header}").at(camel(name))

    def _closed(self, message: Descriptor) -> set[str]:
        """Fields that no query parameter may set: the path or the body does, or a oneof that the path chose from."""
        if self._binding.body == "*":
            mask = self.mask.name if self.mask else ""
            return {field.name for field in message.fields if field.name != mask}
        siblings = {
            field.name
            for group in real_oneofs(message)
            if self.bound & {field.name for field in group.fields}
            for field in group.fields
        }
        return self.bound | siblings | {self._binding.body}


def mask_field(message: Descriptor) -> FieldDescriptor | None:
    """The field that says which others to update."""
    return next((each for each in message.fields if each.message_type and each.message_type.full_name == MASK), None)


def _body_field(method: Method, binding: Binding) -> FieldDescriptor | None:
    if binding.body in ("", "*"):
        return None
    if binding.body not in method.input.fields_by_name:
        raise ContractError(f"{method.path}: {binding.body!r}, its body, is no field of {method.input.full_name}")
    return method.input.fields_by_name[binding.body]


def _is_text(field: FieldDescriptor | None) -> bool:
    return bool(field and field.cpp_type == FieldDescriptor.CPPTYPE_STRING and not field.is_repeated)
