"""`cairn up`: everything on this machine, with one command."""

import signal
import time
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import NoReturn

import click

from cli.credentials import ensure_secrets
from cli.sample import load_if_wanted, note_if_empty
from cli.settings import CliSettings, Session, cli_settings
from cli.stack.embedded import Embedded
from cli.stack.guard import check_ports, held
from cli.stack.processes import PROCESSES, process_environ
from cli.stack.supervisor import Supervisor, end_left_behind, say
from cli.welcome import welcome

JOURNAL = "processes.json"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--sample/--no-sample", "with_sample", default=True, help="Load examples/ into an empty database.")
@click.pass_obj
def up(session: Session, with_sample: bool) -> None:
    """Start PostgreSQL, Redis, the services, their workers and the gateway; Ctrl-C stops them.

    State and development secrets are kept in .data and survive a restart.

    \b
    Settings are environment variables:
      CAIRN_DATA_DIR=.data          where state and secrets are kept
      CAIRN_GATEWAY_PORT=8080       where the API listens
      CAIRN_BOOKMARKS_PORT=50051, CAIRN_PRESENCE_PORT=50052, CAIRN_PRESENCE_WORKER_PORT=50056
      CAIRN_JOBS_PORT=50053, CAIRN_JOBS_INTERACTIVE_PORT=50057, CAIRN_JOBS_BULK_PORT=50058
      CAIRN_POSTGRES_PORT=50054, CAIRN_REDIS_PORT=50055
      CAIRN_LISTEN_HOST=127.0.0.1   0.0.0.0 lets other machines in
      CAIRN_DATABASE_URL, CAIRN_REDIS_URL    your own servers instead of the embedded ones
    \b
    A second one beside the first:
      CAIRN_DATA_DIR=.data2 CAIRN_GATEWAY_PORT=8081 CAIRN_BOOKMARKS_PORT=50061 \\
        CAIRN_PRESENCE_PORT=50062 CAIRN_PRESENCE_WORKER_PORT=50066 \\
        CAIRN_JOBS_PORT=50063 CAIRN_JOBS_INTERACTIVE_PORT=50067 CAIRN_JOBS_BULK_PORT=50068 \\
        CAIRN_POSTGRES_PORT=50064 CAIRN_REDIS_PORT=50065 cairn up
    """
    for signum in ENDINGS:  # SIGINT even where ignored: a shell ignores it for what it starts in the background
        if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # nohup keeps its meaning
            signal.signal(signum, _stop)
    data_dir = session.settings.data_dir
    with held(data_dir):
        end_left_behind(data_dir / JOURNAL)
        kept = {**ensure_secrets(data_dir), **session.environ}
        _supervised(Session(cli_settings(kept), kept), with_sample)
    say("stopped; everything is kept for the next start")


def _supervised(session: Session, with_sample: bool) -> None:
    supervisor = Supervisor(session.settings.data_dir / JOURNAL)
    try:
        _run(session, supervisor, with_sample)
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for signum in ENDINGS:
            signal.signal(signum, signal.SIG_IGN)
        supervisor.stop()


def _stop(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _run(session: Session, supervisor: Supervisor, with_sample: bool) -> None:
    started = time.monotonic()
    embedded = Embedded.of(session.settings)
    _check_ports(session.settings, embedded)
    embedded.start(supervisor)
    session = replace(session, settings=embedded.complete(session.settings))
    if with_sample:
        note_if_empty(session)
    _start_processes(session, supervisor)
    load_if_wanted(session)
    say(f"all up after {time.monotonic() - started:.1f} s")
    click.echo(welcome(session.settings))
    while True:
        supervisor.revive()
        time.sleep(0.2)


def _check_ports(settings: CliSettings, embedded: Embedded) -> None:
    check_ports(
        [(name, "127.0.0.1", port) for name, port in embedded.ports().items()]
        + [(f"CAIRN_{each.name.upper()}_PORT", settings.listen_host, each.port(settings)) for each in PROCESSES]
    )


def _start_processes(session: Session, supervisor: Supervisor) -> None:
    environ = process_environ(session.settings, session.environ)
    first = [process for process in PROCESSES if process.makes_tables]
    for some in (first, [process for process in PROCESSES if process not in first]):
        for process in some:
            supervisor.start(process.program(environ))
        for process in some:
            supervisor.wait_for(partial(process.ready, session.settings))
