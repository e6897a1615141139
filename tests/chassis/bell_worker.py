"""A worker to be killed in tests. Its tasks write what they do into a file.

Arguments: the URL of a Redis, the name of the queue, a port, a folder.
"""

import asyncio
import os
import sys
from pathlib import Path

import uvloop
from taskiq.acks import AcknowledgeType

from chassis.doorbell import Doorbell, Queue
from chassis.telemetry import TelemetrySettings, configure
from chassis.worker import WorkerSettings, work


async def main(redis_url: str, queue: str, port: str, folder: Path) -> None:
    """Work."""
    doorbell = Doorbell(redis_url, Queue(queue, 20, 5, AcknowledgeType.WHEN_EXECUTED))

    async def note(text: str) -> None:
        with (folder / "notes").open("a") as notes:
            notes.write(f"{text}\n")

    async def hold(text: str) -> None:
        await note(f"start {text} {os.getpid()}")
        for _ in range(1000):
            if (folder / "release").exists():
                break
            await asyncio.sleep(0.02)
        await note(f"end {text}")

    doorbell.answer("note", note)
    doorbell.answer("hold", hold)
    await work(doorbell, WorkerSettings(redis_url, TelemetrySettings(), drain_seconds=2.0), int(port))


if __name__ == "__main__":
    configure("worker", TelemetrySettings())
    uvloop.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
