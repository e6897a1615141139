"""People and their statuses, drawn for a person at a terminal."""

from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

SIGNS = {"active": ("● active", "green"), "away": ("● away", "yellow"), "offline": ("○ offline", "dim")}


def people_table(people: dict[str, dict[str, Any]]) -> Table:
    """One line a person, by name."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Who", "There", "Status", "Until", "Notifications"):
        table.add_column(title, no_wrap=title != "Status")
    for id_ in sorted(people):
        person = people[id_]
        table.add_row(
            id_, Text(*SIGNS[person["online"]]), said(person), _until(person["statusExpiresTime"]), _held(person)
        )
    return table


def person_card(person: dict[str, Any]) -> Table:
    """What one person shows."""
    return people_table({person["userId"]: person})


def status_card(status: dict[str, Any]) -> Table | str:
    """One's own status, the effective claim first."""
    if not status["claims"]:
        return "No status."
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Shows", "Status", "Until", "Set by", "Notifications"):
        table.add_column(title)
    for number, claim in enumerate(status["claims"]):
        held = "held" if claim["dnd"] else ""
        table.add_row("" if number else "now", said(claim), _until(claim["expiresTime"]), claim["source"], held)
    return table


def hold_line(dnd: dict[str, Any]) -> str:
    """Whether notifications are held now, by what, and until when."""
    if not dnd["active"]:
        return "Notifications pass."
    until = f" until {_until(dnd['activeUntilTime'])}" if dnd["activeUntilTime"] else ", with no end set"
    return f"Notifications are held{until}." if dnd["snoozed"] else f"Your status or schedule still holds them{until}."


def said(claim: dict[str, Any]) -> str:
    """Emoji and text."""
    return " ".join(filter(None, (claim["emoji"], claim["text"])))


def _until(time: str | None) -> str:
    """A time in the reader's zone, to the second; the day only where it is not today."""
    if time is None:
        return ""
    try:
        local = datetime.fromisoformat(time).astimezone()
    except OverflowError:  # in the year 10000, where the reader is
        return time
    today = local.date() == datetime.now(tz=local.tzinfo).date()
    return f"{local:%H:%M:%S}" if today else f"{local:%Y-%m-%d %H:%M}"


def _held(person: dict[str, Any]) -> str:
    if not person["dnd"]:
        return ""
    return f"held until {_until(person['dndUntilTime'])}" if person["dndUntilTime"] else "held"
