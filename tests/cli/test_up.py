"""The journey of `cairn up`: start, fall, kill, start again, stop; with its real parts."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from cli.stack.processes import PROCESSES
from cli.stack.supervisor import born

pytestmark = pytest.mark.slow

# To load the model takes each process of the jobs service two seconds; nothing is searched here.
NO_MODEL = {"CAIRN_EMBEDDINGS_URL": "http://127.0.0.1:9/"}
PORTS = ("POSTGRES", "REDIS", *(process.name.upper() for process in PROCESSES))


class Up:
    """A `cairn up` with a data directory and ports of its own."""

    def __init__(self, folder: Path, ports: dict[str, str]) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        self.environ = {**clean, "CAIRN_DATA_DIR": str(folder / "data"), **ports, **NO_MODEL}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            command = [sys.executable, "-m", "cli", "up"]
            self.process = subprocess.Popen(command, env=self.environ, stdout=out, stderr=err)
        self.wait_for(lambda: len(self.lines_to_try()) == 3)

    def lines_to_try(self) -> list[str]:
        return re.findall(r"^curl .*", (self.folder / "out").read_text(), re.MULTILINE)

    def told(self) -> str:
        return (self.folder / "err").read_text()

    def children(self) -> dict[str, tuple[int, str]]:
        entries = json.loads((self.folder / "data/processes.json").read_text())
        return {entry["name"]: (entry["pid"], entry["born"]) for entry in entries}

    def wait_for(self, true: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 60
        while not true():
            assert time.monotonic() < give_up, self.told()
            time.sleep(0.05)

    def end(self, sign: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(60)

    def count(self) -> int:
        """The saved items of the person whose token was printed."""
        url, token = (re.search(pattern, self.lines_to_try()[2]) for pattern in (r"http\S+", r"Bearer ([^\"]+)"))
        assert url
        assert token
        answer = httpx.get(url[0], headers={"Authorization": f"Bearer {token[1]}"}, timeout=10)
        return int(answer.json()["data"]["count"])


@pytest.fixture
def up(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Up]:
    ports = {f"CAIRN_{name}_PORT": str(free_port()) for name in PORTS}
    up = Up(tmp_path, ports)
    yield up
    if up.process is not None and up.process.poll() is None:
        up.end(signal.SIGTERM)


def test_state_survives_whatever_happens_to_it(up: Up) -> None:
    up.start()
    assert "loaded the sample workspace" in up.told()
    paste(up)
    refuse_a_second(up)
    revive_a_child(up)
    die_without_a_word(up)
    up.start()
    assert "loaded the sample workspace" not in up.told()
    assert up.count() == 1
    stop_cleanly(up)


def paste(up: Up) -> None:
    """The printed lines work as they are, in a shell."""
    answers = [json.loads(subprocess.check_output(["bash", "-c", line])) for line in up.lines_to_try()]
    saved, listed, counted = (answer["data"] for answer in answers)
    assert saved["bookmark"]["message"]["preview"].startswith("The Keeper's House")
    assert [item["data"]["id"] for item in listed] == [saved["bookmark"]["id"]]
    assert counted == {"count": 1}


def refuse_a_second(up: Up) -> None:
    command = [sys.executable, "-m", "cli", "up"]
    second = subprocess.run(command, env=up.environ, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "running on" in second.stderr
    elsewhere = {**up.environ, "CAIRN_DATA_DIR": str(up.folder / "other")}
    third = subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)
    assert third.returncode == 1
    for name in PORTS:
        assert f"port {up.environ[f'CAIRN_{name}_PORT']}: free it, or set CAIRN_{name}_PORT" in third.stderr


def revive_a_child(up: Up) -> None:
    for name in ("bookmarks", "jobs_interactive", "postgres"):
        before = up.children()[name]
        os.kill(before[0], signal.SIGKILL)
        up.wait_for(partial(is_another, up, name, before))
        assert f"{name} ended by SIGKILL" in up.told()
    up.wait_for(lambda: httpx.get(f"http://127.0.0.1:{up.environ['CAIRN_GATEWAY_PORT']}/readyz").is_success)


def is_another(up: Up, name: str, before: tuple[int, str]) -> bool:
    return up.children()[name] != before


def die_without_a_word(up: Up) -> None:
    """No process outlives a `cairn up` that is killed."""
    children = up.children()
    assert set(children) == {"postgres", "redis", *(process.name for process in PROCESSES)}
    up.end(signal.SIGKILL)
    up.wait_for(lambda: not any(born(pid) == since for pid, since in children.values()))


def stop_cleanly(up: Up) -> None:
    children = up.children()
    assert up.end(signal.SIGINT) == 0
    assert not any(born(pid) for pid, _ in children.values())
    assert not (up.folder / "data/processes.json").exists()
    stopped = [line for line in up.told().splitlines() if "draining" in line]
    assert [line.split()[0] for line in stopped] == [process.name for process in reversed(PROCESSES)]
