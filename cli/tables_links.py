"""Saved links, drawn for a person at a terminal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from cli.tables import moment
from cli.tables_jobs import ID_WIDTH

STYLES = {"done": "green", "failed": "red", "running": "cyan", "skipped": "dim", "pending": "dim"}
NAMES = {"saved": "saved", "alreadySaved": "saved already", "restored": "taken out of the trash", "invalid": "invalid"}
PICTURES = ("image", "screenshot")


def links_table(items: Sequence[dict[str, Any]], dates: Sequence[str] = ()) -> Table:
    """One line a link; `dates` tell when each is deleted, of what lies in the trash."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Deleted on" if dates else "Saved", no_wrap=True)
    # An id is there to be copied: however narrow the terminal is, it stays whole.
    table.add_column("Link", overflow="fold", min_width=ID_WIDTH)
    table.add_column("Looked up", no_wrap=True)
    table.add_column("Tags", max_width=20)
    for place, item in enumerate(items):
        link = item["link"]
        marks = ", ".join(item["tags"]) + ("" if item["state"] == "open" else f" ({item['state']})")
        text = Text.assemble(link["title"] or link["url"], (f"\n{link['site']}\n{item['id']}", "dim"))
        when = dates[place] if dates else item["createTime"]
        table.add_row(moment(when), text, _looked_up(link["enrichment"]), marks.strip())
    return table


def link_card(item: dict[str, Any]) -> Table:
    """All of one link."""
    link = item["link"]
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    lines: dict[str, Any] = {
        "id": item["id"],
        "address": link["url"],
        "leads to": link["finalUrl"] if link["finalUrl"] != link["url"] else "",
        "also": "\n".join(link["otherUrls"]),
        **{name: link[field] for name, field in (("title", "title"), ("about", "description"), ("site", "siteName"))},
        "type": ", ".join(filter(None, (link["mediaClass"], link["mediaType"]))),
        "shows": link["caption"],
        "text": link["text"],
        **{name: _picture(link[name]) for name in PICTURES if link.get(name)},
        "note": item.get("note") or "",
        "tags": ", ".join(item["tags"]),
        "state": item["state"],
        "collection": item.get("collectionId") or "",
        "due": moment(item["dueTime"]) if item.get("dueTime") else "",
        "saved": moment(item["createTime"]),
        **{step["name"] + ":": step_told(step) for step in link["enrichment"]["steps"]},
    }
    for name, value in lines.items():
        if value:
            card.add_row(name, value)
    return card


def step_line(step: dict[str, Any]) -> Text:
    """What became of a step, as it becomes known."""
    return Text.assemble(f"{datetime.now().astimezone():%H:%M:%S}  {step['name']:10}  ", step_told(step))


def step_told(step: dict[str, Any]) -> Text:
    """How a step stands, and why."""
    why = f"{step['message']} ({step['reason']})" if step["message"] else step["reason"]
    if step.get("nextAttemptTime"):
        why += f", again at {datetime.fromisoformat(step['nextAttemptTime']).astimezone():%H:%M:%S}"
    return Text.assemble((step["state"], STYLES.get(step["state"], "")), f"  {why}" if why else "")


def import_summary(result: dict[str, Any]) -> str:
    """What became of an import, in a line."""
    counts = {told: result[f"{name}Count"] for name, told in NAMES.items()}
    parts = ", ".join(f"{count:,} {told}" for told, count in counts.items() if count)
    links = f"{result['totalCount']:,} link{'' if result['totalCount'] == 1 else 's'}"
    begin = "Nothing was saved. It would be: " if result["dryRun"] else ""
    return f"{begin}{links}{': ' if parts else ''}{parts}."


def invalid_rows(rows: Sequence[dict[str, Any]]) -> Table:
    """The links of a file that are none."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Row", "Address", "Why"):
        table.add_column(title, overflow="fold", justify="right" if title == "Row" else "left")
    for row in rows:
        table.add_row(str(row["row"]), row["url"], row["reason"])
    return table


def _looked_up(enrichment: dict[str, Any]) -> Text:
    reasons = {step["reason"]: None for step in enrichment["steps"] if step["state"] == "failed" and step["reason"]}
    state = enrichment["state"]
    return Text.assemble((state, STYLES.get(state, "")), *[(f"\n{reason}", "dim") for reason in reasons])


def _picture(image: dict[str, Any]) -> str:
    return f"{image['path']}\n{image['width']} x {image['height']}, {decimal(int(image['sizeBytes']))}"
