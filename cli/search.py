"""`cairn search`: find messages by words and by meaning, at a terminal, through the same API that clients use."""

from datetime import datetime
from typing import Any

import click

from cli.following import seen_through
from cli.person import Desk, for_a_person
from cli.tables_jobs import hits_table, search_notes


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
    if now:
        found = desk.gateway.call("GET", "/api/v1/search", params=wanted)["data"]
    else:
        found = seen_through(desk.gateway, "/api/v1/actions/search", json=wanted)["search"]
    desk.show(found, hits_table(found["results"]) if found["results"] else "Nothing found.")
    for note in search_notes(found):
        click.echo(note[:1].upper() + note[1:] + ".", err=True)
