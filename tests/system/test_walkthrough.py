"""docs/walkthrough.md is true: everything it says to type is typed, on a fresh Cairn started as it says."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.stack.leash import leashed
from cli.stack.processes import PROCESSES
from tests.conftest import ONE_THREAD
from tests.system.walk import DOCUMENT, Step, agrees, run, steps

SECONDS = 90
LARGER = "A larger chat"
# What takes a quarter of a minute each time that a worker is killed, in a third of it.
SOONER = {"CAIRN_JOBS_LEASE_SECONDS": "5", "CAIRN_JOBS_BEAT_SECONDS": "1.5"}
CHAT = Path(__file__).parents[3] / "shared" / "data" / "lean-chat.ndjson.gz"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Started:
    """`cairn up`, as `make run` starts it."""

    environ: dict[str, str]
    others: dict[str, str]
    said: str
    process: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Started]:
    """A fresh Cairn with everything of its own. What the document calls .data and 8080 is elsewhere here."""
    folder = tmp_path_factory.mktemp("walk") / "data"
    ports = {name: str(free_port()) for name in ("POSTGRES", "REDIS", *(each.name.upper() for each in PROCESSES))}
    places = {f"CAIRN_{name}_PORT": port for name, port in ports.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    environ = {**clean, **places, **SOONER, **ONE_THREAD, "CAIRN_DATA_DIR": str(folder), "COLUMNS": "100"}
    environ["CAIRN_OUTGOING_ALLOW"] = "127.0.0.1"
    site = free_port()
    others = {
        ".venv/bin/": f"{BIN}/",
        ".venv/lib/": f"{BIN.parent}/lib/",
        "127.0.0.1:8080": f"127.0.0.1:{ports['GATEWAY']}",
        "http.server 8090": f"http.server {site}",
        "127.0.0.1:8090": f"127.0.0.1:{site}",
        "127.0.0.1:50051": f"127.0.0.1:{ports['BOOKMARKS']}",
        "127.0.0.1:50054": f"127.0.0.1:{ports['POSTGRES']}",
        "127.0.0.1:50055": f"127.0.0.1:{ports['REDIS']}",
        "stays in .data": f"stays in {folder}",
        " .data/": f" {folder}/",
        " chat.ndjson.gz": f" {CHAT}",
    }
    command = leashed([str(BIN / "cairn"), "up"], signal.SIGTERM)
    with (
        folder.with_name("log").open("w") as log,
        subprocess.Popen(
            command, cwd=DOCUMENT.parents[1], env=environ, text=True, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        yield Started(environ, others, welcome(process), process)
        process.send_signal(signal.SIGINT)


def welcome(process: "subprocess.Popen[str]") -> str:
    """What it says when all is up."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("curl") and "/count" in line:
            break
    return said


def part(larger: bool) -> list[Step]:
    """The steps before the last chapter, or those of it."""
    return [step for step in steps(DOCUMENT.read_text()) if (step.heading == LARGER) == larger]


def assert_true(walk: list[Step], started: Started) -> None:
    """What is printed is what the document says."""
    for step, printed in zip(walk, run(walk, started.environ, started.others), strict=True):
        assert agrees(step.expected, printed), f"{step.heading}\n$ {step.command}\n{printed}\nbut:\n{step.expected}"


@pytest.mark.slow
def test_it_starts_as_it_says(started: Started) -> None:
    first = part(larger=False)[0]
    # The setting is in the environment of the one that is started here.
    assert first.command == f"CAIRN_OUTGOING_ALLOW={started.environ['CAIRN_OUTGOING_ALLOW']} make run\n"
    makefile = (DOCUMENT.parents[1] / "Makefile").read_text()
    assert "exec $(BIN)/cairn up" in makefile
    said = started.said
    for ours, theirs in started.others.items():
        said = said.replace(theirs, ours)
    assert agrees(first.expected, said), said


@pytest.mark.slow
def test_the_walk(started: Started) -> None:
    walk = part(larger=False)[1:]
    assert len(walk) >= 20
    assert all(step.expected for step in walk)
    assert_true(walk, started)


@pytest.mark.slow
@pytest.mark.skipif(not CHAT.exists(), reason=f"{CHAT.name} is not beside this checkout")
def test_the_walk_through_a_larger_chat(started: Started) -> None:
    walk = part(larger=True)
    assert len(walk) >= 4
    assert_true(walk, started)


@pytest.mark.slow
def test_it_stops_as_it_says(started: Started) -> None:
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(SECONDS) == 0
