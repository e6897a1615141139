"""Streams of real processes: row H10, and a thousand of them on one."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from cairn.presence.v1 import presence_pb2 as pb
from tests.faults.nodes import LEASE_SECONDS, Node, Site
from tests.faults.rounds import client
from tests.services.presence.client import Client
from tests.services.presence.watching import Watching, watching

OFFLINE, ACTIVE = pb.Presence.ONLINE_OFFLINE, pb.Presence.ONLINE_ACTIVE
STREAMS, CHANNELS = 1000, 10
# What a stream may cost, with what gRPC itself needs for it.
BYTES_A_STREAM = 64 * 1024


async def test_a_dead_node_takes_its_devices_with_it(site: Site) -> None:
    """H10: peers on another node see the person gone when the lease ends, and there again when they come back."""
    await site.up(site.service, site.other)
    async with client(site.service) as near, client(site.other) as far:
        far.workspace = near.workspace
        async with watching(far, "bob", "ann") as stream:
            async with watching(near, "ann", "bob", device="phone"):
                await stream.until(lambda seen: seen.online == ACTIVE)
                site.service.kill()
                killed = time.monotonic()
                await stream.until(lambda seen: seen.online == OFFLINE, seconds=LEASE_SECONDS + 3)
                assert time.monotonic() - killed > LEASE_SECONDS / 2
            await site.up(site.service)
            async with watching(near, "ann", "bob", device="phone"):
                await stream.until(lambda seen: seen.online == ACTIVE, seconds=2)


async def test_a_thousand_streams_on_one_process(site: Site) -> None:
    """All hear of one change, and each costs little."""
    await site.up(site.service)
    async with opened(site.service, STREAMS // 10):
        before = site.service.memory
    async with opened(site.service, STREAMS) as (setter, streams):
        await setter.set("ann", text="Tea")
        heard = await asyncio.gather(*(stream.until(lambda seen: seen.text == "Tea", 5) for stream in streams))
        assert len({each.SerializeToString() for each in heard}) == 1
        assert (site.service.memory - before) / STREAMS < BYTES_A_STREAM


@asynccontextmanager
async def opened(node: Node, number: int) -> AsyncIterator[tuple[Client, list[Watching]]]:
    """So many streams over few channels, which all have their snapshots."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client(node)) for _ in range(CHANNELS)]
        for each in clients:
            each.workspace = clients[0].workspace
        streams = [
            stack.enter_async_context(watching(clients[each % CHANNELS], f"user-{each}", "ann"))
            for each in range(number)
        ]
        yield clients[0], await asyncio.gather(*streams)
