"""A cancellation that a library swallows still ends a loop."""

import asyncio
from contextlib import suppress

from chassis.cancellation import unless_cancelled


async def test_a_swallowed_cancellation_is_raised_again() -> None:
    begun, rounds = asyncio.Event(), 0

    async def loop() -> None:
        nonlocal rounds
        while True:
            begun.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            rounds += 1
            unless_cancelled()

    task = asyncio.create_task(loop())
    await begun.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert (task.cancelled(), rounds) == (True, 1)


async def test_a_timeout_is_no_cancellation() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(60)
    unless_cancelled()
