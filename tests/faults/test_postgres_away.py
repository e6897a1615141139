"""PostgreSQL goes away under load: told as such meanwhile, and all is well again when it is back, by itself."""

import signal
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from cli.stack.postgres import Cluster
from tests.faults.cairn import Cairn
from tests.faults.load import OK, UNAVAILABLE, grpc_load, rest_load
from tests.faults.world import Killable, kept_tidy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def postgres(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> AsyncIterator[tuple[Cluster, Killable]]:
    """A PostgreSQL of one's own. What it commits is handed to the kernel: it may be killed, but not the machine."""
    folder = tmp_path_factory.mktemp("fragile")
    cluster = Cluster(folder, free_port(), "for-tests", {"fsync": "off", "full_page_writes": "off"}, folder / "log")
    cluster.create()
    with kept_tidy() as keep:
        server = keep(Killable(cluster.program(), lambda _: cluster.ready()))
        await server.start()
        yield cluster, server


@pytest.fixture
async def fed(
    postgres: tuple[Cluster, Killable], new_cairn: Callable[[str, str], Cairn], redis_url: str
) -> tuple[Cairn, Killable]:
    """A Cairn in it, in a database of its own and with its service running, and the PostgreSQL."""
    cluster, server = postgres
    name = f"cairn_{uuid4().hex}"
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    cairn = new_cairn(cluster.url(name), redis_url)
    service = cairn.process("bookmarks")
    await service.start()
    await cairn.feed()
    return cairn, server


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
async def test_a_restart_under_load(fed: tuple[Cairn, Killable], sign: signal.Signals) -> None:
    cairn, postgres = fed
    await cairn.process("gateway").start()
    settings = cairn.settings
    async with (
        grpc_load(settings.bookmarks_port, cairn.token, (f"m-{n}" for n in range(0, 6000, 2))) as direct,
        rest_load(settings.gateway_url, cairn.token, (f"m-{n}" for n in range(1, 6000, 2))) as load,
    ):
        for each in (direct, load):
            await each.saves_more()
        await postgres.end(sign)
        for each in (direct, load):
            await each.fails_more()
        await postgres.start()
        for each in (direct, load):
            await each.saves_more()
    assert set(direct.outcomes) <= {OK, UNAVAILABLE}
    assert set(load.outcomes) <= {201, 503}
    assert direct.promised | load.promised <= set(await cairn.saved())
    assert set((await cairn.saved()).values()) == {1}
    assert not [log for log in settings.data_dir.glob("*.log") if "unexpected error" in log.read_text()]
