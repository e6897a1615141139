"""A worker whose one kind of job says or comes to more than may be kept, or what cannot be kept at all."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.jobs import worker
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Kind, Queue

OVERSIZED = Kind("oversized", Queue.INTERACTIVE)
MUCH = 5 << 20


async def progress(context: Context, words: str) -> bytes:
    """Say that."""
    await context.progress(1, 2, words)
    return b""


async def step(context: Context, outcome: object) -> bytes:
    """Keep that."""

    async def work() -> object:
        return outcome

    await context.step("kept", work)
    return b""


async def result(_context: Context, outcome: Any) -> bytes:
    """Come to that."""
    return outcome  # type: ignore[no-any-return]


WAYS: dict[bytes, Callable[[Context], Awaitable[bytes]]] = {
    b"large result": lambda context: result(context, b"x" * MUCH),
    b"result that is none": lambda context: result(context, {"not": "bytes"}),
    b"no result": lambda context: result(context, None),
    b"large progress": lambda context: progress(context, "x" * MUCH),
    b"large checkpoint": lambda context: step(context, "x" * MUCH),
    b"checkpoint that is no data": lambda context: step(context, object()),
}


async def run(given: bytes, context: Context) -> bytes:
    """Do as the input says."""
    return await WAYS[given](context)


if __name__ == "__main__":
    worker.main(lambda _: [Action(OVERSIZED, run)])
