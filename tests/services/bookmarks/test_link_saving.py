"""Links are saved once each, whole, and without a look at the network: proofs H27, H20, H23, rows C46, C49."""

import asyncio
import socket
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode
from sqlalchemy import func, select

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import link_service_pb2, links_pb2
from chassis.database import Statement
from services.bookmarks.tables import SCHEMA, metadata
from tests.services.bookmarks.client import NOBODYS_ID, Service

URL = "https://www.example.org/a/b?x=1&y=2"
SPELLINGS = [
    *("http://www.example.org/a/b?x=1&y=2", "https://example.org/a/b?x=1&y=2", "HTTPS://EXAMPLE.ORG/a/b?x=1&y=2"),
    *("https://example.org:443/a/b?x=1&y=2", "http://example.org:80/a/b?x=1&y=2", "https://example.org./a/b?x=1&y=2"),
    *("https://example.org/a/b/?x=1&y=2", "https://example.org/a/./b?x=1&y=2", "https://example.org/a/c/../b?x=1&y=2"),
    *("https://example.org/%61/b?x=1&y=2", "https://example.org/a/b?y=2&x=1", "https://example.org/a/b?x=1&y=2#top"),
    *("https://example.org/a/b?x=1&y=2&utm_source=z", "https://example.org/a/b?fbclid=1&x=1&y=2", f" {URL} "),
    *(
        f"{URL}&gclid=7",
        f"{URL}&&",
        f"{URL}#",
        "https://example.org/a/b?%78=1&y=2",
        "https://WWW.exAmple.org/a/b?x=%31&y=2",
    ),
]
Save, Batch, Result = pb.SaveBookmarkRequest, pb.BatchSaveBookmarksRequest, pb.BatchSaveBookmarksResponse.Result


def link(url: str = URL) -> pb.Target:
    return pb.Target(url=url)


async def rows(service: Service, name: str) -> int:
    table = metadata.tables[f"{SCHEMA}.{name}"]
    mine = select(func.count()).where(table.c.workspace == service.workspace, table.c.user_id == "ann")
    count: int = await service.database.value(Statement(mine))
    return count


async def checked(service: Service, user: str, *urls: str) -> list[str]:
    answer = await service.ask(user, pb.CheckBookmarksRequest(targets=[link(url) for url in urls]))
    return [each.bookmark_id for each in answer.results]


async def test_h27_twenty_spellings_are_one_bookmark(service: Service) -> None:
    assert len(set(SPELLINGS)) == 20
    first = await service.ask("ann", Save(target=link()))
    answers = [await service.ask("ann", Save(target=link(url))) for url in SPELLINGS]
    assert not first.already_saved
    assert all(answer.already_saved and answer.bookmark == first.bookmark for answer in answers)
    assert (first.bookmark.target.url, first.bookmark.link.site) == (URL, "example.org")
    assert await checked(service, "ann", *SPELLINGS) == [first.bookmark.id] * 20
    assert await checked(service, "ann", "https://example.org/a", "mailto:a@b.org") == ["", ""]
    assert await checked(service, "bob", URL) == [""]


async def test_h27_fifty_saves_at_once_are_one_row(service: Service) -> None:
    saves = [service.ask("ann", Save(target=link(url))) for url in SPELLINGS[:10] * 5]
    answers = await asyncio.gather(*saves)
    assert len({answer.bookmark.id for answer in answers}) == 1
    assert [answer.already_saved for answer in answers].count(False) == 1
    counts = [await rows(service, table) for table in ("bookmarks", "links", "link_keys", "outbox")]
    assert counts == [1, 1, 1, 1]


