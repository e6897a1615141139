"""The only place that reads the environment: one frozen dataclass a process, filled from CAIRN_… variables.

A field `gateway_port: int = 8080` is read from CAIRN_GATEWAY_PORT. A field whose type is another frozen dataclass is
filled from the same flat names. A field without a default is required. Every problem is reported at once.
"""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")
PREFIX = "CAIRN_"


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
    kinds = typing.get_type_hints(cls)
    return [(field, kinds[field.name]) for field in dataclasses.fields(cls)]


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _parsed(name: str, text: str, kind: Any, problems: list[str]) -> Any:
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
