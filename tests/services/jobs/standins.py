"""Kinds of jobs that only tests have, and the main of a worker that knows them.

Each writes what it does into the file that its input names: "begin 1" when its first attempt begins, and so on.
"""

import asyncio
import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from cairn.jobs.v1 import jobs_pb2, results_pb2
from services.jobs import worker
from services.jobs.actions import Action
from services.jobs.child import run_in_child
from services.jobs.context import Context
from services.jobs.domain import Failure, JobFailed, Kind, Queue
from tests.services.jobs.children import AWAY, stay

BAD = Failure("BAD_INPUT", "That cannot be done.", False)
SPIN = 60.0


def result(words: str) -> bytes:
    """A result that says so."""
    return jobs_pb2.Result(search=results_pb2.SearchResult(mode_reason=words)).SerializeToString()


RESTED = result("rested")


class Notes:
    """What is written down of one attempt."""

    def __init__(self, given: bytes, context: Context) -> None:
        """`given` is the input, in JSON."""
        self.given: dict[str, Any] = json.loads(given)
        self._attempt = context.job.attempt
        self.write("begin")

    def there(self) -> bool:
        """Whether the file is still there."""
        return Path(self.given["notes"]).exists()

    def write(self, word: str) -> None:
        """Write down a word and the attempt."""
        with Path(self.given["notes"]).open("a") as notes:
            notes.write(f"{word} {self._attempt}\n")


async def nap(given: bytes, context: Context) -> bytes:
    """Sleep for so many seconds."""
    notes = Notes(given, context)
    try:
        await asyncio.sleep(notes.given.get("seconds", 0))
    except asyncio.CancelledError:
        notes.write("cancelled")
        raise
    notes.write("end")
    return RESTED


async def stubborn(given: bytes, context: Context) -> bytes:
    """Go on after a cancellation, and have a result."""
    notes = Notes(given, context)
    try:
        await asyncio.sleep(SPIN)
    except asyncio.CancelledError:
        notes.write("cancelled")
    return result("in spite of all")


async def deaf(given: bytes, context: Context) -> bytes:
    """Go on in spite of any cancellation, until the file of notes is gone."""
    notes = Notes(given, context)
    while notes.there():
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.05)
    return result("at its own time")


async def flaky(given: bytes, context: Context) -> bytes:
    """Fail so many times, and then succeed."""
    notes = Notes(given, context)
    if context.job.attempt <= notes.given["times"]:
        raise JobFailed(AWAY, notes.given.get("retry_after"))
    return result("at last")


async def bad(given: bytes, context: Context) -> bytes:
    """Fail for good."""
    Notes(given, context)
    raise JobFailed(BAD)


async def broken(given: bytes, context: Context) -> bytes:
    """Have a mistake in it."""
    Notes(given, context)
    raise ValueError("a secret of the person")


async def garbled(given: bytes, context: Context) -> bytes:
    """Have a result that nobody can read."""
    Notes(given, context)
    return b"rested"


async def block(given: bytes, context: Context) -> bytes:
    """Keep everything else in the process from running."""
    notes = Notes(given, context)
    threading.Event().wait(notes.given["seconds"])
    notes.write("end")
    return result("unblocked")


async def large(given: bytes, context: Context) -> bytes:
    """Have a result of so many bytes."""
    size = int(Notes(given, context).given["size"])
    return result("x" * (size - len(result("x" * size)) + size))


async def abort(given: bytes, context: Context) -> bytes:
    """Take the whole process along."""
    Notes(given, context)
    os.abort()


async def count(given: bytes, context: Context) -> bytes:
    """Say so many times how far it is."""
    notes = Notes(given, context)
    total = notes.given["total"]
    for number in range(total):
        await context.progress(number + 1, total, "counting")
        await asyncio.sleep(notes.given.get("pause", 0))
    return result("counted")


async def walk(given: bytes, context: Context) -> bytes:
    """Take two steps, of which the second succeeds at the second attempt."""
    notes = Notes(given, context)
    context.plan("first", "second", "third")

    async def first() -> dict[str, int]:
        notes.write("first")
        return {"attempt": context.job.attempt}

    async def second() -> str:
        notes.write("second")
        if context.job.attempt == 1:
            raise JobFailed(AWAY, 0.3)
        return "done"

    kept = await context.step("first", first)
    await context.step("second", second)
    context.skip("third", "NOT_NEEDED")
    return result(json.dumps(kept))


async def crunch(given: bytes, context: Context) -> bytes:
    """Compute in a child process, without end."""
    notes = Notes(given, context)
    await run_in_child(stay, notes.given["pids"], notes.given.get("deaf", False))
    return result("never")


def actions() -> list[Action]:
    """All of them, each of the kind of its name."""
    return [
        *(Action(Kind(run.__name__, Queue.INTERACTIVE), run) for run in (nap, stubborn, flaky, bad, broken, block)),
        *(Action(Kind(run.__name__, Queue.INTERACTIVE), run) for run in (large, abort, count, walk, crunch, deaf)),
        Action(Kind("garbled", Queue.INTERACTIVE, max_attempts=1), garbled),
        Action(Kind("hurried", Queue.INTERACTIVE, run_seconds=0.3, max_attempts=1), nap),
        Action(Kind("elsewhere", Queue.BULK), nap),
    ]


def main() -> None:
    """Work; TEST_LEAVE_SECONDS says how long it may take to leave."""
    worker.LEAVE_SECONDS = float(os.environ.get("TEST_LEAVE_SECONDS", worker.LEAVE_SECONDS))
    worker.main(lambda *_: actions())
