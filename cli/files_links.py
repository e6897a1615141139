"""`cairn links import` and `cairn links export`: links from files, and into files."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from cli.following import job_seen_through
from cli.person import Desk, for_a_person
from cli.problems import Problem
from cli.tables_links import import_summary, invalid_rows
from cli.targets import BOOKMARKS
from cli.terminal import Terminal

FORMATS = click.Choice(["html", "csv", "json"])
# Who sends more than may be sent is told so; all of it need not be read for that.
ENOUGH = 25 * 1024 * 1024 + 1
# Of those that are invalid, so many are shown.
SHOWN = 1000


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=FORMATS, help="What it is. [default: told by what is in it]")
@click.option("--dry-run", is_flag=True, help="Save nothing, and say what would become of each link.")
@for_a_person
def import_(desk: Desk, file: Path, form: str | None, dry_run: bool) -> None:
    """Save the links of FILE: bookmarks as browsers export them, CSV with a column `url`, or an export of Cairn.

    What is saved already stays as it is. Ctrl-C cancels the rest; what is saved by then stays.

    \b
    Examples:
      cairn links import examples/bookmarks.html --user mira
      cairn links import bookmarks.html --dry-run --user mira
    """
    given = {"dryRun": "true" if dry_run else "false", **({"format": form} if form else {})}
    upload = {"file": (file.name, _read(file))}
    job = job_seen_through(desk.gateway, f"{BOOKMARKS}/import", data=given, files=upload)
    result = job["result"]["linkImport"]
    params, where = {"outcome": "invalid"}, f"{BOOKMARKS}/imports/{job['id']}/rows"
    bad, _ = desk.gateway.listed(where, params, SHOWN) if result["invalidCount"] else ([], 0)
    desk.show({**result, "invalid": bad}, import_summary(result))
    if bad and not desk.as_json:
        Terminal().print(invalid_rows(bad))
    if len(bad) < result["invalidCount"]:
        click.echo(f"{len(bad):,} of {result['invalidCount']:,} invalid ones are shown.", err=True)


@click.command()
@click.option("--format", "form", type=FORMATS, help="As what. [default: told by the name of the file, else json]")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write. [default: print it]"
)
@for_a_person
def export(desk: Desk, form: str | None, output: Path | None) -> None:
    """Export all that is saved, the oldest first, for a browser, a spreadsheet, or another Cairn.

    \b
    Examples:
      cairn links export --output bookmarks.html --user mira
      cairn links export --format csv --user mira | head
    """
    known = output.suffix[1:] if output and output.suffix[1:] in FORMATS.choices else "json"
    form = form or known
    size = 0
    with _target(output) as file:
        for chunk in desk.gateway.chunks("GET", f"{BOOKMARKS}/export", params={"format": form}):
            size += file.write(chunk)
    if output:
        told = {"file": str(output), "format": form, "sizeBytes": size}
        click.echo(json.dumps(told) if desk.as_json else f"Wrote {output}: {size:,} bytes of {form}.")


@contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes] | Any]:
    """Where to write; a file appears under its name only once it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    fresh = output.with_name(f"{output.name}.part")
    try:
        with fresh.open("wb") as file:
            yield file
        fresh.replace(output)
    except OSError as error:
        raise Problem(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        fresh.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(ENOUGH)
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
