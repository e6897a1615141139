"""What every RPC of the contract has: one HTTP rule, a policy, documented errors that exist, and bounded fields."""

import importlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.rpc import code_pb2

from buf.validate import validate_pb2
from cairn.policy.v1 import policy_pb2
from chassis.errors import CairnError
from chassis.status import CODES

ROOT = Path(__file__).parents[1]
FILES = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "gen" / "cairn.binpb").read_bytes()).file
OURS = [file for file in FILES if file.package.startswith("cairn.")]
ERROR = re.compile(r"^ {3}([A-Z_]+) ([A-Z_]+): \S")
REASON = re.compile(r'reason = "([A-Z_]+)"')
# Where a service says what can go wrong in its business.
RULES = ("domain.py", "facts.py", "use_cases*.py")
SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/domain.py"))


@lru_cache
def codes() -> dict[str, str]:
    """The code of every error, by its reason."""
    modules = [path for folder in (ROOT / "chassis", *SERVICES) for path in folder.glob("*.py")]
    for path in modules:
        if path.stem != "__main__":
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    waiting, found = [CairnError], {}
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error.reason:
            code = next(CODES[kind] for kind in error.__mro__ if kind in CODES)
            found[error.reason] = code_pb2.Code.Name(code)
    return found


def methods() -> Iterator[Any]:
    """Every RPC, with its name and its comment."""
    for file in OURS:
        comments = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
        for number, service in enumerate(file.service):
            for index, method in enumerate(service.method):
                comment = comments.get((6, number, 2, index), "")
                yield pytest.param(method, comment, id=f"{service.name}.{method.name}")


@pytest.mark.parametrize(("method", "comment"), list(methods()))
def test_every_rpc_is_whole(method: descriptor_pb2.MethodDescriptorProto, comment: str) -> None:
    extensions: Any = method.options.Extensions
    http = extensions[annotations_pb2.http]
    assert http.WhichOneof("pattern"), "has no HTTP rule"
    assert not http.additional_bindings
    assert extensions[policy_pb2.policy].audience, "says nobody may call it, or everybody"
    before, found, errors = comment.partition(" Errors:\n")
    assert found, "does not say what can go wrong"
    assert before is not None
    lines = [ERROR.match(line) for line in errors.splitlines() if line.startswith("   ")]
    assert lines
    for line in lines:
        assert line, f"an error line is CODE REASON: text, in {errors}"
        assert line[1] == codes().get(line[2]), f"{line[2]} has another code, or is no error of ours"


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: str(path.name))
def test_every_error_of_a_service_is_documented(service: Path) -> None:
    source = "\n".join(path.read_text() for pattern in RULES for path in service.glob(pattern))
    reasons = set(REASON.findall(source))
    assert reasons
    comments = [each.values[1].partition(" Errors:\n")[2] for each in methods()]
    documented = {found[2] for comment in comments for line in comment.splitlines() if (found := ERROR.match(line))}
    assert not reasons - documented


def messages(message: descriptor_pb2.DescriptorProto, name: str) -> Iterator[tuple[str, FieldDescriptorProto]]:
    """All fields of a message and of those inside it, by full name."""
    for field in message.field:
        yield f"{name}.{field.name}", field
    for nested in message.nested_type:
        yield from messages(nested, f"{name}.{nested.name}")


def inputs() -> set[str]:
    """The full names of all messages that reach us in a request."""
    known = {f".{file.package}.{message.name}": message for file in OURS for message in file.message_type}
    found: set[str] = set()
    waiting = [method.input_type for file in OURS for service in file.service for method in service.method]
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting += [field.type_name for field in known[name].field]
    return found


def test_every_field_of_a_request_is_bounded() -> None:
    asked = inputs()
    loose = [
        name
        for file in OURS
        for message in file.message_type
        if f".{file.package}.{message.name}" in asked
        for name, field in messages(message, message.name)
        if not bounded(field)
    ]
    assert not loose


def bounded(field: FieldDescriptorProto) -> bool:
    """Whether a string has a longest form and a list a largest size."""
    extensions: Any = field.options.Extensions
    rules = extensions[validate_pb2.field]
    if field.label == FieldDescriptorProto.LABEL_REPEATED and not rules.repeated.max_items:
        return False
    if field.type != FieldDescriptorProto.TYPE_STRING:
        return True
    text = rules.repeated.items.string if field.label == FieldDescriptorProto.LABEL_REPEATED else rules.string
    written = text.pattern.endswith("$") and "*" not in text.pattern and "+" not in text.pattern
    return bool(text.max_len or text.uuid or getattr(text, "in") or written or rules.cel)
