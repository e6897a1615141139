"""Pictures of links: none is lost, and none is left over."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from cairn.bookmarks.v1 import link_service_pb2 as lpb
from services.bookmarks import store_objects
from services.bookmarks.domain_images import Picture
from services.bookmarks.objects import Objects, ObjectsAway, ObjectsSettings
from services.bookmarks.store_objects import ImageLost, Stored
from services.bookmarks.upkeep import Upkeep
from services.bookmarks.use_cases_images import ENDINGS, ImageInvalid, Images, describe
from tests.services.bookmarks.client import NOBODYS_ID, Service

AGE = """
    update bookmarks.objects set changed_at = changed_at - cast(:hours as text)::interval where state <> 'kept'
"""
ROWS = """
    select bookmark_id from bookmarks.links where bookmark_id = :id
    union all select bookmark_id from bookmarks.link_keys where bookmark_id = :id
    union all select bookmark_id from bookmarks.link_steps where bookmark_id = :id
    union all select bookmark_id from bookmarks.link_images where bookmark_id = :id
"""
HEADS = {"image/webp": b"RIFF\x10\0\0\0WEBP", "image/jpeg": b"\xff\xd8\xff\xe0", "image/png": b"\x89PNG\r\n\x1a\n"}


class Refusing(Objects):
    """A store that does not delete everything."""

    refused = ""
    deleted: list[str]

    async def delete(self, name: str) -> None:
        """Unless it is the one."""
        if name == self.refused:
            raise ObjectsAway
        self.deleted.append(name)
        await super().delete(name)


class Gallery:
    """The pictures of one link of Ann's."""

    def __init__(self, service: Service, bookmark_id: str) -> None:
        self.service, self.id = service, UUID(bookmark_id)
        self.objects = Refusing(ObjectsSettings(service.objects_url))
        self.objects.deleted = []
        self.images = Images(service.database, self.objects)
        self.upkeep = Upkeep(service.database, self.objects)

    async def put(self, words: bytes, kind: str = "image", media_type: str = "image/webp") -> Stored:
        """The first half of keeping it."""
        return await self.images.put(self.id, Picture(kind, HEADS[media_type] + words, media_type, 4, 3, "LKO2"))

    async def keep(self, words: bytes, kind: str = "image", media_type: str = "image/webp") -> Stored:
        """Both halves."""
        stored = await self.put(words, kind, media_type)
        async with self.service.database.begin() as queries:
            await store_objects.keep(queries, self.id, stored)
        return stored

    async def age(self, hours: str) -> None:
        """Let all that is not kept be so much older."""
        await self.service.execute(AGE, hours=hours)

    async def known(self) -> set[str]:
        """What the database knows of."""
        sql = "select name from bookmarks.objects where name like :like"
        return {row[0] for row in await self.service.execute(sql, like=f"%{self.id}%")}

    def lying(self) -> set[str]:
        """What lies in the folder."""
        root = Path(self.service.objects_url)
        return {str(path.relative_to(root)) for path in root.rglob(f"*/{self.id}/*")}

    def folder(self, stored: Stored) -> Path:
        """Where it lies."""
        return Path(self.service.objects_url, stored.object).parent

    def break_off(self, stored: Stored) -> None:
        """Leave beside it what a process does that is killed while it writes."""
        Path(self.service.objects_url, f"{stored.object}#1").write_bytes(b"half of it")

    def request(self, version: str = "", kind: str = "image") -> lpb.GetLinkImageRequest:
        """The picture asked for."""
        return lpb.GetLinkImageRequest(id=str(self.id), kind=kind, version=version)


async def gallery(service: Service) -> Gallery:
    """Of a new link."""
    return Gallery(service, (await service.save("ann", url="https://example.com/picture")).id)


async def test_a_picture_is_shown_to_its_owner_also_in_the_trash(service: Service) -> None:
    shelf = await gallery(service)
    stored = await shelf.keep(b"one", media_type="image/jpeg")
    await service.ask("ann", lpb.TrashBookmarksRequest(ids=[str(shelf.id)]))
    for version in ("", stored.version):
        body = await service.ask("ann", shelf.request(version))
        assert (body.content_type, body.data) == ("image/jpeg", HEADS["image/jpeg"] + b"one")
    for request in (shelf.request("0123456789abcdef"), shelf.request(kind="screenshot")):
        assert (await service.refused("ann", request)).reason == "IMAGE_NOT_FOUND"
    assert (await service.refused("bob", shelf.request())).reason == "BOOKMARK_NOT_FOUND"
    unknown = lpb.GetLinkImageRequest(id=NOBODYS_ID, kind="image")
    assert (await service.refused("ann", unknown)).reason == "BOOKMARK_NOT_FOUND"


