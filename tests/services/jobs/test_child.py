"""Functions in processes of their own: what they answer, and that nothing of them stays."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from services.jobs.child import NO_GRACE, ChildFailed, ChildKilled, descendants, run_in_child
from services.jobs.domain import JobFailed
from tests.services.jobs.children import AWAY, answer, die, fail, stay, stumble

ROOT = Path(__file__).parents[3]
PARENT = """
import sys, uvloop
from services.jobs.child import run_in_child
from tests.services.jobs.children import stay
uvloop.run(run_in_child(stay, sys.argv[1], True))
"""


def gone(pid: int) -> bool:
    """Whether a process is no more, or only a name in the table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until(true: Callable[[], object], seconds: float = 5) -> None:
    """Wait until something is true."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not come to pass"
        await asyncio.sleep(0.02)


def children() -> set[int]:
    """What we have started ourselves: not what the servers of other tests start meanwhile."""
    return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


async def with_all_its_own(work: Coroutine[Any, Any, str]) -> tuple[str, set[int]]:
    """What comes of it, and every process that was started for it."""
    before, seen, task = children(), set[int](), asyncio.create_task(work)
    while not task.done():
        for child in children() - before:
            seen |= {child, *descendants(child)}
        await asyncio.sleep(0.02)
    return await task, seen


async def staying(tmp_path: Path, deaf: bool) -> tuple[asyncio.Task[Any], list[int]]:
    """A child that stays, and its process and the one it has started."""
    pids = tmp_path / "pids"
    task = asyncio.create_task(run_in_child(stay, str(pids), deaf))
    await until(pids.exists, 15)
    return task, [int(pid) for pid in pids.read_text().split()]


async def ended(task: asyncio.Task[Any], *message: str) -> float:
    """Cancel a child; how long it took to end."""
    started = time.monotonic()
    task.cancel(*message)
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - started


def test_what_the_function_returns_is_the_answer() -> None:
    big = "x" * 3_000_000
    # In the event loop of a worker, which leaves more open in a child.
    said = uvloop.run(asyncio.wait_for(run_in_child(answer, 1, {"two": [3.5, None]}, big), 10))
    assert said == {"args": [1, {"two": [3.5, None]}, big], "leads": True}


async def test_a_failure_comes_through_and_a_mistake_does_not() -> None:
    with pytest.raises(JobFailed) as failed:
        await run_in_child(fail)
    assert (failed.value.failure, failed.value.retry_after) == (AWAY, 7.0)
    for function, code, killed in ((stumble, 1, False), (die, -signal.SIGABRT, True)):
        with pytest.raises(ChildFailed, match=re.escape(f"ended with {code}")) as died:
            await run_in_child(function)
        assert isinstance(died.value, ChildKilled) is killed


async def test_a_cancelled_child_ends_with_what_it_has_started(tmp_path: Path) -> None:
    task, pids = await staying(tmp_path, deaf=False)
    assert await ended(task) < 4
    await until(lambda: all(map(gone, pids)))


async def test_a_deaf_child_is_killed_after_the_grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.jobs.child.GRACE_SECONDS", 0.5)
    task, pids = await staying(tmp_path, deaf=True)
    assert 0.4 < await ended(task) < 4
    await until(lambda: all(map(gone, pids)))


async def test_a_child_whose_job_is_lost_is_killed_at_once(tmp_path: Path) -> None:
    task, pids = await staying(tmp_path, deaf=True)
    assert await ended(task, NO_GRACE) < 4
    await until(lambda: all(map(gone, pids)))


async def test_a_child_and_what_it_has_started_die_with_their_parent(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")])}
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, str(pids), env=environ)
    try:
        await until(pids.exists, 15)
    finally:
        parent.kill()
        await parent.wait()
    members = [int(pid) for pid in pids.read_text().split()]
    await until(lambda: all(map(gone, members)), 1)
