from collections.abc import Callable

from cli.stack.processes import PROCESSES
from tests.cli.conftest import Run
from tests.conftest import Stack


def test_every_process_is_well(run: Run, stack: Stack) -> None:
    for process in PROCESSES:
        address = process.health.format(place=f"127.0.0.1:{process.port(stack.settings)}")
        assert run("health", address).stdout == f"{address}: well\n"


def test_nothing_there_is_not_well(run: Run, free_port: Callable[[], int]) -> None:
    for address in (f"grpc://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}/readyz"):
        result = run("health", address, "--timeout", "1")
        assert (result.exit_code, result.stderr.startswith(f"Error: {address}: ")) == (3, True)


def test_a_page_that_is_not_there_is_not_well(run: Run, stack: Stack) -> None:
    assert run("health", f"{stack.base_url}/nowhere").exit_code == 3


def test_an_address_of_another_kind_is_wrong_usage(run: Run) -> None:
    assert run("health", "127.0.0.1:8080").exit_code == 2
