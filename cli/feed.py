"""`cairn feed`: tell Cairn who and what exists, from a file."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.changes import send_changes
from cli.credentials import service_key
from cli.gateway import Gateway
from cli.problems import Problem
from cli.settings import Session


@click.group()
def feed() -> None:
    """Tell Cairn who and what exists: people, conversations, messages, files.

    \b
    Example:
      cairn feed import examples/workspace.ndjson
    """


@feed.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--workspace", help="The workspace it is for. [default: CAIRN_WORKSPACE, else demo]")
@click.option("--from-line", default=1, type=click.IntRange(min=1), help="Begin here, after an import that broke off.")
@click.option("--url", help="The gateway. [default: CAIRN_URL, else the one `cairn up` starts]")
@click.pass_obj
def import_(session: Session, file: Path, workspace: str | None, from_line: int, url: str | None) -> None:
    """Send a FILE of changes, one JSON object a line; .gz is unpacked, - is standard input.

    \b
    Lines look like these (examples/workspace.ndjson has all kinds):
      {"user": {"id": "u1", "displayName": "Mira"}}
      {"conversation": {"id": "c1", "kind": "channel", "name": "general"}}
      {"membership": {"conversationId": "c1", "userId": "u1"}}
      {"message": {"id": "m1", "conversationId": "c1", "authorId": "u1",
                   "text": "hi", "sentAt": "2026-01-05T09:00:00Z"}}     (on one line)
    \b
    Examples:
      cairn feed import examples/workspace.ndjson
      zcat big.ndjson.gz | cairn feed import - --workspace acme

    Sending a file twice is safe: what is known already changes nothing. When an import breaks off, the message
    says from which line to go on. It signs in with the key of the service `feed`.
    """
    with feeder(session, workspace, url) as gateway, _opened(file) as (lines, share):
        # Patience is for a gateway that goes away on the way, not for one that was never there.
        gateway.call("GET", "/healthz")
        sent = _shown(send_changes(gateway, lines, from_line, _say), share)
    click.echo(f"{sent:,} changes taken.")


def feeder(session: Session, workspace: str | None = None, url: str | None = None) -> Gateway:
    """The gateway, called with the key of the service that feeds."""
    settings = session.settings
    key = service_key(settings, "feed")
    headers = {"Authorization": f"Service {key}", "X-Cairn-Workspace": workspace or settings.workspace}
    return Gateway(url or settings.gateway_url, headers)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[IO[bytes], Callable[[], float]]]:
    """The lines of a file, and how much of it is read; of standard input that cannot be told."""
    if file == Path("-"):
        yield sys.stdin.buffer, lambda: 0.0
        return
    size = max(file.stat().st_size, 1)
    with file.open("rb") as raw:
        # A gzip file asks for its bytes in blocks; where it stands in the raw file is near enough.
        lines = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if file.suffix == ".gz" else raw
        try:
            yield lines, lambda: raw.tell() / size
        except (gzip.BadGzipFile, EOFError) as error:
            raise Problem(f"{file} is no complete gzip file: {error}") from error


def _shown(taken: Iterator[int], share: Callable[[], float]) -> int:
    """Draw a progress bar while the changes go out; the sum of them."""
    sent = 0
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[sent]:,} changes"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=1.0, sent=0)
        for count in taken:
            sent += count
            progress.update(task, completed=share(), sent=sent)
    return sent


def _say(line: str) -> None:
    click.echo(line, err=True)
