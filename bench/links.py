"""`python -m bench.links`: saving a link while others are looked up, against saving where nothing is, in one run."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
import uvloop

from bench.arms import Credentials
from bench.presence_report import Bound, Times, bounds_table, times_table
from bench.report import say
from bench.stack import Stack, free_port
from bench.workspace import token
from cairn.bookmarks.v1 import bookmarks_pb2 as api

SAVE = "/cairn.bookmarks.v1.BookmarkService/SaveBookmark"
ROUNDS, SECONDS, A_SECOND, WARM_UP = 6, 8.0, 40, 40
PEOPLE = 50


@dataclass(frozen=True)
class Place:
    """A bookmarks service; saves are addresses at `site`."""

    name: str
    port: int
    secret: str
    site: str

    async def saves(self, number: int, count: int) -> list[float]:
        """So many links, at a steady rate, each new; the seconds that each took."""
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            made = []
            for each in range(count):
                made.append(asyncio.create_task(self._save(channel, number * count + each)))
                await asyncio.sleep(1 / A_SECOND)
            return await asyncio.gather(*made)

    async def _save(self, channel: grpc.aio.Channel, number: int) -> float:
        request = api.SaveBookmarkRequest(target=api.Target(url=f"{self.site}/{number}"))
        credential = (("authorization", token(f"user-{number % PEOPLE}", self.secret)),)
        started = time.perf_counter()
        save: Any = channel.unary_unary(SAVE)
        await save(request.SerializeToString(), metadata=credential, timeout=30)
        return time.perf_counter() - started


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A site that takes every connection and answers none."""

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            while await reader.read(1 << 16):
                pass
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def alone(stack: Stack, site: str) -> Place:
    """Bookmarks, and nobody who looks links up."""
    credentials, port = Credentials.fresh(), free_port()
    stack.python("services.bookmarks", port, {**credentials.environ(), "CAIRN_BOOKMARKS_PORT": str(port)})
    return Place("saving a link, and nothing else", port, credentials.jwt_secret, site)


def busy(stack: Stack, site: str) -> Place:
    """The same with the jobs service and a worker, whose hands are full of pages that never come."""
    credentials, port, jobs, bulk = Credentials.fresh(), free_port(), free_port(), free_port()
    settings = {
        **credentials.environ(),
        "CAIRN_INTERNAL_KEY": credentials.jwt_secret,
        "CAIRN_OUTGOING_ALLOW": "127.0.0.1",
        "CAIRN_BOOKMARKS_ADDRESS": f"127.0.0.1:{port}",
        "CAIRN_JOBS_ADDRESS": f"127.0.0.1:{jobs}",
        # Nobody searches; without this the model would be loaded.
        "CAIRN_EMBEDDINGS_URL": "http://127.0.0.1:9/",
    }
    stack.python("services.jobs", jobs, {**settings, "CAIRN_JOBS_PORT": str(jobs)})
    stack.python("services.bookmarks", port, {**settings, "CAIRN_BOOKMARKS_PORT": str(port)})
    worker = {"CAIRN_JOBS_QUEUE": "bulk", "CAIRN_JOBS_BULK_PORT": str(bulk), "CAIRN_JOBS_SLOTS": "20"}
    stack.python("services.jobs.worker", bulk, {**settings, **worker})
    return Place("the same while links are looked up", port, credentials.jwt_secret, site)


async def measure(quiet: Stack, loaded: Stack) -> list[Times]:
    """Both in turn, on one machine."""
    found: dict[str, list[float]] = {}
    async with silent() as site:
        places = [alone(quiet, site), busy(loaded, site)]
        for number in range(ROUNDS + 1):
            for place in places if number % 2 else reversed(places):
                taken = await place.saves(number, round(SECONDS * A_SECOND) if number else WARM_UP)
                found.setdefault(place.name, []).extend(taken if number else [])
    return [Times(place.name, found[place.name]) for place in places]


def main() -> int:
    """Run it and print the report; 1 if the goal was missed."""
    with Stack() as quiet, Stack() as loaded:
        say(f"load average {os.getloadavg()[0]:.1f}")
        base, subject = uvloop.run(measure(quiet, loaded))
    ratios = {share: subject.quantile(share) / base.quantile(share) for share in (0.5, 0.99)}
    bounds = [Bound("p50 / without", ratios[0.5], 1.5), Bound("p99 / without", ratios[0.99], 2.0)]
    print("\n\n".join([times_table([base, subject]), bounds_table(bounds)]))
    return 0 if all(each.met for each in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