async def test_what_is_saved_is_whole_and_waits_to_be_looked_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_up(*_: Any, **__: Any) -> None:
        raise AssertionError("a name was asked for")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    saved = await service.save("ann", url="https://nowhere.invalid/a")
    assert (saved.type, saved.available, saved.link.url) == (pb.Bookmark.TYPE_LINK, True, "https://nowhere.invalid/a")
    enrichment = saved.link.enrichment
    assert (enrichment.state, enrichment.round, enrichment.job_id) == (links_pb2.Enrichment.STATE_PENDING, 1, "")
    assert [step.name for step in enrichment.steps] == ["fetch", "screenshot", "image", "text", "caption"]
    assert {step.state for step in enrichment.steps} == {links_pb2.Enrichment.STATE_PENDING}
    assert await service.ask("ann", pb.GetBookmarkRequest(id=saved.id)) == saved
    assert await service.ask("ann", pb.CountBookmarksRequest(type=pb.Bookmark.TYPE_LINK)) == pb.CountBookmarksResponse(
        count=1
    )


async def test_somebody_elses_link_is_no_link(service: Service) -> None:
    theirs = await service.save("bob", url=URL)
    for request in (pb.GetBookmarkRequest, pb.RemoveBookmarkRequest, pb.UpdateBookmarkRequest):
        refused, missing = [await service.refused("ann", request(id=id_)) for id_ in (theirs.id, NOBODYS_ID)]
        assert (refused.code, refused.raw) == (StatusCode.NOT_FOUND, missing.raw)
    assert (await service.save("ann", url=URL)).id != theirs.id
    await service.ask("ann", pb.BatchRemoveBookmarksRequest(ids=[theirs.id]))
    await service.ask("ann", pb.RemoveBookmarkRequest(target=link(), permanent=True))
    assert await checked(service, "bob", URL) == [theirs.id]


async def test_what_is_no_address_is_refused_where_it_would_be_saved(service: Service) -> None:
    for request in (Save, pb.ToggleBookmarkRequest):
        refused = await service.refused("ann", request(target=link("http://ann:secret@example.org/")))
        assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "URL_INVALID")
        assert refused.fields == ("target.url",)
    await service.ask("ann", pb.RemoveBookmarkRequest(target=link("mailto:a@b.org")))


async def test_a_batch_is_saved_but_for_what_is_no_address(chat: Service) -> None:
    urls = [f"https://example.org/{number}" for number in range(97)]
    targets = [*map(link, urls), link(f"{urls[0]}/"), link("ftp://example.org"), pb.Target(message_id="m1")]
    first = await chat.ask("ann", Batch(targets=targets, tags=["T"], note="why"))
    outcomes = [each.outcome for each in first.results]
    assert outcomes[:98] == [Result.OUTCOME_SAVED] * 98
    assert outcomes[98:] == [Result.OUTCOME_INVALID, Result.OUTCOME_SAVED]
    assert (first.saved_count, await rows(chat, "outbox")) == (98, 97)
    again = await chat.ask("ann", Batch(targets=targets))
    assert (again.saved_count, again.already_saved_count) == (0, 98)
    shown = await chat.ask("ann", pb.GetBookmarkRequest(id=first.results[5].bookmark_id))
    assert (shown.link.url, list(shown.tags), shown.note) == (urls[5], ["t"], "why")
    removal = pb.BatchRemoveBookmarksRequest(ids=[shown.id], targets=[*targets[:3], targets[-1]])
    assert (await chat.ask("ann", removal)).removed_count == 5
    assert (await chat.count("ann"), await rows(chat, "trash")) == (93, 4)


async def test_a_click_saves_a_link_and_the_next_one_removes_it(service: Service) -> None:
    first, other = await service.ask("ann", pb.ToggleBookmarkRequest(target=link(), request_id="1")), link(SPELLINGS[0])
    assert await service.ask("ann", pb.ToggleBookmarkRequest(target=other, request_id="1")) == first
    assert not (await service.ask("ann", pb.ToggleBookmarkRequest(target=other))).bookmarked
    assert await checked(service, "ann", URL) == [""]
    third = await service.ask("ann", pb.ToggleBookmarkRequest(target=link()))
    assert third.bookmark.id == first.bookmark.id
    clicks = [service.ask("ann", pb.ToggleBookmarkRequest(target=link(url))) for url in SPELLINGS[:15]]
    states = [answer.bookmarked for answer in await asyncio.gather(*clicks)]
    assert (states.count(True), await checked(service, "ann", URL)) == (7, [""])


