"""Cancellations that got lost on their way."""

import asyncio


def unless_cancelled() -> None:
    """End here a task that was cancelled. To be called in loops that talk to Redis and must end when told to.

    On Python 3.11 `asyncio.wait_for`, with which the client of Redis sends, swallows a cancellation that comes in the
    moment in which it is done anyway.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
