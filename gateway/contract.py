"""The contract as the gateway sees it: every RPC with an HTTP rule, its policy and its comments, from descriptors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from cairn.policy.v1 import policy_pb2
from gateway.names import message_of
from gateway.templates import Template, parse

Policy = policy_pb2.Policy


class ContractError(Exception):
    """The contract asks for something that the gateway cannot do."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One way to call an RPC over HTTP. `body` is a field of the request, `*` for the whole of it, or empty."""

    verb: str
    template: Template
    text: str
    body: str


@dataclass(frozen=True)
class Method:
    """One RPC."""

    service: str
    name: str
    input: Descriptor
    output: Descriptor
    streams: bool
    policy: Policy
    bindings: tuple[Binding, ...]
    comment: str

    @property
    def asked(self) -> Descriptor:
        """What a client fills in: the request; of an upload, the message that goes before the file."""
        return message_of(self.input.fields_by_name["meta"]) if self.policy.http.multipart else self.input

    @property
    def path(self) -> str:
        """What gRPC calls it."""
        return f"/{self.service}/{self.name}"


@dataclass(frozen=True)
class Contract:
    """Everything the gateway knows of what lies behind it."""

    pool: descriptor_pool.DescriptorPool
    methods: tuple[Method, ...]
    # By full name: messages, fields (message.field), enum values (enum.value), services and methods.
    comments: Mapping[str, str]
    # The options of a field or message, by full name, as generated code knows them: rules of buf.validate.
    options: Mapping[str, Any]


def load(descriptor_set: bytes) -> Contract:
    """Read a FileDescriptorSet that has its imports and, for comments, its source info."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
    pool = descriptor_pool.DescriptorPool()
    comments: dict[str, str] = {}
    options: dict[str, Any] = {}
    for file in files:
        pool.Add(file)
        comments.update(_comments(file))
        for message in file.message_type:
            options.update(_options(file.package, message))
    methods = [method for file in files for method in _methods(file, pool, comments)]
    return Contract(pool, tuple(methods), comments, options)


def _methods(
    file: descriptor_pb2.FileDescriptorProto, pool: descriptor_pool.DescriptorPool, comments: Mapping[str, str]
) -> Iterator[Method]:
    for service in file.service:
        name = f"{file.package}.{service.name}"
        for method in service.method:
            options: Any = method.options
            rule: http_pb2.HttpRule = options.Extensions[annotations_pb2.http]
            bindings = tuple(_binding(each) for each in (rule, *rule.additional_bindings) if each.WhichOneof("pattern"))
            made = Method(
                service=name,
                name=method.name,
                input=pool.FindMessageTypeByName(method.input_type[1:]),
                output=pool.FindMessageTypeByName(method.output_type[1:]),
                streams=method.server_streaming,
                policy=_policy(options),
                bindings=bindings,
                comment=comments.get(f"{name}.{method.name}", ""),
            )
            _check_stream(made, client_streaming=method.client_streaming)
            yield made


def _check_stream(method: Method, *, client_streaming: bool) -> None:
    """Refuse a stream of requests that no HTTP request makes; an upload makes one."""
    if method.policy.http.multipart:
        is_upload = client_streaming and not method.streams and _has_upload_parts(method.input)
        if not is_upload or any((each.verb, each.body) != ("POST", "*") for each in method.bindings):
            raise ContractError(f"{method.path}: an upload is a stream of meta and chunk, by POST with all as its body")
    elif method.bindings and client_streaming:
        raise ContractError(f"{method.path}: a client stream has no form in HTTP")


def _has_upload_parts(message: Descriptor) -> bool:
    fields = {field.name: field for field in message.fields}
    return (
        set(fields) == {"meta", "chunk"}
        and all(field.containing_oneof for field in fields.values())
        and fields["meta"].message_type is not None
        and fields["chunk"].type == FieldDescriptor.TYPE_BYTES
    )


def _policy(options: Any) -> Policy:
    """What the contract says of a method. Where it does not say who may call, only services may."""
    policy = Policy()
    policy.CopyFrom(options.Extensions[policy_pb2.policy])
    policy.audience = policy.audience or Policy.AUDIENCE_SERVICE
    return policy


def _binding(rule: http_pb2.HttpRule) -> Binding:
    if rule.response_body:
        raise ContractError(f"{rule.selector or rule}: response_body is not supported")
    kind = rule.WhichOneof("pattern")
    verb, text = (rule.custom.kind, rule.custom.path) if kind == "custom" else (kind, getattr(rule, kind))
    return Binding(verb.upper(), parse(text), text, rule.body)


def _options(prefix: str, message: descriptor_pb2.DescriptorProto) -> Iterator[tuple[str, Any]]:
    name = f"{prefix}.{message.name}"
    yield name, message.options
    for field in message.field:
        yield f"{name}.{field.name}", field.options
    for group in message.oneof_decl:
        yield f"{name}.{group.name}", group.options
    for nested in message.nested_type:
        yield from _options(name, nested)


def _comments(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        text = location.leading_comments or location.trailing_comments
        name = _name_at(file, location.path) if text else ""
        if name:
            yield f"{file.package}.{name}", "\n".join(line.removeprefix(" ") for line in text.rstrip().split("\n"))


def _name_at(file: descriptor_pb2.FileDescriptorProto, path: Any) -> str:
    """The name of what stands at a path of field numbers and indexes; empty for what has no name."""
    node: Any = file
    names: list[str] = []
    for number, index in zip(path[::2], path[1::2], strict=False):
        field = node.DESCRIPTOR.fields_by_number.get(number)
        if field is None or not field.is_repeated or field.message_type is None:
            return ""
        node = getattr(node, field.name)[index]
        names.append(getattr(node, "name", ""))
    return ".".join(names) if len(path) % 2 == 0 and all(names) else ""
