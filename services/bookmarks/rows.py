"""From rows to the domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.database import Row
from services.bookmarks.domain import (
    Bookmark,
    Collection,
    State,
    Target,
    TargetType,
    Unavailable,
    Words,
)
from services.bookmarks.domain_links import STEPS, Enrichment, Link, LinkImage, Step, StepState
from services.bookmarks.domain_shown import Conversation, Person, SavedFile, SavedMessage, preview

TYPES = {each.value: each for each in TargetType}
STATES = {each.value: each for each in State}
PLACES = ("url", "final_url", "site", "favicon_url")
TEXTS = ("site_name", "media_type", "media_class", "text", "caption")
AS_FOUND = (*PLACES, *TEXTS, "embeddable", "revision")
IMAGE = ("kind", "version", "media_type", "width", "height", "blurhash", "size_bytes")


def to_bookmark(row: Row) -> Bookmark:
    """A row of bookmarks with the columns of `sight`. Of an unavailable target nothing is taken over."""
    type_ = TYPES[row["target_type"]]
    unavailable = row["unavailable"]
    available = unavailable is None
    return Bookmark(
        row["id"],
        Target(type_, row["target_id"]),
        row["note"],
        row["tags"],
        row["collection_id"],
        STATES[row["state"]],
        row["due_at"],
        row["created_at"],
        row["updated_at"],
        row["version"],
        None if available else Unavailable(unavailable),
        _message(row) if available and row["message_seen"] else None,
        _file(row) if available and type_ is TargetType.FILE else None,
        to_link(row["link"]) if type_ is TargetType.LINK else None,
    )


def to_link(known: str) -> Link:
    """The JSON of `sight`: what the person wrote goes before what was found."""
    link = orjson.loads(known)
    steps = sorted(map(_step, link["steps"]), key=lambda step: STEPS.index(step.name))
    job = link["job_id"]
    images = tuple(_image(image) for image in link["images"] or ())
    kinds = sorted(image.kind for image in images)
    return Link(
        **{name: link[name] for name in AS_FOUND},
        other_urls=tuple(link["other_urls"]),
        title=link["own_title"] or link["title"],
        description=link["own_description"] or link["description"],
        images=images,
        # The one that was chosen may not have come.
        cover=link["cover"] if link["cover"] in kinds else next(iter(kinds), ""),
        enrichment=Enrichment(StepState(link["enrichment"]), tuple(steps), link["round"], job and UUID(job)),
    )


def to_words(row: Row) -> Words:
    """What the person wrote, from a row of bookmarks."""
    return Words(row["note"], tuple(row["tags"]), row["collection_id"], STATES[row["state"]], row["due_at"])


def to_collection(row: Row) -> Collection:
    """A row of collections with its count."""
    return Collection(
        row["id"],
        row["name"],
        row["name_key"],
        row["bookmark_count"],
        row["created_at"],
        row["updated_at"],
        row["version"],
    )


def _message(row: Row) -> SavedMessage:
    return SavedMessage(
        row["message_id"],
        preview(row["message_text"]),
        Person(row["message_author_id"], row["author_name"] or ""),
        Conversation(row["message_conversation_id"], row["conversation_kind"] or 0, row["conversation_name"] or ""),
        row["message_sent_at"],
    )


def _file(row: Row) -> SavedFile:
    uploader = Person(row["file_uploader_id"], row["uploader_name"] or "")
    return SavedFile(row["target_id"], row["file_name"], row["file_media_type"], row["file_size_bytes"], uploader)


def _step(step: dict[str, Any]) -> Step:
    next_at = step["next_at"]
    return Step(
        step["step"],
        StepState(step["state"]),
        step["reason"],
        step["message"],
        step["attempts"],
        next_at and datetime.fromisoformat(next_at),
        datetime.fromisoformat(step["updated_at"]),
    )


def _image(image: dict[str, Any]) -> LinkImage:
    return LinkImage(*(image[name] for name in IMAGE))
