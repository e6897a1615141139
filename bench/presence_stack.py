"""Starts what the measures of presence need, and breaks it where they ask for that."""

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis

from bench.load import Arm
from bench.stack import Stack, free_port

NODE = Path(__file__).parent / "node-presence"
WORKER = "services.presence.worker"


@dataclass
class PresenceStack(Stack):
    """A Stack with presence, its worker, and the peers."""

    _worker: "subprocess.Popen[bytes] | None" = None
    _starts: int = 0
    _settings: dict[str, str] = field(default_factory=dict)

    def settle_on(self, settings: Mapping[str, str]) -> None:
        """What every process is told."""
        self._settings = {**settings, "CAIRN_PRESENCE_WORKER_PORT": str(free_port())}

    def replica(self, name: str, database_url: str = "") -> Arm:
        """Start a replica, on a database of its own if one is named."""
        port = free_port()
        environ = {**self._settings, "CAIRN_PRESENCE_PORT": str(port)}
        if database_url:
            environ["CAIRN_DATABASE_URL"] = database_url
        return Arm(name, port, rest=False, pids=(self.python("services.presence", port, environ),))

    def worker(self) -> None:
        """Start the worker, and wait until it is up."""
        port = int(self._settings["CAIRN_PRESENCE_WORKER_PORT"])
        pid = self.python(WORKER, port, self._settings)
        self._worker = next(process for process, _ in self._running if process.pid == pid)

    def kill_worker(self) -> None:
        """Kill the worker as `kill -9` does and start another, without waiting for it."""
        assert self._worker is not None
        command = self._worker.args
        self._worker.kill()
        self._worker.wait()
        self._worker = self._again("worker", command, self._settings)

    def kill_redis(self) -> object:
        """Kill Redis as `kill -9` does; the command that starts it again, with nothing in it."""
        process = next(each for each, _ in reversed(self._running) if "redis.conf" in str(each.args))
        process.kill()
        process.wait()
        return process.args

    def start_redis(self, command: object) -> None:
        """Start it again."""
        self._again("redis", command, {})

    async def flush_redis(self) -> None:
        """Have Redis forget everything."""
        async with Redis.from_url(self.environ["CAIRN_REDIS_URL"]) as redis:
            await redis.flushall()

    def old_way(self) -> Arm:
        """Start the peer that sets a status the old way."""
        port = free_port()
        environ = {**self._settings, "PEER_LISTEN": f"127.0.0.1:{port}"}
        pid = self._serve("old_way.js", ("node", str(NODE / "old_way.js")), port, environ)
        return Arm("Node, BullMQ and pg", port, rest=False, pids=(pid,))

    def _again(self, name: str, command: object, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        assert isinstance(command, tuple)
        self._starts += 1
        return self._start(f"{name}-{self._starts}", command, environ, signal.SIGTERM)
