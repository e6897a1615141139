"""Processes to be killed and started again, and how to wait for what happens to them."""

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.stack.supervisor import Program

SECONDS = 20.0


async def until(condition: Callable[[], Any], seconds: float = SECONDS) -> None:
    """Return when the condition holds; fail when it does not in time. It may be a coroutine function."""
    give_up = time.monotonic() + seconds
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        assert time.monotonic() < give_up, f"not so within {seconds:g} s: {condition}"
        await asyncio.sleep(0.02)


@dataclass
class Killable:
    """A program that is started, ended and started again."""

    program: Program
    ready: Callable[["Killable"], bool]
    process: "subprocess.Popen[bytes] | None" = None
    launches: int = 0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        assert self.program.log is not None, "every program of these tests has a log"
        return self.program.log

    def launch(self) -> None:
        """Start it; it may not be ready yet."""
        self.launches += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.program.command,
                env=None if self.program.environ is None else dict(self.program.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        await self.up()

    async def up(self) -> None:
        """Wait until it is ready."""
        await until(lambda: asyncio.to_thread(self.ready, self))

    def send(self, sign: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None, "it was started"
        self.process.send_signal(sign)

    async def ended(self, seconds: float = SECONDS) -> int:
        """Wait for its end: its exit code, negative for a signal."""
        process = self.process
        assert process is not None, "it was started"
        await until(lambda: process.poll() is not None, seconds)
        return int(process.returncode)

    async def end(self, sign: signal.Signals) -> int:
        """Send a signal and wait for its end."""
        self.send(sign)
        return await self.ended()

    def clean_up(self) -> None:
        """Leave nothing of it behind, frozen or not."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def says_it_serves(killable: Killable) -> bool:
    """Whether a process of ours took up its work, this time. Its port would not tell: replicas may share one."""
    return len(re.findall(r"serving +\w+=", killable.log.read_text())) >= killable.launches


@contextmanager
def kept_tidy() -> Iterator[Callable[[Killable], Killable]]:
    """Makes sure that every program handed to it is gone at the end."""
    known: list[Killable] = []

    def keep(killable: Killable) -> Killable:
        known.append(killable)
        return killable

    try:
        yield keep
    finally:
        for each in reversed(known):
            each.clean_up()
