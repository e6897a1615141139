"""The trash: links go in and come back as they were, or go for good."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2 as cpb
from cairn.bookmarks.v1 import enrichment_pb2 as epb
from cairn.bookmarks.v1 import link_service_pb2 as lpb
from chassis.database import Statement
from services.bookmarks import store_trash
from services.bookmarks.store import Owner
from tests.services.bookmarks.client import NOBODYS_ID, Service, worker

URL = "https://example.com/a"
LEFT = """
    with everything as (
        select 'bookmarks' as place, workspace from bookmarks.bookmarks
        union all select 'trash', workspace from bookmarks.trash
        union all select 'links', workspace from bookmarks.links
        union all select 'link_keys', workspace from bookmarks.link_keys
        union all select 'outbox', workspace from bookmarks.outbox
        union all select 'merges', workspace from bookmarks.merges
    )
    select place, count(*) from everything where workspace = :workspace group by 1
"""
AGE = """
    update bookmarks.trash set trashed_at = now() - interval '720 hours' + :less * interval '1us' where id = :id
"""


async def binned(service: Service, *ids: str, user: str = "ann") -> list[str]:
    """Those that were moved to the trash."""
    return list((await service.ask(user, lpb.TrashBookmarksRequest(ids=ids))).ids)


async def restored(service: Service, *ids: str, user: str = "ann") -> list[str]:
    """Those that came back."""
    return list((await service.ask(user, lpb.RestoreBookmarksRequest(ids=ids))).ids)


async def trash(service: Service, user: str = "ann", **page: Any) -> lpb.ListTrashResponse:
    """A page of somebody's trash."""
    listed: lpb.ListTrashResponse = await service.ask(user, lpb.ListTrashRequest(**page))
    return listed


async def saved_many(service: Service, count: int) -> list[str]:
    """Links of Ann's."""
    made: list[str] = []
    for start in range(0, count, 100):
        targets = [pb.Target(url=f"https://example.com/{n}") for n in range(start, min(start + 100, count))]
        answer = await service.ask("ann", pb.BatchSaveBookmarksRequest(targets=targets))
        made += [each.bookmark_id for each in answer.results]
    return made


async def rows(service: Service) -> dict[str, int]:
    """What is left of anybody in the workspace."""
    found = await service.execute(LEFT)
    return {row[0]: row[1] for row in found}


