"""The `cairn` command, run in this process as a terminal would run it."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import cairn
from cli.settings import Session
from tests.conftest import Stack

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run(stack: Stack) -> Run:
    """Runs a command line against the stack; fails on an exception that no person should see."""

    def call(*arguments: str, stdin: bytes | None = None) -> Result:
        # Wide enough at any time of the day: what ends tomorrow is told with its date.
        runner = CliRunner(env={"COLUMNS": "100"})
        result = runner.invoke(cairn, arguments, input=stdin, obj=Session(stack.settings, {}))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture(scope="session")
def sample(run: Run) -> str:
    """A workspace of its own with the sample in it; its name."""
    result = run("feed", "import", "examples/workspace.ndjson", "--workspace", "cli-tests")
    assert result.exit_code == 0, result.output
    return "cli-tests"
