"""`cairn jobs`: what runs for a person, at a terminal, through the same API that clients use."""

import json
from typing import Any
from uuid import UUID

import click

from cli.following import JOBS, Bar, events
from cli.person import Desk, for_a_person
from cli.problems import Problem
from cli.tables_jobs import change_line, job_card, job_line, jobs_table
from cli.terminal import Terminal

STATUSES = click.Choice(["pending", "running", "canceling", "complete", "error", "canceled", "expired"])
# As a shell has it for a command that was interrupted.
INTERRUPTED = 130


@click.group()
def jobs() -> None:
    """List, watch, cancel and repeat your jobs: work that goes on after the call that started it.

    \b
    Say who you are with --user (on the machine where `cairn up` runs) or CAIRN_TOKEN:
      cairn jobs list --user mira
      cairn jobs watch 01999b2e-… --user mira
    \b
    `cairn search` starts one.
    """


@jobs.command("list")
@click.option("--kind", help="Only those of this kind, such as search.")
@click.option("--status", type=STATUSES, help="Only those that stand so.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10000), help="How many at most.")
@for_a_person
def list_(desk: Desk, limit: int, **filters: str | None) -> None:
    """List your jobs of the last seven days, newest first.

    \b
    Examples:
      cairn jobs list --user mira
      cairn jobs list --user mira --status error --json
    """
    params = {name: value for name, value in filters.items() if value is not None}
    items, _ = desk.gateway.listed(JOBS, params, limit + 1)
    desk.show(items[:limit], jobs_table(items[:limit]) if items else "No jobs match." if params else "No jobs.")
    if len(items) > limit:
        click.echo(f"There are more than {limit}; --limit shows more.", err=True)


@jobs.command()
@click.argument("job", type=click.UUID)
@for_a_person
def show(desk: Desk, job: UUID) -> None:
    """Show all of one JOB: where it stands, every attempt, and what it came to.

    \b
    Example:
      cairn jobs show 01999b2e-… --user mira
    """
    data = desk.gateway.call("GET", f"{JOBS}/{job}")["data"]
    desk.show(data, job_card(data))


@jobs.command()
@click.argument("job", type=click.UUID)
@for_a_person
def watch(desk: Desk, job: UUID) -> None:
    """Watch a JOB until it ends: a line for every change, and its progress. Exit code 0 means that it is complete.

    Ctrl-C ends the watching (exit code 130); the job goes on. With --json one line an event, for scripts.

    \b
    Example:
      cairn jobs watch 01999b2e-… --user mira
    """
    try:
        ended = _watched(desk, job)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    if ended["status"] not in ("complete", "expired"):
        raise Problem(f"The job ended as {ended['status']}.")


@jobs.command()
@click.argument("job", type=click.UUID)
@for_a_person
def cancel(desk: Desk, job: UUID) -> None:
    """Cancel a JOB. Cancelling again changes nothing; one that is complete cannot be canceled.

    \b
    Example:
      cairn jobs cancel 01999b2e-… --user mira
    """
    desk.gateway.call("DELETE", f"{JOBS}/{job}")
    data = desk.gateway.call("GET", f"{JOBS}/{job}")["data"]
    desk.show(data, job_line(data))


@jobs.command()
@click.argument("job", type=click.UUID)
@for_a_person
def retry(desk: Desk, job: UUID) -> None:
    """Start a JOB that failed or was canceled again, as a new one.

    \b
    Example:
      cairn jobs retry 01999b2e-… --user mira
    """
    data = desk.gateway.call("POST", f"{JOBS}/{job}/retry", json={})["data"]
    desk.show(data, job_line(data))


def _watched(desk: Desk, job: UUID) -> dict[str, Any]:
    """The job at its end; until then, what happens to it is shown."""
    console = Terminal()
    last: dict[str, Any] = {}
    with Bar(console) as bar:
        for event in events(desk.gateway, str(job)):
            before, last = last, event["job"]
            bar.show(last)
            if desk.as_json:
                click.echo(json.dumps(event, ensure_ascii=False))
            elif any(last[name] != before.get(name) for name in ("status", "attempt", "error")):
                console.print(change_line(last))
    return last
