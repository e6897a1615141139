"""A service of jobs, two workers, PostgreSQL and Redis, all of which may fall and are put up again."""

import asyncio
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli.stack.postgres import Cluster
from cli.stack.supervisor import Program
from tests.chassis.conftest import OwnRedis
from tests.conftest import OPEN_HANDED
from tests.faults.nodes import ROOT
from tests.faults.world import Killable, kept_tidy
from tests.services.jobs.client import JWT_SECRET, SERVICE_KEY

LEASE_SECONDS = 2.0
LOOK_SECONDS = 0.1


@dataclass
class Site:
    """All of it."""

    cluster: Cluster
    postgres: Killable
    redis: OwnRedis
    service: Killable
    workers: list[Killable]
    folder: Path
    address: str
    # What was done to whom, and how often a process was started again.
    struck: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    # What is not to be put up again by whoever keeps them running.
    down: set[str] = field(default_factory=set)

    async def keep_up(self) -> None:
        """Start again what has ended, for ever."""
        while True:
            for each in (self.postgres, self.service, *self.workers):
                name = each.program.name
                if name not in self.down and each.process is not None and each.process.poll() is not None:
                    self.restarts[name] += 1
                    each.launch()
            await asyncio.sleep(LOOK_SECONDS)

    async def strike(self, rng: random.Random, fault: str) -> None:
        """Do what is named to somebody."""
        target = self.service if "service" in fault else rng.choice(self.workers)
        self.struck[fault] += 1
        match fault.partition(" ")[0]:
            case "kill":
                self.signal(target, signal.SIGKILL)
            case "end":
                self.signal(target, signal.SIGTERM)
            case "freeze":
                self.signal(target, signal.SIGSTOP)
                await asyncio.sleep(rng.uniform(0.2, 2 * LEASE_SECONDS))
                self.signal(target, signal.SIGCONT)
            case "flush":
                self.redis.client.flushall()
            case "restart":
                self.redis.kill()
                await asyncio.sleep(rng.uniform(0, 2))
                self.redis.start()

    async def restart_postgres(self, seconds: float) -> None:
        """As if its machine fell; what it has promised it has."""
        self.struck["restart PostgreSQL"] += 1
        self.down.add(self.postgres.program.name)
        await self.postgres.end(signal.SIGQUIT)
        await asyncio.sleep(seconds)
        self.down.clear()

    def signal(self, target: Killable, sign: signal.Signals) -> None:
        """Send a signal, if there is somebody to hear it."""
        if target.process is not None and target.process.poll() is None:
            target.send(sign)


def _well(process: Killable) -> bool:
    return len(re.findall(r"\bserving +\w+=", process.log.read_text())) >= process.launches


def _program(name: str, module: str, role: str, environ: Mapping[str, str], folder: Path) -> Program:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")])}
    command = (sys.executable, "-P", "-m", module, role)
    return Program(name, command, {**kept, **environ, **path}, log=folder / f"{name}.log")


def _environ(cluster: Cluster, redis: OwnRedis, port: int) -> dict[str, str]:
    return {
        **OPEN_HANDED,
        "CAIRN_DATABASE_URL": cluster.url(),
        "CAIRN_DATABASE_TIMEOUT_SECONDS": "3",
        "CAIRN_REDIS_URL": redis.server.url,
        "CAIRN_JWT_SECRET": JWT_SECRET,
        "CAIRN_SERVICE_KEYS": f"ops:{SERVICE_KEY}",
        "CAIRN_PAGE_TOKEN_SECRET": JWT_SECRET,
        # Nobody searches; without this the model would be loaded.
        "CAIRN_EMBEDDINGS_URL": "http://127.0.0.1:9/",
        "CAIRN_DRAIN_SECONDS": "1",
        "CAIRN_JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
        "CAIRN_JOBS_BEAT_SECONDS": str(LEASE_SECONDS / 3),
        "CAIRN_JOBS_QUEUE": "interactive",
        "CAIRN_JOBS_SLOTS": "4",
        "CAIRN_JOBS_PORT": str(port),
        "CAIRN_JOBS_INTERACTIVE_PORT": str(port),
    }


@asynccontextmanager
async def built(folder: Path, free_port: Callable[[], int]) -> AsyncIterator[Site]:
    """A site that runs, and is kept running."""
    hasty = {"fsync": "off", "full_page_writes": "off"}  # it may be killed, but not the machine
    cluster = Cluster(folder / "postgres", free_port(), "for-tests", hasty, folder / "postgres.log")
    cluster.create()
    (folder / "redis").mkdir()
    redis = OwnRedis(folder / "redis", free_port())
    redis.start()
    with kept_tidy() as keep:
        postgres = keep(Killable(cluster.program(), lambda _: cluster.ready()))
        await postgres.start()
        ports = [free_port() for _ in range(3)]
        programs = [
            _program(name, "tests.faults.jobs_process", name.split("-")[0], _environ(cluster, redis, port), folder)
            for name, port in zip(("service", "worker-1", "worker-2"), ports, strict=True)
        ]
        service, *workers = (keep(Killable(program, _well)) for program in programs)
        site = Site(cluster, postgres, redis, service, workers, folder, f"127.0.0.1:{ports[0]}")
        await service.start()  # which makes the tables
        await asyncio.gather(*(worker.start() for worker in workers))
        keeping = asyncio.create_task(site.keep_up())
        try:
            yield site
        finally:
            keeping.cancel()
            redis.stop()