async def test_one_object_of_a_kind(service: Service) -> None:
    shelf = await gallery(service)
    other = await shelf.keep(b"page", "screenshot")
    old = await shelf.keep(b"one")
    new = await shelf.keep(b"two")
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == {new.object, other.object}
    assert (await service.refused("ann", shelf.request(old.version))).reason == "IMAGE_NOT_FOUND"
    # And back to the first.
    assert await shelf.keep(b"one") == old
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == {old.object, other.object}


async def test_what_was_put_and_never_kept_is_swept_after_an_hour(service: Service) -> None:
    shelf = await gallery(service)
    stored = await shelf.put(b"one")
    shelf.break_off(stored)
    await shelf.age("59 minutes")
    await shelf.upkeep.step()
    assert await shelf.known() == {stored.object}
    assert shelf.lying() == {stored.object, f"{stored.object}#1"}
    await shelf.age("1 minute")
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == set()
    assert not shelf.folder(stored).exists()
    async with service.database.begin() as queries:
        with pytest.raises(ImageLost):
            await store_objects.keep(queries, shelf.id, stored)


async def test_a_picture_that_came_twice_and_was_kept_once_stays(service: Service) -> None:
    shelf = await gallery(service)
    stored = await shelf.keep(b"one")
    await shelf.put(b"one")
    await shelf.age("2 hours")
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == {stored.object}


async def test_with_the_link_goes_its_picture(service: Service) -> None:
    shelf = await gallery(service)
    await shelf.keep(b"one")
    await service.ask("ann", lpb.TrashBookmarksRequest(ids=[str(shelf.id)]))
    await service.execute(
        "update bookmarks.trash set trashed_at = now() - interval '720 hours' where id = :id", id=shelf.id
    )
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == set()
    assert not await service.execute(ROWS, id=shelf.id)


async def test_with_the_person_go_their_pictures(service: Service) -> None:
    shelf = await gallery(service)
    await shelf.keep(b"one")
    await service.feed({"user_deleted": {"id": "ann"}})
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == set()


async def test_what_cannot_be_deleted_waits_and_the_rest_goes_on(service: Service) -> None:
    shelf = await gallery(service)
    names = {(await shelf.put(bytes([n]))).object for n in range(45)}
    await shelf.age("2 hours")
    shelf.objects.refused = min(names)
    second = Upkeep(service.database, shelf.objects)
    await asyncio.gather(shelf.upkeep.step(), second.step())
    # By two replicas, each of them once.
    assert sorted(name for name in shelf.objects.deleted if name in names) == sorted(names)[1:]
    assert shelf.lying() == await shelf.known() == {min(names)}
    shelf.objects.refused = ""
    await shelf.upkeep.step()
    assert len(await shelf.known()) == 1
    await shelf.age("5 minutes")
    await shelf.upkeep.step()
    assert shelf.lying() == await shelf.known() == set()


async def test_merges_are_forgotten_after_thirty_days(service: Service) -> None:
    shelf = await gallery(service)
    sql = "insert into bookmarks.merges values (:id, :workspace, 'ann', :id, now() - cast(:age as text)::interval)"
    await service.execute(sql, id=shelf.id, age="719 hours")
    await service.execute(sql, id=UUID(NOBODYS_ID), age="720 hours")
    await shelf.upkeep.step()
    left = await service.execute("select bookmark_id from bookmarks.merges where workspace = :workspace")
    assert [row[0] for row in left] == [shelf.id]


@pytest.mark.parametrize("media_type", [*ENDINGS, "image/gif"])
def test_a_picture_is_what_it_is_said_to_be(media_type: str) -> None:
    for real, head in {**HEADS, "": b"", "image/gif": b"GIF89a"}.items():
        picture = Picture("image", head + b"rest", media_type, 1, 1, "")
        if real == media_type and real in ENDINGS:
            assert describe(UUID(NOBODYS_ID), picture).object.startswith(f"00/{NOBODYS_ID}/image-")
        else:
            with pytest.raises(ImageInvalid):
                describe(UUID(NOBODYS_ID), picture)
