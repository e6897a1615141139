"""From rows to the domain."""

from chassis.database import Row
from services.bookmarks.domain import (
    Bookmark,
    Collection,
    Conversation,
    Person,
    SavedFile,
    SavedMessage,
    State,
    Target,
    TargetType,
    Unavailable,
    Words,
    preview,
)

TYPES = {each.value: each for each in TargetType}
STATES = {each.value: each for each in State}


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
