"""Real servers for the tests, started when first asked for: one PostgreSQL, one Redis, one running Cairn a session."""

import asyncio
import itertools
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings as hypothesis_settings

from chassis.migrations import migrate
from cli.credentials import Person, ensure_secrets, service_key, sign
from cli.settings import CliSettings, cli_settings
from cli.stack.postgres import Cluster
from cli.stack.processes import PROCESSES, process_environ
from cli.stack.redis import RedisServer
from cli.stack.supervisor import Supervisor

SERVICES = Path(__file__).parents[1] / "services"
NUMBERS = itertools.count(1)
# What a test asks for in a second, people ask for in an hour; the limits have tests of their own.
OPEN_HANDED = {"CAIRN_USER_RATE_LIMIT": "1000000", "CAIRN_ADDRESS_RATE_LIMIT": "1000000"}
# Where tests may have a web of their own; 127.0.0.1 is refused, as everywhere.
WEB = {"CAIRN_OUTGOING_ALLOW": "127.0.0.2"}
# The model leaves the other processors to the tests.
ONE_THREAD = {"CAIRN_EMBEDDINGS_THREADS": "1"}

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")


@dataclass(frozen=True)
class Stack:
    """A running Cairn: `settings` holds where its parts are, `environ` what its processes were started with."""

    base_url: str
    settings: CliSettings
    environ: dict[str, str]

    def token(self, user: str, workspace: str = "demo", features: tuple[str, ...] = ()) -> str:
        """A token for a person."""
        return sign(self.settings, Person(user, workspace, features), timedelta(hours=1))

    def service_key(self, name: str = "feed") -> str:
        """The key of a service of the host application."""
        return service_key(self.settings, name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins, so that nothing is left to wait for at the end."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Names a port that is free, another one each time."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """What runs the servers of the session and ends them with it, however it ends."""
    supervisor = Supervisor(tmp_path_factory.mktemp("supervisor") / "processes.json")
    try:
        yield supervisor
    finally:
        supervisor.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, supervisor: Supervisor, free_port: Callable[[], int]) -> Cluster:
    """A private PostgreSQL. It does not wait for the disk: its data is gone after the tests anyway."""
    folder = tmp_path_factory.mktemp("postgres")
    hasty = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    cluster = Cluster(folder, free_port(), "for-tests", hasty, folder / "log")
    cluster.create()
    supervisor.start(cluster.program())
    supervisor.wait_for(cluster.ready)
    return cluster


@pytest.fixture(scope="session")
def redis_server(
    tmp_path_factory: pytest.TempPathFactory, supervisor: Supervisor, free_port: Callable[[], int]
) -> RedisServer:
    """A private Redis that keeps nothing."""
    folder = tmp_path_factory.mktemp("redis")
    server = RedisServer(folder, free_port(), "for-tests", durable=False, log=folder / "log")
    server.create()
    supervisor.start(server.program())
    supervisor.wait_for(server.ready)
    return server


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """The address of the private Redis."""
    return redis_server.url


@pytest.fixture(scope="session")
def new_database(cluster: Cluster) -> Callable[..., str]:
    """Makes a database of its own, a copy of `template`, and tells its URL."""

    def make(template: str = "template0") -> str:
        name = f"test_{next(NUMBERS)}"
        _run(_execute, cluster.url("postgres"), f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return cluster.url(name)

    return make


@pytest.fixture(scope="session")
def template(new_database: Callable[..., str]) -> str:
    """The name of a database with the tables of every service and nothing in them."""
    url = new_database()
    for folder in sorted(SERVICES.glob("*/migrations")):
        _run(migrate, url, folder, folder.parent.name)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def empty_database_url(new_database: Callable[..., str]) -> str:
    """A database in which nothing was made yet."""
    return new_database()


@pytest.fixture(scope="module")
def database_url(new_database: Callable[..., str], template: str) -> str:
    """A database for one test module, with all tables, empty at its start."""
    return new_database(template)


@pytest.fixture(scope="session")
def stack_settings(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: Callable[..., str],
    template: str,
    redis_url: str,
    free_port: Callable[[], int],
) -> CliSettings:
    """Where the parts of the running Cairn are."""
    folder = tmp_path_factory.mktemp("stack")
    environ = {
        **ensure_secrets(folder),
        "CAIRN_DATA_DIR": str(folder),
        "CAIRN_DATABASE_URL": new_database(template),
        "CAIRN_REDIS_URL": redis_url,
        **{f"CAIRN_{process.name.upper()}_PORT": str(free_port()) for process in PROCESSES},
    }
    return cli_settings(environ)


@pytest.fixture(scope="session")
def stack(supervisor: Supervisor, stack_settings: CliSettings) -> Stack:
    """Every service and the gateway, as processes of their own; each logs to a file in the data directory."""
    folder = stack_settings.data_dir
    kept = {**_clean_environ(), **ensure_secrets(folder), "CAIRN_DATA_DIR": str(folder)}
    environ = process_environ(stack_settings, {**kept, **OPEN_HANDED, **ONE_THREAD, **WEB})
    for process in PROCESSES:
        supervisor.start(replace(process.program(environ), log=folder / f"{process.name}.log"))
    for process in PROCESSES:
        supervisor.wait_for(partial(process.ready, stack_settings))
    return Stack(stack_settings.gateway_url, stack_settings, environ)


def _clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(function: Callable[..., Coroutine[Any, Any, None]], *arguments: object) -> None:
    """Run a coroutine function from any fixture, whether or not an event loop is running in this thread."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(function(*arguments))).result()
