"""Cairns to be broken: each test has processes and a database of its own."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from cli.credentials import ensure_secrets
from cli.settings import CliSettings, cli_settings
from tests.chassis.conftest import OwnRedis
from tests.conftest import OPEN_HANDED
from tests.faults.cairn import BY_NAME, Cairn, assemble
from tests.faults.jobs_site import Site as JobsSite
from tests.faults.jobs_site import built
from tests.faults.nodes import LEASE_SECONDS, Node, Site
from tests.faults.world import Killable, kept_tidy
from tests.services.presence.client import JWT_SECRET, SERVICE_KEY


@pytest.fixture
def keep() -> Iterator[Callable[[Killable], Killable]]:
    """Leaves no process behind."""
    with kept_tidy() as keep:
        yield keep


@pytest.fixture(scope="session")
def new_settings(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Callable[[str, str], CliSettings]:
    """Names a folder, ports and secrets for a Cairn with these databases."""

    def make(database_url: str, redis_url: str) -> CliSettings:
        folder = tmp_path_factory.mktemp("cairn")
        environ = {
            **ensure_secrets(folder),
            "CAIRN_DATA_DIR": str(folder),
            "CAIRN_DATABASE_URL": database_url,
            "CAIRN_REDIS_URL": redis_url,
            **{f"CAIRN_{name.upper()}_PORT": str(free_port()) for name in BY_NAME},
        }
        return cli_settings(environ)

    return make


@pytest.fixture
def new_cairn(
    new_settings: Callable[[str, str], CliSettings], keep: Callable[[Killable], Killable]
) -> Callable[[str, str], Cairn]:
    """Puts together a Cairn on given databases."""
    return lambda database_url, redis_url: assemble(new_settings(database_url, redis_url), keep)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fed_database(
    new_database: Callable[..., str], new_settings: Callable[[str, str], CliSettings], template: str, redis_url: str
) -> str:
    """The name of a database in which the messages are known, to be copied."""
    url = new_database(template)
    with kept_tidy() as keep:
        cairn = assemble(new_settings(url, redis_url), keep)
        service = cairn.process("bookmarks")
        await service.start()
        await cairn.feed()
    return url.rpartition("/")[2]


@pytest.fixture
def cairn(
    new_cairn: Callable[[str, str], Cairn], new_database: Callable[..., str], fed_database: str, redis_url: str
) -> Cairn:
    """A Cairn of one's own, on a copy of that database."""
    return new_cairn(new_database(fed_database), redis_url)


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Site]:
    """Presence services, of this module alone."""
    redis = OwnRedis(tmp_path_factory.mktemp("redis"), free_port())
    folder, nodes = tmp_path_factory.mktemp("nodes"), []
    for module in ("services.presence", "services.presence", "services.presence.worker"):
        port = str(free_port())
        environ = {
            **OPEN_HANDED,
            "CAIRN_DATABASE_URL": database_url,
            "CAIRN_REDIS_URL": redis.server.url,
            "CAIRN_JWT_SECRET": JWT_SECRET,
            "CAIRN_SERVICE_KEYS": f"calendar:{SERVICE_KEY}",
            "CAIRN_PRESENCE_LEASE_SECONDS": str(LEASE_SECONDS),
            "CAIRN_PRESENCE_GRACE_SECONDS": "0.3",
            "CAIRN_PRESENCE_PORT": port,
            "CAIRN_PRESENCE_WORKER_PORT": port,
        }
        nodes.append(Node(module, environ, int(port), folder / port))
    redis.start()
    yield Site(redis, nodes)
    for node in nodes:
        node.kill()
    redis.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def jobs_site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> AsyncIterator[JobsSite]:
    """A service of jobs and two workers, which are kept running."""
    async with built(tmp_path_factory.mktemp("jobs"), free_port) as site:
        yield site
