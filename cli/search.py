"""`cairn search`: find messages by words and by meaning, at a terminal, through the same API that clients use."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import click

from cli.following import JOBS, Bar, events
from cli.gateway import Gateway, Refused
from cli.person import Desk, for_a_person
from cli.problems import Problem
from cli.tables_jobs import hits_table, search_notes
from cli.terminal import Terminal


class Moment(click.ParamType[datetime]):
    """A day or a moment in the form of ISO 8601; in the reader's time zone unless it names another."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        try:
            return datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write 2025-03-03, or 2025-03-03T08:00, with Z for UTC.", param, ctx)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--in", "conversationId", metavar="CONVERSATION", help="Only in this conversation, by id.")
@click.option("--by", "authorId", metavar="PERSON", help="Only what this person wrote, by id.")
@click.option("--role", type=click.Choice(["user", "assistant", "system"]), help="Only what one of these wrote.")
@click.option("--from", "fromTime", type=Moment(), help="Only what was sent then or later: 2025-03-03.")
@click.option("--to", "toTime", type=Moment(), help="Only what was sent before.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@click.option("--now", is_flag=True, help="As a plain call, instead of a job.")
@for_a_person
def search(desk: Desk, words: tuple[str, ...], now: bool, **filters: Any) -> None:
    """Search the messages of your conversations for WORDS, and for what they mean. The best come first.

    It runs as a job; whether that waits or runs is shown meanwhile, and Ctrl-C cancels it. A word after a minus is
    left out of what is found; `--` before it says that it is no option.

    \b
    Examples:
      cairn search "what keeps the lamp from going out" --user mira
      cairn search limewash --in c-restoration --from 2025-03-01 --user mira
      cairn search --user mira -- lamp -whale
      cairn search whale --now --json --user mira | jq '.results[].messageId'
    """
    times = {name: value.isoformat() for name, value in filters.items() if isinstance(value, datetime)}
    wanted = {"query": " ".join(words), **filters, **times}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    found = desk.gateway.call("GET", "/api/v1/search", params=wanted)["data"] if now else _found(desk, wanted)
    desk.show(found, hits_table(found["results"]) if found["results"] else "Nothing found.")
    for note in search_notes(found):
        click.echo(note[:1].upper() + note[1:] + ".", err=True)


def _found(desk: Desk, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a job finds; it is canceled when nobody waits any more."""
    # The answer to a first call may never be heard; the same key finds the job that it started.
    once = {"json": wanted, "headers": {"Idempotency-Key": uuid4().hex}}
    try:
        job = _started(desk.gateway, once)
        with Bar(Terminal()) as bar:
            for event in events(desk.gateway, job["id"]):
                job = event["job"]
                bar.show(job)
    except KeyboardInterrupt:
        _cancel(desk.gateway, _started(desk.gateway, once)["id"])
        raise
    if job["status"] != "complete":
        error = job["error"] or {"message": "It was canceled.", "reason": "CANCELED"}
        raise Problem(f"The search came to nothing: {error['message']} ({error['reason']})")
    found: dict[str, Any] = job["result"]["search"]
    return found


def _started(gateway: Gateway, once: dict[str, Any]) -> dict[str, Any]:
    """The job, which is made by the first of such calls."""
    job: dict[str, Any] = gateway.call("POST", "/api/v1/actions/search", **once)["data"]
    return job


def _cancel(gateway: Gateway, job_id: str) -> None:
    """Cancel a job, unless it was faster."""
    try:
        gateway.call("DELETE", f"{JOBS}/{job_id}")
    except Refused as refused:
        if refused.reason != "JOB_COMPLETE":
            raise
