import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.problems import Problem
from cli.stack.guard import check_ports, held
from cli.stack.leash import leashed
from cli.stack.supervisor import Program, Supervisor, born, end_left_behind


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "processes.json"


@pytest.fixture
def watched(journal: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(journal)
    yield supervisor
    supervisor.stop()


def test_what_falls_is_started_again_later_each_time(watched: Supervisor, capfd: pytest.CaptureFixture[str]) -> None:
    watched.start(Program("faller", (sys.executable, "-c", "print('alive', flush=True); raise SystemExit(7)")))
    give_up = time.monotonic() + 15
    said = ""
    while "starting it again in 1 s" not in said and time.monotonic() < give_up:
        watched.revive()
        time.sleep(0.02)
        said += capfd.readouterr().err
    assert "faller ended with code 7; starting it again in 0.5 s" in said
    assert "faller    | alive" in said


def test_a_program_that_ends_before_it_is_ready_stops_the_start(watched: Supervisor) -> None:
    watched.start(Program("early", (sys.executable, "-c", "raise SystemExit(3)")))
    with pytest.raises(Problem, match="early ended with code 3 before all was up"):
        watched.wait_for(lambda: False)


def test_a_program_that_is_never_ready_is_given_up(watched: Supervisor) -> None:
    watched.start(Program("slow", ("sleep", "60")))
    with pytest.raises(Problem, match=r"slow was not ready within 0\.1 s"):
        watched.wait_for(lambda: False, seconds=0.1)


def test_they_stop_in_reverse_order(watched: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    script = 'trap "echo $0 >> $1; exit 0" TERM; touch $1.$0; while :; do sleep 0.01; done'
    for name in ("first", "second"):
        watched.start(Program(name, ("bash", "-c", script, name, str(order))))
        watched.wait_for(Path(f"{order}.{name}").exists)
    watched.stop()
    assert order.read_text().split() == ["second", "first"]


def test_a_leashed_program_dies_with_a_parent_that_is_killed(journal: Path) -> None:
    pid = orphan(journal, leashed(["sleep", "60"], signal.SIGTERM))
    give_up = time.monotonic() + 10
    while born(pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert born(pid) == ""


def test_what_was_left_behind_is_stopped_at_the_next_start(journal: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pid = orphan(journal, ["sleep", "60"])
    assert born(pid)
    end_left_behind(journal)
    assert born(pid) == ""
    assert f"stopping left (process {pid})" in capfd.readouterr().err


def test_another_program_with_a_process_id_of_ours_is_left_alone(journal: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        journal.write_text(json.dumps([{"name": "postgres", "pid": stranger.pid, "born": "1"}]))
        end_left_behind(journal)
        assert stranger.poll() is None
        stranger.kill()


def test_a_data_directory_is_held_once(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(Problem, match=r"running on .* already"), held(tmp_path):
        pytest.fail("held twice")
    with held(tmp_path):
        pass


def test_every_taken_port_is_named_with_its_variable(free_port: Callable[[], int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Problem, match=f"port {port}: free it, or set CAIRN_REDIS_PORT"):
            check_ports([("CAIRN_GATEWAY_PORT", "127.0.0.1", free_port()), ("CAIRN_REDIS_PORT", "127.0.0.1", port)])
    check_ports([("CAIRN_REDIS_PORT", "127.0.0.1", port)])


def orphan(journal: Path, command: list[str]) -> int:
    """Have a supervisor in another process start a program and be killed; the program's process id."""
    script = (
        "import os, pathlib, sys\n"
        "from cli.stack.supervisor import Program, Supervisor\n"
        f"Supervisor(pathlib.Path({str(journal)!r})).start(Program('left', {tuple(command)!r}))\n"
        "import time; time.sleep(0.3)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    pid: int = json.loads(journal.read_text())[0]["pid"]
    return pid
