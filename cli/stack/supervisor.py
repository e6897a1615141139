"""Runs programs side by side: keeps them running, prefixes what they print, and leaves none behind."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click

from cli.problems import Problem

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# A program that ran this long has recovered: its next fall is again its first.
RECOVERED_AFTER = 60.0
SECONDS_TO_START = 60.0
# More than any of our own takes with the usual CAIRN_DRAIN_SECONDS: a worker of jobs, 25 after SIGTERM at most.
SECONDS_TO_STOP = 30.0


@dataclass(frozen=True)
class Program:
    """What to run. Without a log file its lines go to the terminal, after its name."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    log: Path | None = None


@dataclass
class Running:
    """A program under way."""

    program: Program
    process: subprocess.Popen[bytes]
    since: float
    falls: int = 0
    # When to start it again; None while it runs.
    due: float | None = None
    pump: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Starts programs in order and stops them in the reverse one.

    Must be used from the main thread: a program on a leash ends with the thread that started it.
    """

    def __init__(self, journal: Path) -> None:
        """`journal` is where running processes are written down, for the next start to find those left behind."""
        self._journal = journal
        self._running: list[Running] = []

    def start(self, program: Program) -> None:
        """Start one more program; its log begins anew, the one of its last start is kept beside it."""
        if program.log is not None and program.log.exists():
            program.log.replace(program.log.with_suffix(".previous"))
        self._running.append(self._launch(program))
        self._note()

    def wait_for(self, ready: Callable[[], bool], seconds: float = SECONDS_TO_START) -> None:
        """Return when the program started last is ready; raises Problem when it is late or one of all has ended."""
        give_up = time.monotonic() + seconds
        while not ready():
            for each in self._running:
                code = each.process.poll()
                if code is not None:
                    self._drain(each)
                    raise Problem(f"{each.program.name} ended {_how(code)} before all was up{_see(each.program)}.")
            if time.monotonic() > give_up:
                program = self._running[-1].program
                raise Problem(f"{program.name} was not ready within {seconds:g} s{_see(program)}.")
            time.sleep(0.05)

    def revive(self) -> None:
        """Start again what has ended, each time after a longer pause."""
        for place, each in enumerate(self._running):
            code = each.process.poll()
            if code is None:
                continue
            if each.due is None:
                self._plan(each, code)
            elif time.monotonic() >= each.due:
                self._running[place] = self._launch(each.program)
                self._running[place].falls = each.falls
                self._note()

    def stop(self) -> None:
        """Stop all, the last started first."""
        while self._running:
            each = self._running.pop()
            _end(each.process, each.program.stop_signal)
            self._drain(each)
        self._journal.unlink(missing_ok=True)

    def _launch(self, program: Program) -> Running:
        with _output(program) as output:
            process = subprocess.Popen(
                program.command,
                env=None if program.environ is None else dict(program.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop them in order
            )
        running = Running(program, process, time.monotonic())
        if process.stdout is not None:
            running.pump = threading.Thread(target=_pump, args=(program.name, process.stdout), daemon=True)
            running.pump.start()
        return running

    def _plan(self, each: Running, code: int) -> None:
        if time.monotonic() - each.since > RECOVERED_AFTER:
            each.falls = 0
        delay = min(FIRST_DELAY * 2**each.falls, LONGEST_DELAY)
        each.falls += 1
        each.due = time.monotonic() + delay
        say(f"{each.program.name} ended {_how(code)}{_see(each.program)}; starting it again in {delay:g} s")

    def _drain(self, each: Running) -> None:
        if each.pump is not None:
            each.pump.join(timeout=1)

    def _note(self) -> None:
        entries = [
            {"name": each.program.name, "pid": each.process.pid, "born": born(each.process.pid)}
            for each in self._running
        ]
        fresh = self._journal.with_suffix(".new")
        fresh.write_text(json.dumps(entries))
        fresh.replace(self._journal)


def end_left_behind(journal: Path) -> None:
    """Stop the processes of an earlier run that was killed before it could."""
    if not journal.exists():
        return
    for entry in reversed(json.loads(journal.read_text())):
        pid = entry["pid"]
        if not entry["born"] or born(pid) != entry["born"]:
            continue
        say(f"stopping {entry['name']} (process {pid}), left behind by an earlier run")
        # PostgreSQL would wait for its clients on SIGTERM; all of ours take SIGINT as well.
        _signal(pid, signal.SIGINT)
        give_up = time.monotonic() + SECONDS_TO_STOP
        while born(pid) == entry["born"] and time.monotonic() < give_up:
            time.sleep(0.05)
        _signal_group(pid, signal.SIGKILL)
    journal.unlink(missing_ok=True)


def born(pid: int) -> str:
    """When a process started, in the kernel's ticks: with its id a name that is never used twice. Empty if gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def say(line: str) -> None:
    """Tell the person at the terminal."""
    _line("cairn", line)


def _output(program: Program) -> AbstractContextManager[int | IO[bytes]]:
    if program.log is None:
        return nullcontext(subprocess.PIPE)
    program.log.parent.mkdir(parents=True, exist_ok=True)
    return program.log.open("ab")


def _line(name: str, line: str) -> None:
    click.echo(f"{click.style(f'{name:9} |', dim=True)} {line}", err=True)


def _pump(name: str, lines: IO[bytes]) -> None:
    with lines:
        for line in lines:
            _line(name, line.decode(errors="replace").rstrip())


def _end(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(sign)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _signal_group(pid: int, sign: signal.Signals) -> None:
    try:
        os.killpg(pid, sign)
    except ProcessLookupError:
        return


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"


def _see(program: Program) -> str:
    return f" (see {program.log})" if program.log else ""
