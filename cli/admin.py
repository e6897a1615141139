"""`cairn admin`: the queues and the dead letters, for operators."""

import functools
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from cli.credentials import service_key
from cli.following import Bar
from cli.gateway import Gateway
from cli.person import Desk
from cli.problems import Problem
from cli.settings import Session
from cli.tables_jobs import dead_table, queues_table
from cli.terminal import Terminal

ADMIN = "/api/v1/admin"
DEAD = f"{ADMIN}/dead-letters"
LOOK_SECONDS, PATIENCE_SECONDS = 0.5, 120.0
OPTIONS = (
    click.option("--workspace", help="The workspace it is about. [default: CAIRN_WORKSPACE, else demo]"),
    click.option("--service", default="ops", show_default=True, help="The service whose key is used."),
    click.option("--url", help="The gateway. [default: CAIRN_URL, else the one `cairn up` starts]"),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts."),
)


def for_an_operator(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of OPTIONS and, for its first argument, a desk."""

    @click.pass_obj
    @functools.wraps(command)
    def run(session: Session, /, as_json: bool, url: str | None, **given: Any) -> None:
        settings = session.settings
        key, workspace = service_key(settings, given.pop("service")), given.pop("workspace") or settings.workspace
        headers = {"Authorization": f"Service {key}", "X-Cairn-Workspace": workspace}
        with Gateway(url or settings.gateway_url, headers) as gateway:
            command(Desk(gateway, as_json), **given)

    for option in reversed(OPTIONS):
        run = option(run)
    return run


@click.group()
def admin() -> None:
    """Look after jobs: what waits, what failed for good, and starting that again.

    \b
    It signs in with the key of the service `ops` (on the machine where `cairn up` runs), or another of
    CAIRN_SERVICE_KEYS:
      cairn admin queue
      cairn admin dead --workspace acme
    """


@admin.command()
@click.option("--wait", is_flag=True, help="First wait, with a progress bar, until the model has read all messages.")
@for_an_operator
def queue(desk: Desk, wait: bool) -> None:
    """Show what waits and runs, and how far the model has come with the messages; of all workspaces.

    \b
    Examples:
      cairn admin queue
      cairn admin queue --wait        # after an import, until all of it can be found by meaning
    """
    data = _all_read(desk.gateway) if wait else _stats(desk.gateway)
    desk.show(data, queues_table(data))


@admin.command()
@click.option("--kind", help="Only those of this kind, such as search.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000), help="How many at most.")
@for_an_operator
def dead(desk: Desk, kind: str | None, limit: int) -> None:
    """List the jobs of a workspace that failed for good of what may be mended, the latest first.

    After 30 days they are deleted.

    \b
    Example:
      cairn admin dead --workspace acme
    """
    items, _ = desk.gateway.listed(DEAD, {"kind": kind} if kind else {}, limit + 1)
    desk.show(items[:limit], dead_table(items[:limit]) if items else "No dead letters.")
    if len(items) > limit:
        click.echo(f"There are more than {limit}; --limit shows more.", err=True)


@admin.command()
@click.argument("job", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="All of the workspace, the oldest first.")
@click.option("--kind", help="All of this kind, such as link-enrichment.")
@click.option("--count", type=click.IntRange(1, 1000), help="With --all or --kind: at most so many. [default: 1000]")
@for_an_operator
def redrive(desk: Desk, job: UUID | None, every: bool, kind: str | None, count: int | None) -> None:
    """Start a dead JOB again, as a new one; or many. Repeating this starts no second one.

    \b
    Examples:
      cairn admin redrive 01999b2e-… --workspace acme
      cairn admin redrive --kind link-enrichment --count 100 --workspace acme
    """
    many = every or kind is not None
    if many == (job is not None) or (count is not None and not many):
        raise click.UsageError("Name one JOB, or say --all or --kind; --count goes with these.")
    if job is not None:
        data = desk.gateway.call("POST", f"{DEAD}/{job}/redrive", json={})["data"]
        desk.show(data, f"Started again as {data['redrivenAs']}.")
        return
    wanted = {name: value for name, value in (("kind", kind), ("count", count)) if value is not None}
    data = desk.gateway.call("POST", f"{DEAD}/redrive", json=wanted)["data"]
    desk.show(data, f"Started again: {len(data['jobIds']):,}.")


@admin.command()
@click.argument("job", type=click.UUID)
@for_an_operator
def purge(desk: Desk, job: UUID) -> None:
    """Take a JOB off the dead letters. As any other, it can be read for seven days from its end.

    \b
    Example:
      cairn admin purge 01999b2e-… --workspace acme
    """
    desk.gateway.call("DELETE", f"{DEAD}/{job}")
    desk.show({}, f"No dead letter any more: {job}")


def _stats(gateway: Gateway) -> dict[str, Any]:
    stats: dict[str, Any] = gateway.call("GET", f"{ADMIN}/queue")["data"]
    return stats


def _all_read(gateway: Gateway) -> dict[str, Any]:
    """The queues once no message waits for the model; gives up where nothing goes on."""
    most, give_up = -1, 0.0
    with Bar(Terminal()) as bar:
        while True:
            stats = _stats(gateway)
            messages, unread = stats["messageCount"], stats["unembeddedCount"]
            if unread == 0:
                return stats
            bar.draw("reading messages", messages - unread, messages)
            if messages - unread > most:
                most, give_up = messages - unread, time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > give_up:
                raise Problem(f"{unread:,} messages wait, and the model has read none for {PATIENCE_SECONDS:g} s.")
            time.sleep(LOOK_SECONDS)
