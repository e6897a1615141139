"""`cairn status`: what people say they are doing, at a terminal, through the same API that clients use."""

import json
from collections.abc import Iterator
from itertools import chain, takewhile
from typing import Any
from urllib.parse import quote

import click
import emoji
from rich.live import Live

from cli.person import Desk, for_a_person
from cli.problems import Unreachable
from cli.tables_people import hold_line, people_table, person_card, status_card
from cli.terminal import Terminal
from cli.token import Lasting

PATH = "/api/v1/presence"
# What an address may not end with: it would lead elsewhere.
UNNAMEABLE = ("", ".", "..")
OPTIONS = click.Choice(["30m", "1h", "4h", "today", "this_week", "never"])


def _checked(context: click.Context, parameter: click.Parameter, length: str | None) -> str | None:
    """A length as it was written, once it is known to be one."""
    if length is not None:
        Lasting().convert(length, parameter, context)
    return length


@click.group()
def status() -> None:
    """Set, clear and watch statuses.

    \b
    Say who you are with --user (on the machine where `cairn up` runs) or CAIRN_TOKEN:
      cairn status set "🎯 Focusing" --for 25m --dnd --user mira
      cairn status show jonah --user mira
      cairn status watch --user mira
    """


@status.command("set")
@click.argument("words", nargs=-1)
@click.option("--for", "length", callback=_checked, help="How long from now: 90s, 25m, 2h, 3d.")
@click.option("--until", "option", type=OPTIONS, help="A named end, in your time zone.")
@click.option("--preset", type=click.Choice(["meeting", "sick", "vacation", "focusing"]), help="A ready-made status.")
@click.option("--dnd/--no-dnd", default=None, help="Hold notifications for as long as it lasts.")
@click.option("--zone", default="", help="Your time zone for --until, such as Europe/Berlin. [default: UTC]")
@for_a_person
def set_(desk: Desk, words: tuple[str, ...], length: str | None, option: str | None, **given: Any) -> None:
    """Set your status to WORDS, which may begin with an emoji. It replaces the one there is.

    \b
    Examples:
      cairn status set "🎯 Focusing" --for 25m --dnd --user mira
      cairn status set --preset vacation --until this_week --zone Europe/Berlin --user mira
    """
    if length and option:
        raise click.UsageError("Name one of --for and --until.")
    body: dict[str, Any] = {**_said(" ".join(words)), "timeZone": given["zone"]}
    named = {"preset": given["preset"], "dnd": given["dnd"], "expiresIn": length, "expires": option}
    body |= {name: value for name, value in named.items() if value is not None}
    data = desk.gateway.call("PUT", f"{PATH}/status", json=body)["data"]
    desk.show(data, status_card(data))


@status.command()
@for_a_person
def clear(desk: Desk) -> None:
    """Clear your status.

    \b
    Example:
      cairn status clear --user mira
    """
    desk.gateway.call("DELETE", f"{PATH}/status")
    desk.show({}, "Cleared.")


@status.command()
@click.argument("person", required=False)
@for_a_person
def show(desk: Desk, person: str | None) -> None:
    """Show your own status with all that is behind it, or what a PERSON shows to you.

    \b
    Examples:
      cairn status show --user mira
      cairn status show jonah --user mira
    """
    if person is None:
        data = desk.gateway.call("GET", f"{PATH}/status")["data"]
        desk.show(data, status_card(data))
    else:
        if person in UNNAMEABLE:
            raise click.UsageError(f"{person!r} cannot be asked for: it would be another address.")
        data = desk.gateway.call("GET", f"{PATH}/users/{quote(person, safe='')}/status")["data"]
        desk.show(data, person_card(data))


@status.command()
@click.argument("length", required=False, callback=_checked)
@click.option("--off", is_flag=True, help="Let notifications through again.")
@for_a_person
def pause(desk: Desk, length: str | None, off: bool) -> None:
    """Pause notifications for a LENGTH such as 30m or 2h; without one, until --off.

    What you set besides (schedule, who passes) stays as it is.

    \b
    Examples:
      cairn status pause 30m --user mira
      cairn status pause --off --user mira
    """
    if length and off:
        raise click.UsageError("Name one of LENGTH and --off.")
    held = desk.gateway.call("GET", f"{PATH}/dnd")["data"]
    body = {name: held[name] for name in ("schedule", "timeZone", "allowMentions", "allowUserIds")}
    if not off:
        body |= {"snoozeFor": length} if length else {"snoozeIndefinitely": True}
    data = desk.gateway.call("PUT", f"{PATH}/dnd", json=body)["data"]
    desk.show(data, hold_line(data))


@status.command()
@click.argument("people", nargs=-1)
@for_a_person
def watch(desk: Desk, people: tuple[str, ...]) -> None:
    """Watch PEOPLE, or everybody, in a table that follows every change. Ctrl-C ends it.

    With --json one line a change, for scripts.

    \b
    Examples:
      cairn status watch --user mira
      cairn status watch jonah pia --user mira --json
    """
    events = _events(desk, people)
    try:
        if desk.as_json:
            for event in events:
                click.echo(json.dumps(event, ensure_ascii=False))
        else:
            _follow(events)
    except KeyboardInterrupt:
        return


def _events(desk: Desk, people: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What there is to see, until it is interrupted; however the stream ends, that is a failure."""
    error: dict[str, Any] = {}
    again = "See whether `cairn up` is running, and watch again."
    try:
        for event in desk.gateway.lines("GET", f"{PATH}/watch", params={"userIds": list(people)}):
            error = event.get("error") or {}
            if not error:
                yield event
    except Unreachable as broken:
        raise Unreachable(f"{broken.message} {again}") from broken
    why = f": {error['message']} ({error['reason']})" if error else ""
    raise Unreachable(f"The stream ended{why}. {again}")


def _follow(events: Iterator[dict[str, Any]]) -> None:
    known: dict[str, dict[str, Any]] = {}
    # Before anything is drawn: a call that is refused ends here.
    first = next(events)
    with Live(console=Terminal(), auto_refresh=False) as live:
        for event in chain([first], events):
            if event["presence"]:
                known[event["presence"]["userId"]] = event["presence"]
            if event["event"] != "snapshot":
                live.update(people_table(known), refresh=True)


def _said(words: str) -> dict[str, str]:
    """The emoji that words begin with, and the text after it. That there is only one is for the service to say."""
    parts = emoji.analyze(words.strip(), non_emoji=True)
    first = "".join(part.chars for part in takewhile(lambda part: not isinstance(part.value, str), parts))
    said = {"emoji": first, "text": words.strip()[len(first) :].strip()}
    return {name: value for name, value in said.items() if value}