async def test_c49_what_lies_in_the_trash_comes_back(service: Service) -> None:
    made = await service.ask("ann", Save(target=link(), note="mine", tags=["a"]))
    await service.ask("ann", pb.RemoveBookmarkRequest(id=made.bookmark.id))
    assert await service.count("ann") == 0
    again = await asyncio.gather(*(service.ask("ann", Save(target=link(url), note="new")) for url in SPELLINGS[:10]))
    assert all(each.already_saved for each in again)
    assert {(each.bookmark.id, each.bookmark.note) for each in again} == {(made.bookmark.id, "new")}
    assert {tuple(each.bookmark.tags) for each in again} == {("a",)}
    stale = pb.RemoveBookmarkRequest(target=link(), etag="99", permanent=True)
    assert (await service.refused("ann", stale)).reason == "ETAG_MISMATCH"
    await service.ask("ann", pb.RemoveBookmarkRequest(target=link()))
    await service.ask("ann", pb.RemoveBookmarkRequest(target=link(SPELLINGS[0]), permanent=True))
    tables = ("bookmarks", "links", "link_keys", "outbox", "trash")
    assert [await rows(service, table) for table in tables] == [0] * 5


async def test_c46_an_address_is_asked_for_without_saving_it(service: Service) -> None:
    async def known(url: str, user: str = "ann") -> tuple[bool, str, bool]:
        answer = await service.ask(user, link_service_pb2.CheckUrlRequest(url=url))
        return answer.exists, answer.bookmark_id, answer.trashed

    assert await known(URL) == (False, "", False)
    saved = await service.save("ann", url=URL)
    assert {await known(url) for url in SPELLINGS} == {(True, saved.id, False)}
    assert await known(URL, "bob") == (False, "", False)
    await service.ask("ann", pb.RemoveBookmarkRequest(id=saved.id))
    assert await known(URL) == (False, saved.id, True)
    refused = await service.refused("ann", link_service_pb2.CheckUrlRequest(url="ftp://example.org"))
    assert (refused.reason, refused.fields) == ("URL_INVALID", ("url",))


async def test_h23_a_persons_own_words_win_and_come_off_again(chat: Service) -> None:
    saved = await chat.save("ann", url=URL)
    await chat.execute("update bookmarks.links set title = 'Found', description = 'Too' where workspace = :workspace")
    change = pb.UpdateBookmarkRequest(id=saved.id, title="Mine", etag=saved.etag)
    mine = await chat.ask("ann", change)
    assert (mine.link.title, mine.link.description) == ("Mine", "Too")
    assert mine.etag != saved.etag
    bare = await chat.ask("ann", pb.UpdateBookmarkRequest(id=saved.id, update_mask=FieldMask(paths=["title"])))
    assert bare.link.title == "Found"
    revision = await chat.execute("select revision from bookmarks.links where workspace = :workspace")
    assert revision[0][0] == 3
    message = await chat.save("ann", message_id="m1")
    refused = await chat.refused("ann", pb.UpdateBookmarkRequest(id=message.id, description="No"))
    assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_LINK")


async def test_a_picture_has_a_path_of_its_own(service: Service) -> None:
    saved = await service.save("ann", url=URL)
    await service.execute(
        "insert into bookmarks.link_images select bookmark_id, 'screenshot', 'o', 'ab12', 'image/webp', 4, 3, 'LE', 9"
        " from bookmarks.links where workspace = :workspace"
    )
    shown = (await service.listed("ann")).bookmarks[0].link
    path = f"/api/v1/bookmarks/{saved.id}/images/screenshot?version=ab12"
    picture = links_pb2.LinkImage(path=path, media_type="image/webp", width=4, height=3, blurhash="LE", size_bytes=9)
    assert shown.screenshot == picture
    assert (shown.cover, shown.HasField("image")) == ("screenshot", False)
