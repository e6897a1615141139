"""Saved items and collections, drawn for a person at a terminal."""

from datetime import datetime
from typing import Any

from rich import box
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

SIGNS = {"channel": "#", "dm": "@", "assistant": "~"}
GONE = {"deleted": "deleted", "access_lost": "no longer yours to see"}


def bookmarks_table(items: list[dict[str, Any]]) -> Table:
    """One line a bookmark."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Saved", no_wrap=True)
    table.add_column("What", no_wrap=True)
    table.add_column("Content", overflow="fold")
    table.add_column("Tags", max_width=20)
    for item in items:
        marks = ", ".join(item["tags"]) + ("" if item["state"] == "open" else f" ({item['state']})")
        text = Text.assemble(content(item), ("\n" + source(item) if source(item) else "", "dim"))
        table.add_row(moment(item["createTime"]), named(item), text, marks.strip())
    return table


def bookmark_card(item: dict[str, Any]) -> Table:
    """All of one bookmark."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    lines = {
        "id": item["id"],
        "what": named(item),
        "from": source(item),
        "content": content(item),
        "note": item.get("note") or "",
        "tags": ", ".join(item["tags"]),
        "state": item["state"],
        "collection": item.get("collectionId") or "",
        "due": moment(item["dueTime"]) if item.get("dueTime") else "",
        "saved": moment(item["createTime"]),
        "changed": moment(item["updateTime"]),
    }
    for name, value in lines.items():
        if value:
            table.add_row(name, value)
    return table


def collections_table(items: list[dict[str, Any]]) -> Table:
    """One line a collection."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Name")
    table.add_column("Bookmarks", justify="right")
    table.add_column("Id", no_wrap=True)
    for item in items:
        table.add_row(item["name"], str(item["bookmarkCount"]), item["id"])
    return table


def named(item: dict[str, Any]) -> str:
    """What a bookmark saves, as the command line writes it."""
    target = item["target"]
    if target.get("url"):
        return f"link:{(item.get('link') or {}).get('site') or '?'}"
    return f"message:{target['messageId']}" if target.get("messageId") else f"file:{target.get('fileId', '?')}"


def source(item: dict[str, Any]) -> str:
    """Who wrote it, and where."""
    message, file = item.get("message"), item.get("file")
    person = (message or {}).get("author") or (file or {}).get("uploader") or {}
    conversation = (message or {}).get("conversation") or {}
    name = conversation.get("name") or conversation.get("kind", "")
    place = f" {SIGNS.get(conversation.get('kind', ''), '')}{name}" if name else ""
    return f"{person.get('name') or person.get('id', '')}{place}"


def content(item: dict[str, Any]) -> str:
    """The saved content, or why there is none."""
    if not item["available"]:
        return f"— {GONE.get(item.get('unavailableReason') or '', 'not available')} —"
    if item.get("link"):
        return str(item["link"]["title"] or item["link"]["url"])
    if item.get("file"):
        return f"{item['file']['name']} ({decimal(int(item['file']['sizeBytes']))})"
    return str(item["message"]["preview"])


def moment(time: str) -> str:
    """A time of the API, in the reader's time zone."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
