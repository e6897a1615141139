"""`cairn bookmarks`: saved items at a terminal, through the same API that clients use."""

from typing import Any

import click

from cli.collections import collections
from cli.person import Desk, for_a_person
from cli.tables import bookmark_card, bookmarks_table, content, named
from cli.targets import BOOKMARKS, BookmarkType, Target, TargetType, bookmark_path, collection_id

STATES = click.Choice(["open", "done", "archived"])
TYPES = click.Choice(["message", "file", "link"])


@click.group()
def bookmarks() -> None:
    """Save, list and change saved items.

    \b
    Say who you are with --user (on the machine where `cairn up` runs) or CAIRN_TOKEN:
      cairn bookmarks save message:m-007 --user mira --tag later
      cairn bookmarks list --user mira --tag later
      cairn bookmarks note message:m-007 "for the gate" --user mira
    \b
    A target is message:ID or file:ID; a bookmark is named by its id or its target.
    """


bookmarks.add_command(collections)


@bookmarks.command()
@click.argument("target", type=TargetType())
@click.option("--note", help="Your own words about it.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@click.option("--collection", help="The collection to put it in, by name or id.")
@for_a_person
def save(desk: Desk, target: Target, note: str | None, tags: tuple[str, ...], collection: str | None) -> None:
    """Save TARGET. Saving again changes nothing.

    \b
    Examples:
      cairn bookmarks save message:m-007 --user mira
      cairn bookmarks save file:f-tour --user mira --tag audio --note "ask Jonah"
    """
    body: dict[str, Any] = {"target": target.json, "tags": list(tags)}
    if note is not None:
        body["note"] = note
    if collection is not None:
        body["collectionId"] = collection_id(desk.gateway, collection)
    data = desk.gateway.call("POST", BOOKMARKS, json=body)["data"]
    verb = "Was saved already" if data["alreadySaved"] else "Saved"
    desk.show(data, f"{verb}: {_line(data['bookmark'])}")


@bookmarks.command()
@click.argument("target", type=TargetType())
@for_a_person
def toggle(desk: Desk, target: Target) -> None:
    """Save TARGET, or remove it if it is saved: a click on the star.

    \b
    Example:
      cairn bookmarks toggle message:m-007 --user mira
    """
    data = desk.gateway.call("POST", f"{BOOKMARKS}/toggle", json={"target": target.json})["data"]
    desk.show(data, f"Saved: {_line(data['bookmark'])}" if data["bookmarked"] else f"Removed: {target}")


@bookmarks.command("list")
@click.option("--type", type=TYPES, help="Only these.")
@click.option("--tag", "tags", multiple=True, help="Only those with this tag; repeated: with any of them.")
@click.option("--collection", help="Only those in this collection, by name or id.")
@click.option("--text", help="Only those where the note, a tag or the content has this text.")
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option("--available/--gone", default=None, help="Only those that can, or can no longer, be seen.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000), help="How many at most.")
@for_a_person
def list_(desk: Desk, limit: int, **filters: Any) -> None:
    """List saved items, newest first. All filters must match.

    \b
    Examples:
      cairn bookmarks list --user mira
      cairn bookmarks list --user mira --text lamp --type message
      cairn bookmarks list --user mira --json | jq '.[].target'
    """
    if filters["collection"] is not None:
        filters["collectionId"] = collection_id(desk.gateway, filters["collection"])
    del filters["collection"]
    params = {name: value for name, value in filters.items() if value is not None and value != ()}
    items, total = desk.gateway.listed(BOOKMARKS, params, limit)
    desk.show(items, bookmarks_table(items) if items else "Nothing saved matches." if params else "Nothing is saved.")
    if len(items) < total:
        click.echo(f"{len(items)} of {total} are shown; --limit {total} shows all.", err=True)


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@for_a_person
def show(desk: Desk, bookmark: str | Target) -> None:
    """Show all of one BOOKMARK.

    \b
    Example:
      cairn bookmarks show message:m-007 --user mira
    """
    data = desk.gateway.call("GET", bookmark_path(desk.gateway, bookmark))["data"]
    desk.show(data, bookmark_card(data))


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@click.argument("text")
@for_a_person
def note(desk: Desk, bookmark: str | Target, text: str) -> None:
    """Write TEXT on a BOOKMARK, in place of what was there; "" takes it away.

    \b
    Example:
      cairn bookmarks note message:m-007 "for the gate" --user mira
    """
    _change(desk, bookmark, {"note": text or None})


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@click.argument("tags", nargs=-1)
@click.option("--remove", "removed", multiple=True, help="A tag to take away; may be repeated.")
@for_a_person
def tag(desk: Desk, bookmark: str | Target, tags: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Add TAGS to a BOOKMARK, or take some away.

    \b
    Examples:
      cairn bookmarks tag message:m-007 gate urgent --user mira
      cairn bookmarks tag message:m-007 --remove urgent --user mira
    """
    if not tags and not removed:
        raise click.UsageError("Name a tag to add, or one to take away with --remove.")
    _change(desk, bookmark, {"addTags": list(tags), "removeTags": list(removed)})


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@click.argument("collection")
@for_a_person
def move(desk: Desk, bookmark: str | Target, collection: str) -> None:
    """Put a BOOKMARK into a COLLECTION, by name or id; "" takes it out.

    \b
    Example:
      cairn bookmarks move message:m-007 "Opening day" --user mira
    """
    _change(desk, bookmark, {"collectionId": collection_id(desk.gateway, collection) if collection else None})


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@click.argument("state", type=STATES)
@for_a_person
def mark(desk: Desk, bookmark: str | Target, state: str) -> None:
    """Mark a BOOKMARK as open, done or archived.

    \b
    Example:
      cairn bookmarks mark message:m-007 done --user mira
    """
    _change(desk, bookmark, {"state": state})


@bookmarks.command()
@click.argument("bookmark", type=BookmarkType())
@for_a_person
def remove(desk: Desk, bookmark: str | Target) -> None:
    """Remove a BOOKMARK, whether or not its content can still be seen.

    \b
    Examples:
      cairn bookmarks remove message:m-007 --user mira
      cairn bookmarks remove 01a203db-bbc0-7191-83b9-84bd590570bf --user mira
    """
    if isinstance(bookmark, str):
        desk.gateway.call("DELETE", f"{BOOKMARKS}/{bookmark}")
        removed = 1
    else:
        answer = desk.gateway.call("POST", f"{BOOKMARKS}/batch-remove", json={"targets": [bookmark.json]})
        removed = answer["data"]["removedCount"]
    desk.show({"removedCount": removed}, f"Removed: {bookmark}" if removed else f"Was not saved: {bookmark}")


@bookmarks.command()
@click.option("--type", type=TYPES, help="Only these.")
@for_a_person
def count(desk: Desk, **filters: Any) -> None:
    """Count saved items, those that can no longer be seen included.

    \b
    Example:
      cairn bookmarks count --user mira --type file
    """
    params = {name: value for name, value in filters.items() if value is not None}
    data = desk.gateway.call("GET", f"{BOOKMARKS}/count", params=params)["data"]
    desk.show(data, str(data["count"]))


def _change(desk: Desk, bookmark: str | Target, body: dict[str, Any]) -> None:
    data = desk.gateway.call("PATCH", bookmark_path(desk.gateway, bookmark), json=body)["data"]
    desk.show(data, bookmark_card(data))


def _line(item: dict[str, Any]) -> str:
    return f"{named(item)}  {content(item)}  ({item['id']})"
