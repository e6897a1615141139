"""From the wire to the domain and back."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2
from cairn.feed.v1 import feed_pb2
from chassis.masks import mask
from services.bookmarks.domain import (
    EDITABLE,
    Bookmark,
    Collection,
    Edit,
    Filter,
    State,
    Target,
    TargetType,
    Unavailable,
    Wanted,
    Words,
    etag_of,
    target_of,
)
from services.bookmarks.domain_hosts import canonical_site
from services.bookmarks.domain_links import UrlInvalid, canonical
from services.bookmarks.domain_shown import SavedFile, SavedMessage
from services.bookmarks.encode_links import CLASS_OF, EPOCH, fields_of_link, fields_of_time
from services.bookmarks.facts import Fact, Kind

TYPES = {
    TargetType.MESSAGE: pb.Bookmark.TYPE_MESSAGE,
    TargetType.FILE: pb.Bookmark.TYPE_FILE,
    TargetType.LINK: pb.Bookmark.TYPE_LINK,
}
STATES = {
    State.OPEN: pb.Bookmark.STATE_OPEN,
    State.DONE: pb.Bookmark.STATE_DONE,
    State.ARCHIVED: pb.Bookmark.STATE_ARCHIVED,
}
REASONS = {
    None: pb.Bookmark.UNAVAILABLE_REASON_UNSPECIFIED,
    Unavailable.DELETED: pb.Bookmark.UNAVAILABLE_REASON_DELETED,
    Unavailable.ACCESS_LOST: pb.Bookmark.UNAVAILABLE_REASON_ACCESS_LOST,
}
TYPE_OF = {number: type_ for type_, number in TYPES.items()}
STATE_OF = {number: state for state, number in STATES.items()}


def to_target(target: pb.Target, field: str = "target") -> Wanted:
    """What is saved. A URL that is none is refused, as a part of `field`."""
    if target.HasField("url"):
        return canonical(target.url, f"{field}.url")
    if target.HasField("message_id"):
        return Target(TargetType.MESSAGE, target.message_id)
    return Target(TargetType.FILE, target.file_id)


def to_key(request: pb.RemoveBookmarkRequest) -> UUID | Target:
    """Which bookmark is meant. A URL that is none is a link that nobody has."""
    if not request.HasField("target"):
        return UUID(request.id)
    wanted = _or_none(request.target)
    return target_of(wanted) if wanted else Target(TargetType.LINK, "")


def to_targets(targets: Iterable[pb.Target]) -> list[Wanted | None]:
    """What is saved; None where a URL is none."""
    return [_or_none(target) for target in targets]


def _or_none(target: pb.Target) -> Wanted | None:
    try:
        return to_target(target)
    except UrlInvalid:
        return None


def to_words(request: pb.SaveBookmarkRequest | pb.UpdateBookmarkRequest) -> Words:
    """What the person wrote; a field that is not there is empty."""
    state = STATE_OF[request.state] if isinstance(request, pb.UpdateBookmarkRequest) and request.state else State.OPEN
    return Words(
        request.note,
        tuple(request.tags),
        UUID(request.collection_id) if request.collection_id else None,
        state,
        to_time(request.due_time) if request.HasField("due_time") else None,
    )


def to_edit(request: pb.UpdateBookmarkRequest) -> Edit:
    """The change a request asks for."""
    fields = mask(request, request.update_mask, EDITABLE)
    tags = tuple(request.add_tags), tuple(request.remove_tags)
    return Edit(to_words(request), fields, *tags, title=request.title, description=request.description)


def to_filter(request: pb.ListBookmarksRequest) -> Filter:
    """Which bookmarks are asked for."""
    return Filter(
        TYPE_OF[request.type] if request.type else None,
        UUID(request.collection_id) if request.collection_id else None,
        tuple(tag.strip().casefold() for tag in request.tags),
        request.text or None,
        request.available if request.HasField("available") else None,
        STATE_OF[request.state] if request.state else None,
        CLASS_OF[request.media_class] if request.media_class else None,
        canonical_site(request.site) or None,
        to_time(request.modified_since) if request.HasField("modified_since") else None,
    )


def from_bookmark(bookmark: Bookmark) -> pb.Bookmark:
    """A bookmark, or the tombstone of one."""
    return pb.Bookmark(**fields_of(bookmark))


def fields_of(bookmark: Bookmark) -> dict[str, Any]:
    """A bookmark as the fields of its message: making fifty at once from these costs half of making each."""
    return {
        "id": str(bookmark.id),
        "type": TYPES[bookmark.target.type],
        "target": _fields_of_target(bookmark),
        "note": bookmark.note,
        "tags": bookmark.tags,
        "collection_id": None if bookmark.collection_id is None else str(bookmark.collection_id),
        "state": STATES[bookmark.state],
        "due_time": bookmark.due_time and fields_of_time(bookmark.due_time),
        "create_time": fields_of_time(bookmark.create_time),
        "update_time": fields_of_time(bookmark.update_time),
        "etag": etag_of(bookmark.version),
        "available": bookmark.unavailable is None,
        "unavailable_reason": REASONS[bookmark.unavailable],
        "message": bookmark.message and _fields_of_message(bookmark.message),
        "file": bookmark.file and _fields_of_file(bookmark.file),
        "link": bookmark.link and fields_of_link(bookmark.id, bookmark.link),
    }


def _fields_of_target(bookmark: Bookmark) -> dict[str, str]:
    if bookmark.link:
        return {"url": bookmark.link.url}
    return {f"{bookmark.target.type.value}_id": bookmark.target.id}


def from_collection(collection: Collection) -> collections_pb2.Collection:
    """A collection."""
    return collections_pb2.Collection(
        id=str(collection.id),
        name=collection.name,
        bookmark_count=collection.bookmark_count,
        create_time=from_time(collection.create_time),
        update_time=from_time(collection.update_time),
        etag=etag_of(collection.version),
    )


def to_facts(changes: Sequence[feed_pb2.Change]) -> list[Fact]:
    """The changes of a batch."""
    return [_fact(change) for change in changes]


def _fact(change: feed_pb2.Change) -> Fact:
    at = to_time(change.occurred_at) if change.HasField("occurred_at") else None
    match change.WhichOneof("fact"):
        case "user":
            return Fact(Kind.USER, (change.user.id,), (change.user.display_name,), False, at)
        case "conversation":
            c = change.conversation
            return Fact(Kind.CONVERSATION, (c.id,), (int(c.kind), c.name), False, at)
        case "membership":
            s = change.membership
            return Fact(Kind.MEMBERSHIP, (s.conversation_id, s.user_id), (s.removed,), False, at)
        case "message":
            m = change.message
            text = (m.conversation_id, m.author_id, m.text, to_time(m.sent_at))
            return Fact(Kind.MESSAGE, (m.id,), text, False, at, m.conversation_id)
        case "file":
            f = change.file
            about = (f.message_id or None, f.uploader_id, f.name, f.media_type, f.size_bytes)
            return Fact(Kind.FILE, (f.id,), about, False, at)
        case "user_deleted":
            return Fact(Kind.USER, (change.user_deleted.id,), ("",), True, at)
        case "conversation_deleted":
            return Fact(Kind.CONVERSATION, (change.conversation_deleted.id,), (0, ""), True, at)
        case "message_deleted":
            return Fact(Kind.MESSAGE, (change.message_deleted.id,), ("", "", "", EPOCH), True, at)
        case _:
            return Fact(Kind.FILE, (change.file_deleted.id,), (None, "", "", "", 0), True, at)


def to_time(value: Timestamp) -> datetime:
    """To the microsecond; validation has kept it between 1970 and 9999."""
    return EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)


def from_time(value: datetime) -> Timestamp:
    """Exact: PostgreSQL keeps microseconds."""
    return Timestamp(**fields_of_time(value))


def to_position(time: datetime) -> int:
    """Microseconds since 1970: exact, and plain JSON."""
    return (time - EPOCH) // timedelta(microseconds=1)


def from_position(position: int) -> datetime:
    """The time that `to_position` was given."""
    return EPOCH + timedelta(microseconds=position)


def _fields_of_message(message: SavedMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "preview": message.preview,
        "author": message.author._asdict(),
        "conversation": message.conversation._asdict(),
        "sent_time": fields_of_time(message.sent_time),
    }


def _fields_of_file(file: SavedFile) -> dict[str, Any]:
    return {**file._asdict(), "uploader": file.uploader._asdict()}
