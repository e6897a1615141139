"""kill -9: whatever was acknowledged is there afterwards, and nothing is there twice."""

import signal
from collections import Counter

from tests.faults.cairn import Cairn
from tests.faults.load import NO_ANSWER, OK, UNAVAILABLE, grpc_load, rest_load


async def test_the_service_is_killed_again_and_again(cairn: Cairn) -> None:
    service = cairn.process("bookmarks")
    await service.start()
    async with grpc_load(cairn.settings.bookmarks_port, cairn.token) as load:
        for _ in range(2):
            await load.saves_more()
            assert await service.end(signal.SIGKILL) == -signal.SIGKILL
            await load.fails_more()
            await service.start()
        await load.saves_more()
    assert set(load.outcomes) == {OK, UNAVAILABLE}
    there = await cairn.saved()
    assert load.promised <= set(there)
    assert set(there.values()) == {1}


async def test_the_gateway_is_killed(cairn: Cairn) -> None:
    service, gateway = cairn.process("bookmarks"), cairn.process("gateway")
    await service.start()
    await gateway.start()
    async with rest_load(cairn.settings.gateway_url, cairn.token) as load:
        await load.saves_more()
        await gateway.end(signal.SIGKILL)
        await load.fails_more()
        await gateway.start()
        await load.saves_more()
    assert set(load.outcomes) == {201, NO_ANSWER}
    assert load.promised <= set(await cairn.saved())


async def test_what_was_not_acknowledged_can_be_sent_again(cairn: Cairn) -> None:
    service = cairn.process("bookmarks")
    await service.start()
    async with grpc_load(cairn.settings.bookmarks_port, cairn.token) as load:
        await load.saves_more()
        await service.end(signal.SIGKILL)
    await service.start()
    async with grpc_load(cairn.settings.bookmarks_port, cairn.token, ids=sorted(load.answers)) as again:
        await again.done()
    assert again.outcomes == Counter({OK: len(load.answers)})
    assert await cairn.saved() == dict.fromkeys(load.answers, 1)
