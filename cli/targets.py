"""How a saved item is named on the command line: by its own id, or by what is saved."""

import uuid
from dataclasses import dataclass

import click

from cli.gateway import Gateway
from cli.problems import Problem

BOOKMARKS = "/api/v1/bookmarks"
KINDS = {"message": "messageId", "file": "fileId"}


@dataclass(frozen=True, slots=True)
class Target:
    """A message or a file."""

    kind: str
    id: str

    @property
    def json(self) -> dict[str, str]:
        """As the API writes it."""
        return {KINDS[self.kind]: self.id}

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.kind}:{self.id}"


class TargetType(click.ParamType[Target]):
    """message:ID or file:ID."""

    name = "target"

    def convert(self, value: str | Target, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """Parse it."""
        if isinstance(value, Target):
            return value
        kind, _, target_id = value.partition(":")
        if kind not in KINDS or not target_id:
            self.fail(f"{value!r} names nothing: write message:ID or file:ID, such as message:m-007.", param, ctx)
        return Target(kind, target_id)


class BookmarkType(click.ParamType["str | Target"]):
    """The id of a bookmark, or what it saves."""

    name = "bookmark"

    def convert(self, value: str | Target, param: click.Parameter | None, ctx: click.Context | None) -> str | Target:
        """Parse it."""
        if isinstance(value, str) and is_uuid(value):
            return value
        try:
            return TargetType().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(
                f"{value!r} names no bookmark: write its id (see `cairn bookmarks list`), message:ID or file:ID.",
                param,
                ctx,
            )


def is_uuid(value: str) -> bool:
    """Whether this is an id of ours."""
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def bookmark_path(gateway: Gateway, which: str | Target) -> str:
    """The path of a bookmark; raises Problem when the target is not saved."""
    if isinstance(which, str):
        return f"{BOOKMARKS}/{which}"
    answer = gateway.call("POST", f"{BOOKMARKS}/check", json={"targets": [which.json]})
    found = answer["data"]["results"][0].get("bookmarkId")
    if not found:
        raise Problem(f"{which} is not saved. Save it with `cairn bookmarks save {which}`.")
    return f"{BOOKMARKS}/{found}"


def collection_path(gateway: Gateway, name: str) -> str:
    """The path of a collection that is named, or whose id is given."""
    return f"{BOOKMARKS}/collections/{collection_id(gateway, name)}"


def collection_id(gateway: Gateway, name: str) -> str:
    """The id of a collection that is named, letter case aside; raises Problem when there is none."""
    if is_uuid(name):
        return name
    every, _ = gateway.listed(f"{BOOKMARKS}/collections", {}, limit=1000)
    for each in every:
        if each["name"].casefold() == name.strip().casefold():
            return str(each["id"])
    raise Problem(f"You have no collection {name!r}. Make it with `cairn bookmarks collections create {name!r}`.")
