"""`cairn bookmarks collections`: a person's own folders."""

import click

from cli.person import Desk, for_a_person
from cli.tables import collections_table
from cli.targets import BOOKMARKS, collection_path

COLLECTIONS = f"{BOOKMARKS}/collections"


@click.group()
def collections() -> None:
    """Make and change collections, your folders for bookmarks.

    \b
    Examples:
      cairn bookmarks collections create "Opening day" --user mira
      cairn bookmarks move message:m-007 "Opening day" --user mira
      cairn bookmarks list --collection "Opening day" --user mira
    """


@collections.command("list")
@for_a_person
def list_(desk: Desk) -> None:
    """List your collections, by name."""
    items, _ = desk.gateway.listed(COLLECTIONS, {}, limit=1000)
    desk.show(items, collections_table(items) if items else "There are no collections.")


@collections.command()
@click.argument("name")
@for_a_person
def create(desk: Desk, name: str) -> None:
    """Make a collection called NAME."""
    data = desk.gateway.call("POST", COLLECTIONS, json={"name": name})["data"]
    desk.show(data, f"Made: {data['name']}  ({data['id']})")


@collections.command()
@click.argument("collection")
@click.argument("name")
@for_a_person
def rename(desk: Desk, collection: str, name: str) -> None:
    """Give a COLLECTION, by name or id, a new NAME."""
    data = desk.gateway.call("PATCH", collection_path(desk.gateway, collection), json={"name": name})["data"]
    desk.show(data, f"Renamed: {data['name']}")


@collections.command()
@click.argument("collection")
@for_a_person
def delete(desk: Desk, collection: str) -> None:
    """Delete a COLLECTION, by name or id. Its bookmarks stay, without one."""
    desk.gateway.call("DELETE", collection_path(desk.gateway, collection))
    desk.show({}, f"Deleted: {collection}")
