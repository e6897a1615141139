"""Path templates of google.api.http: `/v1/{name=shelves/*}/books/{id}:archive`. Grammar, matching and formatting.

One star is one segment, two are the rest of the path. Matching works on the path as it was sent: an escaped slash
stays inside its segment.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

STAR, REST = "*", "**"
_SEGMENT = re.compile(r"/(?:\{([^{}=]*)(?:=([^{}]+))?\}|([^/{}]+))")
_FIELD_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_LITERAL = re.compile(r"[A-Za-z0-9\-._~!$&'()+,;=@%]+")
_SLASH = re.compile("%2[Ff]")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
# What may stand unescaped in a segment (RFC 3986), less the characters with a meaning in a template.
_UNESCAPED = "-._~!$&'()+,;=@"


class TemplateError(ValueError):
    """The template is not of the grammar."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A field of the request, bound to the segments from `start` up to `end`; None is the end of the path."""

    field: str
    start: int
    end: int | None
    # More than one segment: slashes in the value are slashes in the path.
    many: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: literals and stars, which of them each variable is bound to, and the verb behind a colon."""

    segments: tuple[str, ...]
    variables: tuple[Variable, ...] = ()
    verb: str = ""

    def values(self, segments: Sequence[str]) -> dict[str, str]:
        """The variables of a path that matches, given in segments as they were sent, without the verb."""
        return {each.field: _value(segments[each.start : each.end], many=each.many) for each in self.variables}

    def format(self, values: Mapping[str, str]) -> str:
        """The path with these values, escaped; the inverse of matching."""
        segments: list[str] = []
        position = 0
        for variable in self.variables:
            segments += self.segments[position : variable.start]
            value = values[variable.field]
            parts = value.split("/") if variable.many else [value]
            segments += [quote(part, safe=_UNESCAPED) for part in parts] if value else []
            position = len(self.segments) if variable.end is None else variable.end
        segments += self.segments[position:]
        return "/" + "/".join(segments) + (f":{self.verb}" if self.verb else "")


def parse(text: str) -> Template:
    """Read a template; raises TemplateError."""
    body, verb = _split_verb(text)
    segments: list[str] = []
    variables: list[Variable] = []
    position = 0
    while position < len(body) or not segments:
        match = _SEGMENT.match(body, position)
        if not match:
            raise TemplateError(f"{text}: expected a slash and a segment at {position}")
        field, pattern, literal = match.groups()
        position = match.end()
        if literal:
            segments.append(literal)
        else:
            variables.append(_variable(field, pattern or STAR, segments))
    _check(text, segments, variables)
    return Template(tuple(segments), tuple(variables), verb)


def unescape(segment: str) -> str:
    """Undo percent-encoding; raises UnicodeDecodeError where the bytes are not UTF-8."""
    if "%" not in segment:
        return segment
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), segment.encode()).decode()


def _split_verb(text: str) -> tuple[str, str]:
    body, colon, verb = text.rpartition(":")
    return (body, verb) if colon and not set(verb) & set("/{}") else (text, "")


def _variable(field: str, pattern: str, segments: list[str]) -> Variable:
    parts = pattern.split("/")
    start = len(segments)
    segments += parts
    end = None if parts[-1] == REST else len(segments)
    return Variable(field, start, end, many=len(parts) > 1 or parts[0] == REST)


def _check(text: str, segments: Sequence[str], variables: Sequence[Variable]) -> None:
    for segment in segments:
        if segment not in (STAR, REST) and not _LITERAL.fullmatch(segment):
            raise TemplateError(f"{text}: {segment!r} is no literal")
    if REST in segments[:-1]:
        raise TemplateError(f"{text}: ** must come last")
    fields = [variable.field for variable in variables]
    if len(set(fields)) != len(fields) or not all(_FIELD_PATH.fullmatch(field) for field in fields):
        raise TemplateError(f"{text}: each variable names one field, once")


def _value(segments: Sequence[str], *, many: bool) -> str:
    if not many:
        return unescape(segments[0])
    # A value of several segments keeps its escaped slashes, else they could not be told from real ones.
    return "/".join(unescape(_SLASH.sub("%252F", segment)) for segment in segments)
