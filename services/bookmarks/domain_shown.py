"""What is shown of a saved message or file, to those who may see it."""

from datetime import datetime
from typing import NamedTuple

PREVIEW_LENGTH = 80


class Person(NamedTuple):
    """Someone shown beside a saved item. The name is empty once they are deleted."""

    id: str
    name: str


class Conversation(NamedTuple):
    """Where a client jumps to. The kind is 0 until the feed introduces it."""

    id: str
    kind: int
    name: str


class SavedMessage(NamedTuple):
    """A message as a list shows it."""

    id: str
    preview: str
    author: Person
    conversation: Conversation
    sent_time: datetime


class SavedFile(NamedTuple):
    """A file as a list shows it."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    uploader: Person


def preview(text: str) -> str:
    """The first 80 characters, with three dots where there are more."""
    return text if len(text) <= PREVIEW_LENGTH else text[:PREVIEW_LENGTH] + "..."
