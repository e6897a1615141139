"""The processes of Cairn, in the order they start: one line each."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.health import illness
from cli.settings import CliSettings, reachable
from cli.stack.leash import leashed
from cli.stack.supervisor import Program


@dataclass(frozen=True, slots=True)
class Process:
    """A process: `python -m module`, and where it tells how it is, with the port named after it in the settings."""

    name: str
    module: str
    health: str
    # What it is told beside the settings that all share.
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def makes_tables(self) -> bool:
        """Whether others, its workers, need it to have been up once."""
        return self.module == f"services.{self.name}"

    def program(self, environ: Mapping[str, str]) -> Program:
        """What starts it."""
        # -P: a folder named like one of our packages, where the command happens to be run, must not shadow it.
        command = [sys.executable, "-P", "-m", self.module]
        return Program(self.name, tuple(leashed(command, signal.SIGTERM)), {**environ, **self.given})

    def port(self, settings: CliSettings) -> int:
        """The port it listens on."""
        return int(getattr(settings, f"{self.name}_port"))

    def ready(self, settings: CliSettings) -> bool:
        """Whether it takes calls."""
        place = f"{reachable(settings.listen_host)}:{self.port(settings)}"
        return not illness(self.health.format(place=place), timeout=1)


PROCESSES = (
    Process("bookmarks", "services.bookmarks", "grpc://{place}"),
    Process("presence", "services.presence", "grpc://{place}"),
    Process("jobs", "services.jobs", "grpc://{place}"),
    Process("presence_worker", "services.presence.worker", "grpc://{place}"),
    Process("jobs_interactive", "services.jobs.worker", "grpc://{place}", {"CAIRN_JOBS_QUEUE": "interactive"}),
    Process("jobs_bulk", "services.jobs.worker", "grpc://{place}", {"CAIRN_JOBS_QUEUE": "bulk"}),
    Process("gateway", "gateway", "http://{place}/readyz"),
)


def process_environ(settings: CliSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of every process: the one given, completed."""
    return {
        **environ,
        "CAIRN_DATABASE_URL": settings.database_url,
        "CAIRN_REDIS_URL": settings.redis_url,
        "CAIRN_LISTEN_HOST": settings.listen_host,
        "CAIRN_OBJECTS_URL": environ.get("CAIRN_OBJECTS_URL") or str(settings.data_dir.resolve() / "objects"),
        **{f"CAIRN_{process.name.upper()}_PORT": str(process.port(settings)) for process in PROCESSES},
        **_upstreams(settings, environ),
        "PYTHONUNBUFFERED": "1",
        # Else gRPC writes a line for each child process that a worker starts.
        "GRPC_VERBOSITY": environ.get("GRPC_VERBOSITY", "ERROR"),
    }


def _upstreams(settings: CliSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Where the gateway, and those that call each other, find each service."""
    host = reachable(settings.listen_host)
    found = {
        f"CAIRN_{process.name.upper()}_ADDRESS": f"{host}:{process.port(settings)}"
        for process in PROCESSES
        if process.health.startswith("grpc://")
    }
    return {name: environ.get(name) or address for name, address in found.items()}
