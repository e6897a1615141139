"""Processes of Cairn that a test may kill and start again."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from cli.health import illness
from tests.chassis.conftest import OwnRedis

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 30.0
# Of a device, on every site.
LEASE_SECONDS = 2.0


class Node:
    """`python -m module`, which tells how it is on a port."""

    def __init__(self, module: str, environ: Mapping[str, str], port: int, log: Path) -> None:
        """Not yet started."""
        self._module = module
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        self._environ = {**kept, **environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "gen")])}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"127.0.0.1:{port}"

    def start(self, failpoint: str = "") -> None:
        """Start it, unless it runs; it dies at the failpoint (see doomed.py)."""
        if self._process is None:
            doomed = ["tests.faults.doomed", self._module, failpoint]
            command = [sys.executable, "-P", "-m", *(doomed if failpoint else [self._module])]
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)

    async def died(self) -> None:
        """Wait until it has died by itself."""
        assert self._process is not None, "it was started"
        give_up = time.monotonic() + 10
        while self._process.poll() is None:
            assert time.monotonic() < give_up, "it has not come to its failpoint"
            await asyncio.sleep(0.01)
        assert self._process.returncode == -signal.SIGKILL, self._log.read_text()
        self._process = None

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def memory(self) -> int:
        """How many bytes of memory it holds."""
        assert self._process is not None, "it was started"
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024

    async def well(self) -> None:
        """Wait until it takes calls."""
        give_up = time.monotonic() + SECONDS_TO_START
        while await asyncio.to_thread(illness, f"grpc://{self.address}", 1):
            assert time.monotonic() < give_up, self._log.read_text()
            await asyncio.sleep(0.05)


class Site:
    """Two presence services (the second one is started where it is needed), a worker, and their Redis."""

    def __init__(self, redis: OwnRedis, nodes: list[Node]) -> None:
        """Nothing is started yet, but for Redis."""
        self.redis = redis
        self.service, self.other, self.worker = nodes

    async def up(self, *nodes: Node) -> None:
        """Have these nodes run, and the rest as they may."""
        for node in nodes:
            node.start()
        await asyncio.gather(*(node.well() for node in nodes))

    def strike(self, fault: str) -> None:
        """Do what is named; what was killed is started again."""
        match fault:
            case "kill the worker":
                self.worker.kill()
                self.worker.start()
            case "kill the service":
                self.service.kill()
                self.service.start()
            case "flush":
                self.redis.client.flushall()
            case "restart redis":
                self.redis.kill()
                self.redis.start()
