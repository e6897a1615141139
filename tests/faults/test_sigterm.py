"""SIGTERM during load: what was begun is answered, what comes later is refused cleanly, nothing promised is lost."""

import asyncio
import signal

import httpx

from tests.faults.cairn import Cairn
from tests.faults.load import CANCELLED, NO_ANSWER, OK, UNAVAILABLE, grpc_load, rest_load
from tests.faults.world import Killable, until


async def test_a_service_alone(cairn: Cairn) -> None:
    service = cairn.process("bookmarks")
    await service.start()
    async with grpc_load(cairn.settings.bookmarks_port, cairn.token) as load:
        await load.saves_more()
        assert await service.end(signal.SIGTERM) == 0
        await load.fails_more()
        await service.start()
        await load.saves_more()
    there = set(await cairn.saved())
    assert set(load.outcomes) <= {OK, UNAVAILABLE, CANCELLED}
    assert load.promised <= there
    # The way in which gRPC turns away calls that had arrived, and that nobody had begun.
    assert not load.with_status(CANCELLED) & there


async def test_a_service_with_another_replica(cairn: Cairn) -> None:
    first, second = cairn.process("bookmarks"), cairn.process("bookmarks")
    gateway = cairn.process("gateway")
    await first.start()
    await gateway.start()
    async with rest_load(cairn.settings.gateway_url, cairn.token) as load:
        await load.saves_more()
        await second.start()
        assert await first.end(signal.SIGTERM) == 0
        await load.saves_more()
        await first.start()
        assert await second.end(signal.SIGTERM) == 0
        await load.saves_more()
    assert set(load.outcomes) <= {201, 503}
    # A call that the leaving replica had not begun is refused, and nothing else: one at most for each connection.
    assert load.outcomes[503] <= 2 * len(load.workers)
    assert load.promised <= set(await cairn.saved())


async def test_the_gateway(cairn: Cairn) -> None:
    service, gateway = cairn.process("bookmarks"), cairn.process("gateway")
    await service.start()
    await gateway.start()
    async with rest_load(cairn.settings.gateway_url, cairn.token) as load:
        await load.saves_more()
        assert await gateway.end(signal.SIGTERM) == 0
        await load.fails_more()
        await gateway.start()
        await load.saves_more()
    assert set(load.outcomes) == {201, NO_ANSWER}
    assert load.promised <= set(await cairn.saved())


async def assert_finishes_what_it_began(cairn: Cairn, stopped: Killable) -> None:
    """A save that is under way when SIGTERM comes is answered, and only then the process ends."""
    async with cairn.client() as ann:
        async with cairn.standstill():
            save = asyncio.create_task(ann.post("/api/v1/bookmarks", json={"target": {"messageId": "m-1"}}))
            await until(cairn.someone_waits)
            stopped.send(signal.SIGTERM)
            await until(lambda: "draining" in stopped.log.read_text())
            assert not save.done()
        answer: httpx.Response = await save
        assert answer.status_code == 201
        assert await stopped.ended() == 0
    assert await cairn.saved() == {"m-1": 1}


async def test_a_service_finishes_what_it_began(cairn: Cairn) -> None:
    service, gateway = cairn.process("bookmarks"), cairn.process("gateway")
    await service.start()
    await gateway.start()
    await assert_finishes_what_it_began(cairn, service)


async def test_the_gateway_finishes_what_it_began(cairn: Cairn) -> None:
    service, gateway = cairn.process("bookmarks"), cairn.process("gateway")
    await service.start()
    await gateway.start()
    await assert_finishes_what_it_began(cairn, gateway)


async def test_an_end_does_not_wait_for_ever(cairn: Cairn) -> None:
    service, gateway = cairn.process("bookmarks", CAIRN_DRAIN_SECONDS="0.5"), cairn.process("gateway")
    await service.start()
    await gateway.start()
    async with cairn.client() as ann, cairn.standstill():
        save = asyncio.create_task(ann.post("/api/v1/bookmarks", json={"target": {"messageId": "m-1"}}))
        await until(cairn.someone_waits)
        assert await service.end(signal.SIGTERM) == 0
        answer = await save
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
