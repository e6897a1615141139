"""`python -m bench.jobs`: how many jobs a second beside the peers, and how soon they start and stop, in one run."""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import uvloop

from bench import jobs_times
from bench.arms import UNREACHED, Credentials
from bench.jobs_times import Site
from bench.presence_report import Bound, Times, bounds_table, times_table
from bench.presence_stack import NODE, PresenceStack
from bench.report import say
from bench.stack import ROOT, why_no_peer
from chassis.database import Database, DatabaseSettings
from chassis.migrations import migrate

SLOTS = 20
ROUNDS = 3
PYTHON_ARMS = ("ours", "taskiq", "procrastinate")


@dataclass(frozen=True)
class Extent:
    """How much of everything."""

    noops: int
    steady_seconds: float
    calls: int
    kills: int


FULL, QUICK = Extent(2000, 20.0, 100, 5), Extent(1000, 6.0, 40, 2)
Rates = dict[str, list[dict[str, float]]]


def rates(environ: dict[str, str], extent: Extent, *, with_peer: bool) -> Rates:
    """Jobs a second, of each in its turn."""
    size = (str(extent.noops), str(SLOTS))
    arms: dict[str, tuple[str, ...]] = {
        name: (sys.executable, "-m", "bench.jobs_peers", name, *size) for name in PYTHON_ARMS
    }
    if with_peer:
        arms["BullMQ"] = ("node", str(NODE / "noop_jobs.js"), *size)
    found: Rates = {name: [] for name in arms}
    for number in range(ROUNDS):
        for name, command in arms.items():
            surroundings = {**os.environ, **environ}
            done = subprocess.run(
                command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=120
            )
            if done.returncode == 0:
                found[name].append(json.loads(done.stdout))
            elif number == 0:
                say(f"Without {name}: {done.stderr.strip()[-300:]}")
    return {name: some for name, some in found.items() if some}


def rates_table(found: Rates) -> str:
    """As Markdown; medians of the rounds, and ours as a multiple."""
    lines = ["| no-op jobs | added a second | ours: x | worked off a second | ours: x |", "| --- " * 5 + "|"]
    medians = {
        name: {each: statistics.median(one[each] for one in some) for each in ("add", "work")}
        for name, some in found.items()
    }
    for name, rate in medians.items():
        cells = (f"{rate[each]:.0f} | {medians['ours'][each] / rate[each]:.2f}" for each in ("add", "work"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


async def times(stack: PresenceStack, settings: dict[str, str], extent: Extent) -> tuple[list[Times], list[Bound]]:
    """How soon."""
    database = await Database.connect(DatabaseSettings(stack.environ["CAIRN_DATABASE_URL"]), "bench")
    site = Site(stack, database, settings)
    site.hire()
    plan: dict[str, Callable[[], Coroutine[Any, Any, list[float]]]] = {
        "from commit to start, 50 jobs/s": lambda: jobs_times.starts(site, extent.steady_seconds, 50),
        "from POST to 202, search": lambda: jobs_times.answers(site, 3 * extent.calls),
        "from DELETE to stopped": lambda: jobs_times.stops(site, extent.calls),
        "lateness of a retry": lambda: jobs_times.retries(site, extent.calls, 10),
        "from FLUSHALL to start": lambda: jobs_times.flushes(site, extent.calls // 5),
        "from kill -9 to running elsewhere": lambda: jobs_times.kills(site, extent.kills),
        "the same, each of 20 jobs of a second": lambda: jobs_times.kills_full(site, SLOTS),
    }
    found = []
    for name, measure in plan.items():
        found.append(Times(name, await measure()))
        say(f"{name}: p50 {found[-1].quantile(0.5):.0f} ms, p99 {found[-1].quantile(0.99):.0f} ms")
    await site.bell.shutdown()
    await database.aclose()
    start, answer, stop, late, flush, kill, full = (each.quantile(0.99) / 1000 for each in found)
    goals = (start, 0.06), (answer, 0.06), (stop, 1), (late, 0.3), (flush, 6), (kill, 20), (full, 45)
    bounds = [Bound(f"{each.name}, p99, s", *goal) for each, goal in zip(found, goals, strict=True)]
    bounds.append(Bound(f"{found[0].name}, p50, s", found[0].quantile(0.5) / 1000, 0.015))
    return found, bounds


def main() -> int:
    """Run everything and print the report; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    extent = QUICK if parser.parse_args().quick else FULL
    started = time.monotonic()
    if missing := why_no_peer(NODE):
        say(f"Without BullMQ: {missing}")
    with PresenceStack() as stack:
        limits = {"CAIRN_USER_RATE_LIMIT": UNREACHED, "CAIRN_ADDRESS_RATE_LIMIT": UNREACHED}
        # Nobody reads what is found; without this the model would be loaded.
        settings = {**Credentials.fresh().environ(), **limits, "CAIRN_EMBEDDINGS_URL": "http://127.0.0.1:9/"}
        asyncio.run(migrate(stack.environ["CAIRN_DATABASE_URL"], ROOT / "services" / "jobs" / "migrations", "jobs"))
        say(f"load average {os.getloadavg()[0]:.1f}")
        found = rates(stack.environ, extent, with_peer=not missing)
        seconds, bounds = uvloop.run(times(stack, settings, extent))
    print("\n\n".join([rates_table(found), times_table(seconds), bounds_table(bounds)]))
    say(f"took {time.monotonic() - started:.0f} s; load average {os.getloadavg()[0]:.1f}")
    return 0 if all(each.met for each in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
