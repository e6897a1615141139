import json
from uuid import uuid4

import pytest
from click.testing import Result

from cli import admin
from cli.tables_jobs import queues_table
from cli.terminal import Terminal
from tests.cli.conftest import Run
from tests.cli.rows import put
from tests.conftest import Stack


@pytest.fixture
def place() -> str:
    """A workspace of its own."""
    return f"cli-admin-{uuid4()}"


@pytest.fixture
def operator(run: Run, place: str) -> Run:
    """Commands of an operator in that workspace."""

    def call(*arguments: str) -> Result:
        return run("admin", *arguments, "--workspace", place)

    return call


@pytest.fixture
def letter(stack: Stack, place: str) -> str:
    """A dead letter of Mira's."""
    return put(stack, place, "error")


def test_a_dead_letter_is_started_again_once(run: Run, operator: Run, place: str, letter: str) -> None:
    listed = " ".join(operator("dead").stdout.split())
    for expected in (letter, "search", "mira", "TIMEOUT"):
        assert expected in listed
    again = json.loads(operator("redrive", letter, "--json").stdout)["redrivenAs"]
    assert operator("redrive", letter).stdout == f"Started again as {again}.\n"
    assert operator("dead").stdout == "No dead letters.\n"
    assert run("jobs", "watch", again, "--user", "mira", "--workspace", place).exit_code == 0


def test_a_purged_one_is_no_dead_letter(operator: Run, stack: Stack, place: str, letter: str) -> None:
    other = put(stack, place, "error")
    short = operator("dead", "--limit", "1")
    assert (other in short.stdout, letter in short.stdout) == (True, False)
    assert "There are more than 1" in short.stderr
    for _ in range(2):
        assert operator("purge", letter).stdout == f"No dead letter any more: {letter}\n"
    assert [each["job"]["id"] for each in json.loads(operator("dead", "--kind", "search", "--json").stdout)] == [other]
    assert operator("dead", "--kind", "title").stdout == "No dead letters.\n"
    assert "404 JOB_NOT_FOUND" in operator("redrive", letter).stderr


def test_many_dead_letters_are_started_again(operator: Run, stack: Stack, place: str, letter: str) -> None:
    later = [put(stack, place, "error") for _ in range(2)]
    assert operator("redrive", "--kind", "search", "--count", "1").stdout == "Started again: 1.\n"
    assert {each["job"]["id"] for each in json.loads(operator("dead", "--json").stdout)} == {*later}
    assert letter not in later
    assert operator("redrive", "--kind", "title").stdout == "Started again: 0.\n"
    assert len(json.loads(operator("redrive", "--all", "--json").stdout)["jobIds"]) == 2
    assert operator("dead").stdout == "No dead letters.\n"


def test_the_queues_are_shown(operator: Run, stack: Stack, place: str) -> None:
    put(stack, place, "pending")
    put(stack, place, "error")
    stats = json.loads(operator("queue", "--json").stdout)
    [search] = [kind for kind in stats["kinds"] if kind["kind"] == "search"]
    assert search["delayedCount"] >= 1
    assert search["errorCount"] >= 1
    shown = operator("queue").stdout
    assert "interactive" in shown
    assert "failed" in shown
    assert "messages are read by the model." in shown


@pytest.mark.usefixtures("sample")
def test_waiting_until_the_model_has_read_everything(operator: Run) -> None:
    stats = json.loads(operator("queue", "--wait", "--json").stdout)
    assert stats["unembeddedCount"] == 0
    assert stats["messageCount"] > 0


def test_waiting_ends_where_nothing_goes_on(
    operator: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stats = {"kinds": [], "unembeddedCount": 3000, "messageCount": 5000, "refusedMessageCount": 1}
    monkeypatch.setattr(admin, "_stats", lambda _: stats)
    monkeypatch.setattr(admin, "PATIENCE_SECONDS", 0.0)
    stuck = operator("queue", "--wait")
    assert (stuck.exit_code, "3,000 messages wait" in stuck.stderr) == (1, True)
    Terminal().print(queues_table(stats))
    assert "1,999 of 5,000 messages are read by the model. It does not take 1 of them." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("redrive", "seven"), 2, "'seven' is not a valid UUID"),
        (("redrive",), 2, "Name one JOB, or say --all or --kind"),
        (("redrive", "--count", "2"), 2, "Name one JOB, or say --all or --kind"),
        (("redrive", "01999b2e-0000-7000-8000-000000000000", "--all"), 2, "Name one JOB, or say --all or --kind"),
        (("queue", "--service", "nobody"), 1, "No key for a service 'nobody'; there is one for: feed, ops."),
        (("queue", "--url", "http://127.0.0.1:1"), 3, "Start it with `cairn up`"),
    ],
)
def test_mistakes_are_told_with_the_way_out(operator: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = operator(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output