async def test_a_link_comes_back_as_it_was(service: Service) -> None:
    collection = await service.ask("ann", cpb.CreateCollectionRequest(name="Later"))
    words = {"note": "for Bob", "tags": ["b", "a"], "collection_id": collection.id, "due_time": Timestamp(seconds=9)}
    save = pb.SaveBookmarkRequest(target=pb.Target(url=URL), **words)
    id_ = (await service.ask("ann", save)).bookmark.id
    await service.ask(
        "ann", pb.UpdateBookmarkRequest(id=id_, state=pb.Bookmark.STATE_DONE, update_mask={"paths": ["state"]})
    )
    before = await service.ask("ann", pb.GetBookmarkRequest(id=id_))
    assert await binned(service, id_) == [id_]
    (lying,) = (await trash(service)).bookmarks
    assert lying.bookmark == before
    assert lying.delete_time.ToDatetime() - lying.trash_time.ToDatetime() == timedelta(days=30)
    assert abs(lying.trash_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert await restored(service, id_) == [id_]
    assert await service.ask("ann", pb.GetBookmarkRequest(id=id_)) == before
    assert not (await trash(service)).bookmarks


async def test_what_is_said_on_the_way_out_of_the_trash_counts(service: Service) -> None:
    collection = await service.ask("ann", cpb.CreateCollectionRequest(name="Later"))
    words: dict[str, Any] = {"note": "old", "tags": ["a", "b"], "due_time": Timestamp(seconds=9)}
    id_ = (await service.ask("ann", pb.SaveBookmarkRequest(target=pb.Target(url=URL), **words))).bookmark.id
    said: list[tuple[dict[str, Any], tuple[str, list[str], str]]] = [
        ({"note": "new", "tags": ["c", "a"]}, ("new", ["a", "b", "c"], "")),
        ({"collection_id": collection.id}, ("new", ["a", "b", "c"], collection.id)),
    ]
    for now, after in said:
        await binned(service, id_)
        again = await service.ask("ann", pb.SaveBookmarkRequest(target=pb.Target(url=URL), **now))
        kept = await service.ask("ann", pb.GetBookmarkRequest(id=id_))
        assert again.bookmark == kept
        assert (kept.note, list(kept.tags), kept.collection_id) == after
        assert kept.due_time.seconds == 9
    await binned(service, id_)
    link = epb.ImportedLink(row=1, url=URL, title="Mine", collection="Later")
    [row] = (await service.ask(worker(service), epb.ImportLinksRequest(links=[link]))).rows
    kept = await service.ask("ann", pb.GetBookmarkRequest(id=id_))
    assert (row.outcome, kept.link.title, kept.note, kept.collection_id) == ("restored", "Mine", "new", collection.id)


async def test_saving_goes_through_whoever_removes_meanwhile(service: Service) -> None:
    async def save() -> str:
        return str((await service.save("ann", url=URL)).id)

    async def remove() -> None:
        await service.ask("ann", pb.RemoveBookmarkRequest(target=pb.Target(url=URL), allow_missing=True))

    await asyncio.gather(*(save() if n % 2 else remove() for n in range(120)))


async def test_nothing_knows_of_what_lies_in_the_trash(service: Service) -> None:
    id_ = (await service.save("ann", url=URL)).id
    await binned(service, id_)
    assert (await service.refused("ann", pb.GetBookmarkRequest(id=id_))).reason == "BOOKMARK_NOT_FOUND"
    page = await service.listed("ann")
    assert (list(page.bookmarks), page.total_size, await service.count("ann")) == ([], 0, 0)
    checked = await service.ask("ann", pb.CheckBookmarksRequest(targets=[pb.Target(url=URL)]))
    assert not checked.results[0].bookmarked
    known = await service.ask("ann", lpb.CheckUrlRequest(url=URL))
    assert (known.exists, known.trashed, known.bookmark_id) == (False, True, id_)


async def test_what_is_not_there_or_no_link_or_not_ones_own_is_passed_over(chat: Service) -> None:
    message = (await chat.save("ann", message_id="m1")).id
    mine, bobs = (await chat.save("ann", url=URL)).id, (await chat.save("bob", url=URL)).id
    assert await binned(chat, NOBODYS_ID, bobs, message, mine, mine) == [mine]
    assert await restored(chat, mine, user="bob") == []
    assert (await chat.ask("bob", lpb.EmptyTrashRequest())).deleted_count == 0
    # A bookmark that does not lie in the trash is not emptied with it.
    assert (await chat.ask("bob", lpb.EmptyTrashRequest(ids=[bobs]))).deleted_count == 0
    assert not (await trash(chat, "bob")).bookmarks
    assert await restored(chat, bobs, NOBODYS_ID, mine) == [mine]
    assert await chat.walked("bob") == [URL]
    assert (await chat.refused("ann", lpb.TrashBookmarksRequest())).reason == "VALIDATION_FAILED"


async def test_a_thousand_go_and_come_back_at_once(service: Service) -> None:
    ids = await saved_many(service, 1000)
    assert await binned(service, *ids) == ids
    found, token = list[str](), ""
    while True:
        page = await trash(service, page_size=100, page_token=token)
        found += [each.bookmark.id for each in page.bookmarks]
        token = page.next_page_token or token
        if not page.next_page_token:
            break
    assert found == sorted(ids, reverse=True)
    assert (await service.refused("bob", lpb.ListTrashRequest(page_token=token))).reason == "PAGE_TOKEN_INVALID"
    assert await restored(service, *ids) == ids
    assert await service.count("ann") == 1000
    await binned(service, *ids)
    assert (await service.ask("ann", lpb.EmptyTrashRequest(ids=ids[:10]))).deleted_count == 10
    assert (await service.ask("ann", lpb.EmptyTrashRequest())).deleted_count == 990
    assert await rows(service) == {}


async def test_the_latest_in_the_trash_comes_first(service: Service) -> None:
    first, second = await saved_many(service, 2)
    await binned(service, second)
    await binned(service, first)
    assert [each.bookmark.id for each in (await trash(service)).bookmarks] == [first, second]


async def test_its_collection_may_be_gone_meanwhile(service: Service) -> None:
    collection = await service.ask("ann", cpb.CreateCollectionRequest(name="Later"))
    save = pb.SaveBookmarkRequest(target=pb.Target(url=URL), collection_id=collection.id)
    id_ = (await service.ask("ann", save)).bookmark.id
    await binned(service, id_)
    await service.ask("ann", cpb.DeleteCollectionRequest(id=collection.id))
    assert not (await trash(service)).bookmarks[0].bookmark.HasField("collection_id")
    assert await restored(service, id_) == [id_]
    assert not (await service.ask("ann", pb.GetBookmarkRequest(id=id_))).HasField("collection_id")


async def test_what_was_not_looked_up_to_the_end_is_asked_for_again(service: Service) -> None:
    pending, done = await saved_many(service, 2)
    await service.execute("update bookmarks.links set enrichment = 'done' where bookmark_id = :id", id=UUID(done))
    await service.execute("delete from bookmarks.outbox where workspace = :workspace")
    for _ in range(2):  # what is asked for already is not asked for twice
        await binned(service, pending, done)
        await restored(service, pending, done)
    asked = await service.execute("select bookmark_id, round from bookmarks.outbox where workspace = :workspace")
    assert [(str(row[0]), row[1]) for row in asked] == [(pending, 1)]


async def test_thirty_days_are_thirty_days(service: Service) -> None:
    ids = await saved_many(service, 3)
    await binned(service, *ids)
    age = Statement(text(AGE))
    async with service.database.begin() as queries:  # in which now() stands still
        for less, id_ in zip((-1, 0, 1), ids, strict=True):
            await queries.rows(age, less=less, id=UUID(id_))
        await store_trash.purge(queries, 100)
    assert [each.bookmark.id for each in (await trash(service)).bookmarks] == ids[2:]
    assert await rows(service) == {"trash": 1, "links": 1, "link_keys": 1, "outbox": 1}


async def test_removed_for_good_wherever_it_lies(service: Service) -> None:
    saved, lying, other = await saved_many(service, 3)
    await binned(service, lying)
    ids = [UUID(saved), UUID(lying)]
    assert await store_trash.destroy(service.database, Owner(service.workspace, "bob"), ids) == []
    assert set(await store_trash.destroy(service.database, Owner(service.workspace, "ann"), ids)) == set(ids)
    assert [each.id for each in (await service.listed("ann")).bookmarks] == [other]
    assert await rows(service) == dict.fromkeys(("bookmarks", "links", "link_keys", "outbox"), 1)


async def test_a_deleted_person_leaves_no_link(service: Service) -> None:
    kept, lying, *_ = await saved_many(service, 3)
    await binned(service, lying)
    merge = "insert into bookmarks.merges values (:id, :workspace, 'ann', :id)"
    await service.execute(merge, id=UUID(kept))
    await service.save("bob", url=URL)
    await service.feed({"user_deleted": {"id": "ann"}})
    assert await rows(service) == dict.fromkeys(("bookmarks", "links", "link_keys", "outbox"), 1)
    assert await service.count("bob") == 1
