"""Runs a function in a process of its own, which can be killed: what computes, or may crash, belongs there.

The child leads a process group. A guard in it waits for the end of the parent, however it comes, and then kills them
all, and what has left the group, as browsers do. Arguments and outcome are what JSON can say.
"""

import asyncio
import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from services.jobs.domain import Failure, JobFailed

# Between SIGTERM and SIGKILL.
GRACE_SECONDS = 5.0
# A cancellation with this message kills at once.
NO_GRACE = "no grace"
PR_SET_CHILD_SUBREAPER = 36
# Who is killed may have started another just before.
ROUNDS = 20
# The child finds modules where its parent does.
START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from services.jobs.child import main
main(int(sys.argv[2]))
"""


class ChildFailed(Exception):
    """The function raised, which stands in the log, or its process died."""


class ChildKilled(ChildFailed):
    """Its process died of a signal, such as the want of memory or a fault in a library brings."""


async def run_in_child(function: Callable[..., object], *args: object) -> Any:
    """What the function returns; JobFailed if it raises that. A cancellation ends the process with all its own."""
    call = orjson.dumps([function.__module__, function.__qualname__, args])
    with _leash() as leash:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", START, orjson.dumps(sys.path).decode(), str(leash)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # What works on what others sent need not know how we reach the database.
            env={},
            start_new_session=True,
            pass_fds=(leash,),
        )
        said = await _heard(process, call)
    return _outcome(process, said)


@contextmanager
def _leash() -> Iterator[int]:
    """One end of a pipe. The other stays here and is written nowhere, so this one is at its end when we are."""
    here, there = os.pipe()
    try:
        yield here
    finally:
        os.close(here)
        os.close(there)


async def _heard(process: asyncio.subprocess.Process, call: bytes) -> bytes:
    grace = GRACE_SECONDS
    try:
        said, _ = await process.communicate(call)
    except asyncio.CancelledError as error:
        grace = 0 if NO_GRACE in error.args else GRACE_SECONDS
        raise
    finally:
        await _end(process, grace)
    return said


async def _end(process: asyncio.subprocess.Process, grace: float) -> None:
    """Leave nothing of the group."""
    try:
        if process.returncode is None:
            kill_strays(process.pid)
        if process.returncode is None and grace:
            os.killpg(process.pid, signal.SIGTERM)
            async with asyncio.timeout(grace):
                await process.wait()
    except (ProcessLookupError, TimeoutError):
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _outcome(process: asyncio.subprocess.Process, said: bytes) -> Any:
    if process.returncode != 0:
        kind = ChildKilled if process.returncode and process.returncode < 0 else ChildFailed
        raise kind(f"the child ended with {process.returncode}")
    returned, outcome = orjson.loads(said)
    if returned:
        return outcome
    *failure, retry_after = outcome
    raise JobFailed(Failure(*failure), retry_after)


def main(leash: int) -> None:
    """The child: reads a call, and writes what came of it."""
    _adopt()
    if os.fork() == 0:
        _guard(leash)
    os.close(leash)
    # Whatever prints must not disturb what is said to the parent.
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        answer.write(orjson.dumps(_called(sys.stdin.buffer.read())))


def descendants(root: int) -> dict[int, int]:
    """The processes that it has started, and those that they have; each with its group."""
    children: dict[int, list[tuple[int, int]]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, parent, group, *_ = path.read_text(errors="replace").rpartition(")")[2].split()
            if state != "Z":
                children.setdefault(int(parent), []).append((int(path.parent.name), int(group)))
    found: dict[int, int] = {}
    wanted = [root]
    while wanted:
        new = children.get(wanted.pop(), [])
        found.update(new)
        wanted.extend(pid for pid, _ in new)
    return found


def kill_strays(root: int) -> None:
    """Kill what a child has started that has left its group, as long as there is any."""
    for _ in range(ROUNDS):
        strays = [pid for pid, group in descendants(root).items() if group != root]
        if not strays:
            return
        for pid in strays:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _adopt() -> None:
    """Have what loses its parent below us become our own, so that it is found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _called(call: bytes) -> list[object]:
    module, name, args = orjson.loads(call)
    try:
        return [True, getattr(importlib.import_module(module), name)(*args)]
    except JobFailed as failed:
        return [False, [*failed.failure, failed.retry_after]]


def _guard(leash: int) -> None:
    """Kill the group at the end of the parent, if nobody does so before."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Keep nothing open that others wait to see closed.
    os.dup2(leash, 0)
    # Not each number that there may be: that can take minutes.
    for each in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # the list itself is closed already
            if each:
                os.close(each)
    os.read(0, 1)
    kill_strays(os.getpgrp())
    os.killpg(0, signal.SIGKILL)
