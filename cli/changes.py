"""Sends a file of changes to the feed, batch by batch, and says which line is wrong."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from cli.gateway import Gateway, Refused
from cli.problems import Problem, Unreachable

PATH = "/api/v1/feed"
CHANGES_A_CALL = 1000
# Well below what the gateway takes: a message may be long.
BYTES_A_CALL = 1 << 20


@dataclass
class Batch:
    """Changes that go out in one call, and the line of the file each stands on."""

    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    size: int = 0

    def has_room(self, line: bytes) -> bool:
        """Whether one more fits."""
        return not self.lines or (len(self.lines) < CHANGES_A_CALL and self.size + len(line) <= BYTES_A_CALL)

    def add(self, number: int, line: bytes) -> None:
        """Take one more."""
        self.numbers.append(number)
        self.lines.append(line)
        self.size += len(line)

    def body(self) -> bytes:
        """The request; the lines are JSON already."""
        return b'{"changes":[' + b",".join(self.lines) + b"]}"


def send_changes(gateway: Gateway, lines: Iterable[bytes], from_line: int, say: Callable[[str], None]) -> Iterator[int]:
    """Send all, in order; yields how many each call took. Raises Problem with the line that is wrong."""
    for batch in _batches(lines, from_line):
        try:
            gateway.call_patiently(
                "POST", PATH, say=say, content=batch.body(), headers={"Content-Type": "application/json"}
            )
        except Refused as error:
            raise _located(error, batch) from error
        except (Unreachable, KeyboardInterrupt) as error:
            line = batch.numbers[0]
            raise Unreachable(
                f"Broken off: go on with --from-line {line}; what stands before is in. {error}"
            ) from error
        yield len(batch.lines)


def _batches(lines: Iterable[bytes], from_line: int) -> Iterator[Batch]:
    batch = Batch()
    for number, line in enumerate(lines, 1):
        change = line.strip()
        if number < from_line or not change:
            continue
        fault = _fault(change)
        if (fault or not batch.has_room(change)) and batch.lines:
            yield batch
            batch = Batch()
        if fault:
            raise Problem(f"Line {number} {fault}.\nWhat stands before it is in: go on with --from-line {number}.")
        batch.add(number, change)
    if batch.lines:
        yield batch


def _fault(change: bytes) -> str:
    try:
        parsed = orjson.loads(change)
    except orjson.JSONDecodeError as error:
        return f"is not JSON: {error.msg}, column {error.colno}"
    return "" if isinstance(parsed, dict) else 'is no change: a change is an object like {"user": {…}}'


def _located(error: Refused, batch: Batch) -> Problem:
    """The same error, with lines of the file instead of places in the request."""
    lines = []
    for place, message in error.details:
        match = re.match(r"changes\[(\d+)\]\.?(.*)", place)
        if match and int(match[1]) < len(batch.numbers):
            lines.append(f"Line {batch.numbers[int(match[1])]}: {match[2] or 'change'}: {message}")
    if not lines:
        return error
    first, last = batch.numbers[0], batch.numbers[-1]
    rest = f"Nothing from line {first} to {last} was taken, all before it was: go on with --from-line {first}."
    return Problem("\n".join([*lines, rest]))
