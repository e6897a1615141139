"""Finds the route of a path: a trie over segments in which a literal wins over a variable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gateway.templates import REST, STAR, Template, unescape

R = TypeVar("R")


@dataclass(slots=True)
class _Node(Generic[R]):
    literals: dict[str, "_Node[R]"] = field(default_factory=dict)
    star: "_Node[R] | None" = None
    # By verb behind the colon ("" is none), then by HTTP method.
    here: dict[str, dict[str, tuple[Template, R]]] = field(default_factory=dict)
    rest: dict[str, dict[str, tuple[Template, R]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match(Generic[R]):
    """What stands at a path: a route for each HTTP method, and the segments for its template."""

    methods: dict[str, tuple[Template, R]]
    segments: Sequence[str]


class Routes(Generic[R]):
    """All routes of a contract."""

    def __init__(self) -> None:
        self._root: _Node[R] = _Node()

    def add(self, method: str, template: Template, route: R) -> None:
        """Add a route; raises ValueError where there is one already."""
        node = self._root
        segments = template.segments
        for segment in segments[:-1] if segments[-1] == REST else segments:
            if segment == STAR:
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.literals.setdefault(unescape(segment), _Node())
        verbs = node.rest if segments[-1] == REST else node.here
        methods = verbs.setdefault(template.verb, {})
        if method in methods:
            raise ValueError(f"two routes for {method} {template}")
        methods[method] = (template, route)

    def find(self, path: str) -> Match[R] | None:
        """The routes at a path as it was sent, percent-encoded. Raises UnicodeDecodeError where it is not UTF-8."""
        sent = path.split("/")[1:]
        names = [unescape(segment) for segment in sent]
        last, colon, verb = sent[-1].rpartition(":")
        if colon:
            segments = [*sent[:-1], last]
            found = next(_leaves(self._root, [*names[:-1], unescape(last)], 0, verb), None)
            if found:
                return Match(found, segments)
        found = next(_leaves(self._root, names, 0, ""), None)
        return Match(found, sent) if found else None


def _leaves(node: _Node[R], names: Sequence[str], depth: int, verb: str) -> Iterator[dict[str, tuple[Template, R]]]:
    if depth == len(names):
        yield from filter(None, [node.here.get(verb)])
    else:
        name = names[depth]
        if name in node.literals:
            yield from _leaves(node.literals[name], names, depth + 1, verb)
        if node.star and name:
            yield from _leaves(node.star, names, depth + 1, verb)
    yield from filter(None, [node.rest.get(verb)])
