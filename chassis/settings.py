"""The only place that reads the environment: one frozen dataclass a process, filled from CAIRN_… variables.

A field `gateway_port: Port = 8080` is read from CAIRN_GATEWAY_PORT. A field whose type is another frozen dataclass is
filled from the same flat names. A field without a default is required. Every problem is reported at once; for that, a
rule about one field stands in its type, and `__post_init__` keeps rules about several.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

T = TypeVar("T")
PREFIX = "CAIRN_"
MIN_SECRET_LENGTH = 32
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be true of a value, and how to say so after the name of its variable."""

    keeps: Callable[[Any], bool]
    text: str


def _begins(*schemes: str) -> Rule:
    return Rule(lambda url: url.startswith(schemes), f"must start with {' or '.join(schemes)}")


PostgresUrl = Annotated[str, _begins("postgresql://", "postgres://")]
RedisUrl = Annotated[str, _begins("redis://", "rediss://", "unix://")]
Port = Annotated[int, Rule(lambda port: 0 <= port <= MAX_PORT, f"must be from 0 to {MAX_PORT}")]
Secret = Annotated[
    str, Rule(lambda secret: len(secret) >= MIN_SECRET_LENGTH, f"must have at least {MIN_SECRET_LENGTH} characters")
]


class SettingsError(Exception):
    """The environment does not make valid settings; the message lists all that is wrong."""


def load(cls: type[T], environ: Mapping[str, str]) -> T:
    """Fill the dataclass `cls`; raises SettingsError."""
    problems: list[str] = []
    settings = _fill(cls, environ, problems)
    if problems:
        raise SettingsError("Cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return typing.cast("T", settings)


def variables(cls: Any) -> set[str]:
    """The names of all variables that `cls` reads."""
    names: set[str] = set()
    for field, kind in _fields(cls):
        names |= variables(kind) if dataclasses.is_dataclass(kind) else {_variable(field.name)}
    return names


def _fill(cls: Any, environ: Mapping[str, str], problems: list[str]) -> Any:
    values: dict[str, Any] = {}
    before = len(problems)
    for field, kind in _fields(cls):
        name = _variable(field.name)
        if dataclasses.is_dataclass(kind):
            values[field.name] = _fill(kind, environ, problems)
        elif environ.get(name, "") != "":
            values[field.name] = _parsed(name, environ[name], kind, problems)
        elif field.default is dataclasses.MISSING:
            problems.append(f"{name} is required")
    if len(problems) > before:
        return None
    try:
        return cls(**values)
    except ValueError as error:
        problems.append(str(error))
        return None


def _fields(cls: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
    kinds = typing.get_type_hints(cls, include_extras=True)
    return [(field, kinds[field.name]) for field in dataclasses.fields(cls)]


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _parsed(name: str, text: str, kind: Any, problems: list[str]) -> Any:
    if typing.get_origin(kind) is Annotated:
        plain, rule = typing.get_args(kind)
        before = len(problems)
        value = _parsed(name, text, plain, problems)
        if len(problems) == before and not rule.keeps(value):
            problems.append(f"{name} {rule.text}")
        return value
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if kind == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return kind(text)
    except (ValueError, KeyError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "valid")
        problems.append(f"{name} must be {expected}")
        return None
