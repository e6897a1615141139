"""Starts what is measured: PostgreSQL and Redis of our own, our processes and the peer's, each on a free port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.stack.leash import leashed
from cli.stack.postgres import Cluster
from cli.stack.redis import RedisServer

ROOT = Path(__file__).parent.parent
NODE = ROOT / "bench" / "node"
SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 20.0
SHOWN = 2_000


@dataclass
class Stack:
    """Everything that runs; on leaving, all of it ends and its folder goes."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="cairn-bench-")))
    environ: dict[str, str] = field(default_factory=dict)
    _running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start the databases."""
        self.folder.chmod(0o711)
        cluster = Cluster(self.folder / "postgres", free_port(), "bench", log=self.folder / "postgres.log")
        redis = RedisServer(self.folder / "redis", free_port(), "bench", durable=False)
        cluster.create()
        redis.create()
        self._wait("postgres", self._start("postgres", cluster.program().command, {}, signal.SIGINT), cluster.ready)
        self._wait("redis", self._start("redis", redis.program().command, {}, signal.SIGTERM), redis.ready)
        self.environ = {
            "CAIRN_DATABASE_URL": cluster.url(),
            "CAIRN_REDIS_URL": redis.url,
            "CAIRN_OBJECTS_URL": str(self.folder / "objects"),
        }
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Stop everything, the last started first; after an error, show what our processes said."""
        if isinstance(error, Exception):
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-SHOWN:]}", file=sys.stderr)
        for process, sign in reversed(self._running):
            process.send_signal(sign)
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def python(self, module: str, port: int, environ: Mapping[str, str]) -> int:
        """Start a process of ours; its process id."""
        return self._serve(module, (sys.executable, "-m", module), port, environ)

    def node(self, script: str, port: int, environ: Mapping[str, str]) -> int:
        """Start a process of the peer; its process id."""
        return self._serve(script, ("node", str(NODE / script)), port, environ)

    def _serve(self, name: str, command: tuple[str, ...], port: int, environ: Mapping[str, str]) -> int:
        process = self._start(name, tuple(leashed(list(command), signal.SIGKILL)), environ, signal.SIGTERM)
        self._wait(name, process, lambda: _listens(port))
        return process.pid

    def _wait(self, name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + SECONDS_TO_START
        while not ready():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{name} did not start")
            time.sleep(0.05)

    def _start(
        self, name: str, command: tuple[str, ...], environ: Mapping[str, str], sign: signal.Signals
    ) -> subprocess.Popen[bytes]:
        with self._log(name).open("wb") as log:
            surroundings = {**os.environ, **self.environ, **environ}
            process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=log, stderr=subprocess.STDOUT)
        self._running.append((process, sign))
        return process

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def why_no_peer(folder: Path = NODE) -> str:
    """Install the peers' packages into their folder; why that cannot be done, or nothing."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            return f"there is no {tool} on the PATH (Node 20 or newer is needed)"
    installed = folder / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return ""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return f"npm ci failed: {done.stderr.strip()[-500:]}" if done.returncode else ""
