"""`python -m bench.presence`: how late, how fast and how dear presence is, beside the old way, in one run."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import uvloop

from bench import presence_fanout, presence_pending
from bench.arms import Credentials
from bench.fill import settle
from bench.load import Arm, run
from bench.presence_calls import Callers, names
from bench.presence_expiry import IN_FLIGHT, Lateness, Plan
from bench.presence_report import Bound, Times, bounds_table, times_table
from bench.presence_stack import NODE, PresenceStack
from bench.report import say, table
from bench.rounds import Comparison, Goal, Load, Measure, Pace, Runner
from bench.stack import why_no_peer

MANY, FEW = 1_000_000, 1_000
SOME = 60.0


@dataclass(frozen=True)
class Extent:
    """How long everything takes."""

    plan: Plan
    changes: int
    busy: Pace
    quiet: Pace
    idle_seconds: float


FULL = Extent(Plan(1000, 60.0), 50, Pace(IN_FLIGHT, 0.5, 7), Pace(1, 0.3, 11), 6.0)
QUICK = Extent(Plan(300, 15.0), 40, Pace(IN_FLIGHT, 0.7, 5), Pace(1, 0.3, 7), 5.0)


@dataclass(frozen=True)
class Bench:
    """What all measures share."""

    stack: PresenceStack
    secret: str
    extent: Extent
    with_peer: bool
    replica: Arm

    async def lateness(self) -> tuple[list[Times], list[Bound]]:
        """Of expiries, at the watcher; BullMQ's turns are half as long and come before ours."""
        calm: list[float] = []
        bullmq: list[float] = []
        whole = Lateness(self.stack, self.replica, self.secret, self.extent.plan)
        half, quarter = (replace(whole, plan=whole.plan.part(share)) for share in (0.5, 0.25))
        timer: list[float] = []
        for seed in (1, 2):
            bullmq += await quarter.bullmq(seed) if self.with_peer else []
            # The same moments in each: what makes the one late makes the other late.
            ours, bare = await asyncio.gather(half.ours(seed), half.timer(seed))
            calm, timer = calm + ours, timer + bare
        faults = await half.under_faults(3)
        times, bounds = _judged(calm, bullmq, faults)
        return [Times("a timer that does nothing", timer), *times], bounds

    async def fan_out(self) -> tuple[list[Times], list[Bound]]:
        """Of one change."""
        taken = await presence_fanout.seconds_until_all_have_it(self.replica, self.secret, self.extent.changes)
        times = Times("one change, until the last of 1,000 watchers has it", taken)
        return [times], [Bound("fan-out p99, ms", times.quantile(0.99), 150)]

    async def comparisons(self, crowded: Arm) -> list[Comparison]:
        """Ratios: of one load to another."""
        callers = Callers(list(names("p", FEW, MANY // FEW)), self.secret)
        for calls in (callers.beats(), callers.schedules()):
            await run(self.replica, calls, IN_FLIGHT, SOME)
        await settle(self.stack.environ["CAIRN_DATABASE_URL"])
        # Each page that is written for the first time after a checkpoint is logged whole: not what is measured here.
        for arm in (self.replica, crowded):
            await run(arm, callers.set_status(0, FEW), IN_FLIGHT, SOME)
        runner, busy, quiet = Runner(), self.extent.busy, self.extent.quiet
        ours = Load(self.replica, callers.set_status)
        plan = [
            Measure("BatchGet, 1,000 / 10 people", *self._batches(callers), quiet, Goal("p50", 8)),
            Measure("A/A, SetStatus against itself", ours, ours, busy),
            Measure(
                f"SetStatus, {MANY:,} / {FEW:,} pending",
                Load(crowded, callers.set_status),
                ours,
                quiet,
                Goal("p50", 1.2),
            ),
        ]
        if self.with_peer:
            old_way = Load(self.stack.old_way(), callers.set_status)
            goal = Goal("per_second", 1.0)
            plan.append(Measure("SetStatus with expiry, ours / the old way", ours, old_way, busy, goal))
        return [await announced(runner, each) for each in plan]

    def _batches(self, callers: Callers) -> tuple[Load, Load]:
        return Load(self.replica, callers.batches(FEW)), Load(self.replica, callers.batches(10))


def _judged(calm: list[float], bullmq: list[float], faults: list[float]) -> tuple[list[Times], list[Bound]]:
    times = [Times("expiry, at the watcher", calm), Times("the same, worker and Redis being killed", faults)]
    bounds = [
        Bound("expiry p50, ms", times[0].quantile(0.5), 10),
        Bound("expiry p99, ms", times[0].quantile(0.99), 50),
        Bound("expiry p99 under faults, ms", times[1].quantile(0.99), 250),
    ]
    if bullmq:
        times.insert(1, Times("BullMQ, in its handler", bullmq))
        bounds.append(Bound("expiry p99 / BullMQ's", times[0].quantile(0.99) / times[1].quantile(0.99), 0.25))
    return times, bounds


def main() -> int:
    """Run everything and print the report; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, for a first impression")
    extent = QUICK if parser.parse_args().quick else FULL
    started = time.monotonic()
    missing = why_no_peer(NODE)
    if missing:
        say(f"Without the peers: {missing}")
    say(f"load average {_load()}")
    with PresenceStack() as stack:
        met = uvloop.run(measure(stack, extent, with_peer=not missing))
    say(f"took {time.monotonic() - started:.0f} s; load average {_load()}")
    return 0 if met else 1


async def measure(stack: PresenceStack, extent: Extent, *, with_peer: bool) -> bool:
    """Start and fill everything, measure, and print; whether all goals are met."""
    credentials = Credentials.fresh()
    stack.settle_on(credentials.environ())
    bench = Bench(stack, credentials.jwt_secret, extent, with_peer, stack.replica("presence"))
    stack.worker()
    times, bounds = await bench.lateness()
    say(times_table(times))
    more = await bench.fan_out()
    times, bounds = times + more[0], bounds + more[1]
    crowded, comparisons, share = await crowd(bench)
    bounds.append(Bound(f"idle with {MANY:,} pending, % of a core, {crowded.name}", share[0] * 100, 1))
    bounds.append(Bound("the same, its PostgreSQL backends", share[1] * 100, 1))
    print("\n\n".join((times_table(times), bounds_table(bounds), table(comparisons))))
    return all(each.met for each in (*bounds,)) and all(each.met() for each in comparisons)


async def crowd(bench: Bench) -> tuple[Arm, list[Comparison], Sequence[float]]:
    """Compare with a replica beside which a million statuses are pending; what it takes while it is idle."""
    url = await presence_pending.second_database(bench.stack.environ["CAIRN_DATABASE_URL"])
    crowded = bench.stack.replica("process of the service", url)
    say(f"setting {MANY:,} statuses")
    await presence_pending.fill(url, MANY)
    await presence_pending.fill(bench.stack.environ["CAIRN_DATABASE_URL"], MANY, MANY // FEW)
    share = await presence_pending.idle_share(crowded, url, bench.extent.idle_seconds)
    return crowded, await bench.comparisons(crowded), share


async def announced(runner: Runner, each: Measure) -> Comparison:
    """Measure, and say so."""
    comparison = await runner.compare(each)
    say(f"{each.name}: x{comparison.ratio('per_second'):.2f} calls/s, x{comparison.ratio('p50'):.2f} p50")
    return comparison


def _load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())
