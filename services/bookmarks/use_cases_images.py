"""Pictures of links: put into the object store, kept with a report, shown to their owner."""

import hashlib
from uuid import UUID

import structlog

from chassis.database import Database
from chassis.errors import InvalidInput, NotFound
from chassis.identity import Caller
from services.bookmarks import store_objects
from services.bookmarks.domain import BookmarkNotFound
from services.bookmarks.domain_images import Picture
from services.bookmarks.objects import Objects
from services.bookmarks.store_objects import Stored
from services.bookmarks.use_cases import owner_of

VERSION_LENGTH = 16
ENDINGS = {"image/webp": "webp", "image/jpeg": "jpg", "image/png": "png"}


class ImageNotFound(NotFound):
    """There is no such picture"""

    reason = "IMAGE_NOT_FOUND"


class ImageInvalid(InvalidInput):
    """It is not a picture of the format that it is said to be"""

    reason = "IMAGE_INVALID"


class Images:
    """The use cases of pictures.

    A picture is put first, and kept then (`store_objects.keep`) in the transaction of the report that it came with. An
    object that was put and not kept, because somebody died between, is swept later.
    """

    def __init__(self, database: Database, objects: Objects) -> None:
        """Where rows lie, and where bytes."""
        self._database = database
        self._objects = objects

    async def put(self, bookmark_id: UUID, picture: Picture) -> Stored:
        """Into the store, after a row, committed, that says so: nothing lies there that nobody knows of."""
        stored = describe(bookmark_id, picture)
        await store_objects.announce(self._database, stored.object)
        await self._objects.put(stored.object, picture.data)
        return stored

    async def get(self, caller: Caller, id_: UUID, kind: str, version: str) -> tuple[str, bytes]:
        """Media type and bytes of a bookmark's picture, if it is still of the version asked for, or none was."""
        found = await store_objects.find(self._database, owner_of(caller), id_, kind)
        if found is None:
            raise BookmarkNotFound
        if found["object"] is None or version not in ("", found["version"]):
            raise ImageNotFound
        data = await self._objects.get(found["object"])
        if data is None:  # replaced at this moment, or lost
            structlog.get_logger().warning("picture not in the object store", object=found["object"])
            raise ImageNotFound
        return found["media_type"], data


def describe(bookmark_id: UUID, picture: Picture) -> Stored:
    """What is written down of a picture; the same bytes have the same name."""
    if not _is(picture.media_type, picture.data):
        raise ImageInvalid
    version = hashlib.sha256(picture.data).hexdigest()[:VERSION_LENGTH]
    # The beginning of an id is its time: the end spreads them over folders.
    folder = f"{bookmark_id.hex[-2:]}/{bookmark_id}"
    name = f"{folder}/{picture.kind}-{version}.{ENDINGS[picture.media_type]}"
    about = (picture.media_type, picture.width, picture.height, picture.blurhash, len(picture.data))
    return Stored(picture.kind, name, version, *about)


def _is(media_type: str, data: bytes) -> bool:
    """Whether it begins as a picture of this format does."""
    match media_type:
        case "image/webp":
            return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
        case "image/jpeg":
            return data[:3] == b"\xff\xd8\xff"
        case "image/png":
            return data[:8] == b"\x89PNG\r\n\x1a\n"
    return False
