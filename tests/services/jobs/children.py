"""Functions that the tests run in child processes; a module of its own, since a child imports all that stands here."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from services.jobs.domain import Failure, JobFailed

AWAY = Failure("UPSTREAM_AWAY", "The other side does not answer.", True)


def answer(*args: object) -> object:
    """Say what was heard, and more on the standard output, where it does no harm."""
    sys.stdout.write("noise")
    return {"args": args, "leads": os.getpgid(0) == os.getpid()}


def fail() -> None:
    """Fail as an action does."""
    raise JobFailed(AWAY, 7.0)


def stumble() -> None:
    """Have a mistake in it."""
    raise ValueError("a secret")


def die() -> None:
    """Crash."""
    os.abort()


def stay(pids: str, deaf: bool) -> None:
    """Start a process, write down both, and compute without end; where it is deaf, SIGTERM does nothing."""
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    other = subprocess.Popen(["sleep", "60"])
    path = Path(pids)
    path.with_suffix(".new").write_text(f"{os.getpid()} {other.pid}")
    path.with_suffix(".new").rename(path)
    while True:
        sum(range(10_000))
