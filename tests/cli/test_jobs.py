import json
import signal
from typing import Any

import pytest
from click.testing import Result

from cli.gateway import Gateway
from services.jobs.domain import Caps
from tests.cli.conftest import Run
from tests.cli.processes import running
from tests.cli.rows import put
from tests.conftest import Stack


@pytest.fixture
def mira(run: Run, sample: str) -> Run:
    """Commands of Mira."""

    def call(*arguments: str) -> Result:
        return run("jobs", *arguments, "--user", "mira", "--workspace", sample)

    return call


@pytest.fixture
def waiting(stack: Stack, sample: str) -> str:
    """A job that waits."""
    return put(stack, sample, "pending")


@pytest.fixture
def failed(stack: Stack, sample: str) -> str:
    """A job that failed for good."""
    return put(stack, sample, "error")


@pytest.fixture
def complete(run: Run, sample: str, mira: Run) -> str:
    """A search that is done."""
    run("search", "whale", "--user", "mira", "--workspace", sample)
    return str(json.loads(mira("list", "--status", "complete", "--limit", "1", "--json").stdout)[0]["id"])


def test_a_job_that_is_done(mira: Run, complete: str) -> None:
    shown = mira("show", complete).stdout
    for expected in (complete, "complete", "1 of 3", "result until", "m-020"):
        assert expected in shown
    watched = mira("watch", complete)
    assert (watched.exit_code, watched.stdout.count("complete")) == (0, 1)
    assert "JOB_COMPLETE" in mira("cancel", complete).stderr
    assert "JOB_NOT_RETRYABLE" in mira("retry", complete).stderr


def test_a_job_that_failed(mira: Run, failed: str) -> None:
    for said in (mira("show", failed), mira("watch", failed)):
        assert "It took too long. (TIMEOUT)" in said.stdout
    assert "TIMEOUT" in mira("list", "--status", "error").stdout
    watched = mira("watch", failed)
    assert (watched.exit_code, watched.stderr) == (1, "Error: The job ended as error.\n")


def test_canceled_and_started_again(mira: Run, waiting: str) -> None:
    assert mira("cancel", waiting).stdout == f"Canceled: search {waiting}\n"
    assert mira("cancel", waiting).exit_code == 0
    again = json.loads(mira("retry", waiting, "--json").stdout)
    assert again["retriedFrom"] == waiting
    events = [json.loads(line) for line in mira("watch", again["id"], "--json").stdout.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("snapshot", "done")
    assert events[-1]["job"]["status"] == "complete"
    assert waiting in mira("show", again["id"]).stdout


def test_whoever_watches_sees_the_end(stack: Stack, mira: Run, sample: str, waiting: str) -> None:
    with running(stack, "jobs", "watch", waiting, "--user", "mira", "--workspace", sample) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline().endswith("  pending\n")
        mira("cancel", waiting)
        assert watching.stdout.readline().endswith("  canceled\n")
        assert watching.wait(10) == 1


def test_an_interrupted_watch_does_not_say_that_all_is_well(stack: Stack, mira: Run, sample: str, waiting: str) -> None:
    with running(stack, "jobs", "watch", waiting, "--user", "mira", "--workspace", sample) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline().endswith("  pending\n")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == 130
    assert json.loads(mira("show", waiting, "--json").stdout)["status"] == "pending"


def test_an_interrupted_search_is_canceled(stack: Stack, run: Run, sample: str) -> None:
    for _ in range(Caps().running):  # whoever has so many running waits with the next
        put(stack, sample, "running", "ben")
    who = ("--user", "ben", "--workspace", sample)
    with running(stack, "search", "whale", *who) as searching:
        while not (found := json.loads(run("jobs", "list", "--status", "pending", "--json", *who).stdout)):
            assert searching.poll() is None
        searching.send_signal(signal.SIGINT)
        assert searching.wait(10) == 1
    shown = json.loads(run("jobs", "show", found[0]["id"], "--json", *who).stdout)
    assert shown["status"] == "canceled"


def test_a_search_is_canceled_though_its_id_was_never_heard(
    stack: Stack, run: Run, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def interrupted(self: Gateway, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = call(self, method, path, **request)
        calls.append(method)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return answer

    call = Gateway.call
    for _ in range(Caps().running):
        put(stack, sample, "running", "noa")
    monkeypatch.setattr(Gateway, "call", interrupted)
    assert run("search", "whale", "--user", "noa", "--workspace", sample).exit_code == 1
    assert calls == ["POST", "POST", "DELETE"]
    monkeypatch.undo()
    listed = json.loads(run("jobs", "list", "--json", "--user", "noa", "--workspace", sample).stdout)
    assert [each["status"] for each in listed if each["status"] != "running"] == ["canceled"]


def test_lists_and_their_filters(run: Run, mira: Run, waiting: str, complete: str) -> None:
    listed = mira("list").stdout
    assert listed.index(complete) < listed.index(waiting)
    assert complete not in mira("list", "--status", "pending").stdout
    assert mira("list", "--kind", "nothing").stdout == "No jobs match.\n"
    short = mira("list", "--limit", "1")
    assert (complete in short.stdout, short.stderr) == (True, "There are more than 1; --limit shows more.\n")
    assert run("jobs", "list", "--user", "mira", "--workspace", "cli-nowhere").stdout == "No jobs.\n"


def test_somebody_elses_job_is_none(run: Run, sample: str, waiting: str) -> None:
    for command in ("show", "watch", "cancel", "retry"):
        result = run("jobs", command, waiting, "--user", "leif", "--workspace", sample)
        assert (result.exit_code, "404 JOB_NOT_FOUND" in result.stderr) == (1, True), command


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("show", "seven"), 2, "'seven' is not a valid UUID"),
        (("list", "--status", "lost"), 2, "'lost' is not one of 'pending'"),
        (("list", "--kind", "No Kind"), 1, "kind"),
        (("list", "--url", "http://127.0.0.1:1"), 3, "Start it with `cairn up`"),
    ],
)
def test_mistakes_are_told_with_the_way_out(mira: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = mira(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output
