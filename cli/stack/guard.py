"""Refuses a start that would collide: with another `cairn up`, or with whatever has one of the ports."""

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.problems import Problem


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Keep the data directory to this process; the lock goes with the process, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Problem(
                f"Cairn is running on {data_dir.resolve()} already (process {lock.read().strip() or 'unknown'}). "
                "Use that one, stop it first, or set CAIRN_DATA_DIR and the ports to start another: `cairn up --help`."
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def check_ports(wanted: Iterable[tuple[str, str, int]]) -> None:
    """Raise Problem when a port is taken: each is given as the variable that moves it, the host, and the port."""
    taken = [f"  port {port}: free it, or set {name}" for name, host, port in wanted if not _free(host, port)]
    if taken:
        raise Problem("\n".join(["Another program has a port that Cairn needs:", *taken]))


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # What was closed a moment ago is free; what listens is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
