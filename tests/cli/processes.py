"""Commands in processes of their own: for those that go on, and those that are interrupted."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from tests.conftest import Stack

SECONDS = 20


@contextmanager
def running(stack: Stack, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command; one that says nothing more is ended, so that nobody waits for it."""
    command = [sys.executable, "-m", "cli", *arguments]
    environ = {**os.environ, **stack.environ, "CAIRN_URL": stack.base_url}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        timer = Timer(SECONDS, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()
