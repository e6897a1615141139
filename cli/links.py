"""`cairn links`: saved links at a terminal, through the same API that clients use."""

import webbrowser
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from cli.files_links import export, import_
from cli.following import Bar, followed
from cli.person import Desk, for_a_person
from cli.problems import Problem, Unreachable
from cli.tables_links import PICTURES, link_card, links_table, step_line
from cli.targets import BOOKMARKS, collection_id
from cli.terminal import Terminal

CLASSES = click.Choice(["link", "image", "video", "audio", "document", "tweet", "instagram"])
STATES = click.Choice(["open", "done", "archived"])
STEPS = click.Choice(["fetch", "screenshot", "image", "text", "caption"])
ENDS = ("done", "skipped", "failed")
# As a shell has it for a command that was interrupted.
INTERRUPTED = 130


@click.group()
def links() -> None:
    """Save links, and see what is found behind them.

    \b
    Say who you are with --user (on the machine where `cairn up` runs) or CAIRN_TOKEN:
      cairn links add https://example.org --user mira --tag later
      cairn links list --user mira --site example.org
      cairn links import bookmarks.html --user mira
    """


links.add_command(import_)
links.add_command(export)


@links.command()
@click.argument("address", metavar="URL")
@click.option("--note", help="Your own words about it.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@click.option("--collection", help="The collection to put it in, by name or id.")
@click.option("--wait/--no-wait", default=True, help="Whether to watch it being looked up.")
@for_a_person
def add(desk: Desk, address: str, wait: bool, collection: str | None, **fields: Any) -> None:
    """Save URL, and watch it being looked up: a line for every change of a step.

    Exit code 0 means that all steps are done or skipped. Ctrl-C ends the watching (exit code 130); the work goes on.

    \b
    Examples:
      cairn links add https://example.org --user mira
      cairn links add example.org --no-wait --user mira --tag later --note "for the tour"
    """
    body = {"target": {"url": address}, **{name: value for name, value in fields.items() if value is not None}}
    if collection is not None:
        body["collectionId"] = collection_id(desk.gateway, collection)
    data = desk.gateway.call("POST", BOOKMARKS, json=body)["data"]
    verb = "Was saved already" if data["alreadySaved"] else "Saved"
    click.echo(f"{verb}: {data['bookmark']['id']}", err=desk.as_json)
    _show(desk, data["bookmark"], wait)


@links.command("list")
@click.option("--text", help="Only those where the note, a tag, the title or what is found has this text.")
@click.option("--tag", "tags", multiple=True, help="Only those with this tag; repeated: with any of them.")
@click.option("--collection", help="Only those in this collection, by name or id.")
@click.option("--site", help="Only those of this host, and hosts below it.")
@click.option("--class", "mediaClass", type=CLASSES, help="Only these.")
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option("--trash", is_flag=True, help="What lies in the trash, instead.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000), help="How many at most.")
@for_a_person
def list_(desk: Desk, limit: int, trash: bool, **filters: Any) -> None:
    """List saved links, newest first. All filters must match.

    \b
    Examples:
      cairn links list --user mira --text lamp
      cairn links list --user mira --class document --json | jq '.[].link.url'
    """
    params = {name: value for name, value in filters.items() if value is not None and value != ()}
    if trash and params:
        raise click.UsageError("--trash goes without filters.")
    if trash:
        _list_trash(desk, limit)
        return
    if "collection" in params:
        params["collectionId"] = collection_id(desk.gateway, params.pop("collection"))
    items, total = desk.gateway.listed(BOOKMARKS, {"type": "link", **params}, limit)
    desk.show(items, links_table(items) if items else "No link matches." if params else "No link is saved.")
    if len(items) < total:
        click.echo(f"{len(items)} of {total} are shown; --limit {total} shows all.", err=True)


@links.command("open")
@click.argument("link", type=click.UUID)
@click.option("--save", "folder", type=click.Path(file_okay=False, path_type=Path), help="Put its pictures there.")
@click.option("--browser", is_flag=True, help="Open it in a browser.")
@for_a_person
def open_(desk: Desk, link: UUID, folder: Path | None, browser: bool) -> None:
    """Show all that is known of a LINK, by its id.

    \b
    Examples:
      cairn links open 01999b2e-… --user mira
      cairn links open 01999b2e-… --save pictures --user mira
    """
    item = desk.gateway.call("GET", f"{BOOKMARKS}/{link}")["data"]
    if not item.get("link"):
        raise Problem(f"{link} is no link. See `cairn bookmarks show {link}`.")
    desk.show(item, link_card(item))
    if folder:
        _save_pictures(desk, item, folder)
    if browser and item["link"]["url"].startswith(("http://", "https://")):
        webbrowser.open(item["link"]["url"])


@links.command()
@click.argument("links", metavar="LINK...", type=click.UUID, nargs=-1, required=True)
@for_a_person
def rm(desk: Desk, links: tuple[UUID, ...]) -> None:
    """Move every LINK to the trash, from which it can be restored for 30 days.

    \b
    Example:
      cairn links rm 01999b2e-… --user mira
    """
    _move(desk, links, "trash", "In the trash")


@links.command()
@click.argument("links", metavar="LINK...", type=click.UUID, nargs=-1, required=True)
@for_a_person
def restore(desk: Desk, links: tuple[UUID, ...]) -> None:
    """Take every LINK out of the trash.

    \b
    Example:
      cairn links restore 01999b2e-… --user mira
    """
    _move(desk, links, "trash/restore", "Restored")


@links.command()
@click.argument("link", type=click.UUID)
@click.option("--step", "steps", multiple=True, type=STEPS, help="Only this one; may be repeated.")
@click.option("--wait/--no-wait", default=True, help="Whether to watch it being looked up.")
@for_a_person
def refresh(desk: Desk, link: UUID, steps: tuple[str, ...], wait: bool) -> None:
    """Look a LINK up again. What is known stays until something new is found.

    \b
    Examples:
      cairn links refresh 01999b2e-… --user mira
      cairn links refresh 01999b2e-… --step screenshot --step text --user mira
    """
    item = desk.gateway.call("POST", f"{BOOKMARKS}/{link}/refresh", json={"steps": list(steps)})["data"]
    _show(desk, item, wait)


def _show(desk: Desk, item: dict[str, Any], wait: bool) -> None:
    """Print a link, if wanted as it is once it was looked up; raises Problem where that failed."""
    try:
        item = _looked_up(desk, item) if wait else item
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    desk.show(item, link_card(item))
    if wait and item["link"]["enrichment"]["state"] == "failed":
        raise Problem("It is saved, but a step failed. Try it again with `cairn links refresh`.")


def _looked_up(desk: Desk, item: dict[str, Any]) -> dict[str, Any]:
    console = Terminal()
    seen = item["link"]["enrichment"]["steps"]
    with Bar(console) as bar:
        for event in followed(desk.gateway, f"{BOOKMARKS}/{item['id']}/events", _is_last):
            if event.get("mergedInto"):
                click.echo(f"It is the same as {event['mergedInto']}, and part of that now.", err=True)
                merged: dict[str, Any] = desk.gateway.call("GET", f"{BOOKMARKS}/{event['mergedInto']}")["data"]
                return merged
            if not event.get("bookmark"):
                raise Problem("It was removed meanwhile.")
            item = event["bookmark"]
            steps = item["link"]["enrichment"]["steps"]
            bar.draw("looking it up", sum(step["state"] in ENDS for step in steps), len(steps))
            for step in (step for step in steps if step not in seen and not desk.as_json):
                console.print(step_line(step), soft_wrap=True)
            seen = steps
    if item["link"]["enrichment"]["state"] not in ENDS:
        raise Unreachable(f"The stream broke off. The work goes on without it: cairn links open {item['id']}")
    return item


def _is_last(event: dict[str, Any]) -> bool:
    item = event.get("bookmark")
    return not item or item["link"]["enrichment"]["state"] in ENDS


def _list_trash(desk: Desk, limit: int) -> None:
    items, _ = desk.gateway.listed(f"{BOOKMARKS}/trash", {}, limit + 1)
    shown = items[:limit]
    table = links_table([each["bookmark"] for each in shown], [each["deleteTime"] for each in shown])
    desk.show(shown, table if shown else "The trash is empty.")
    if len(items) > limit:
        click.echo(f"There are more than {limit}; --limit shows more.", err=True)


def _save_pictures(desk: Desk, item: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in PICTURES:
        image = item["link"].get(kind)
        if image:
            path = folder / f"{item['id']}-{kind}.{image['mediaType'].rpartition('/')[2]}"
            path.write_bytes(b"".join(desk.gateway.chunks("GET", image["path"])))
            click.echo(f"Saved {path}", err=True)


def _move(desk: Desk, ids: tuple[UUID, ...], where: str, told: str) -> None:
    wanted = [str(each) for each in ids]
    data = desk.gateway.call("POST", f"{BOOKMARKS}/{where}", json={"ids": wanted})["data"]
    desk.show(data, "\n".join(f"{told}: {each}" for each in data["ids"]) or "Nothing was moved.")
    missing = [each for each in wanted if each not in data["ids"]]
    if missing:
        raise Problem("\n".join(f"Not there: {each}" for each in missing))
