"""Links are found by what they are and by what is known of them: row C42."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import links_pb2
from chassis.database import Statement
from services.bookmarks.tables_links import links
from tests.services.bookmarks.client import Service

CLASSES = ("link", "image", "video", "audio", "document", "tweet", "instagram")


async def saved(service: Service, url: str, **known: str) -> str:
    """A link of Ann's of which something is known; its URL."""
    made = await service.save("ann", url=url)
    if known:
        change = update(links).where(links.c.bookmark_id == UUID(made.id)).values(**known)
        await service.database.rows(Statement(change))
    return url


async def found(service: Service, **filters: Any) -> set[str]:
    page = await service.listed("ann", **filters)
    assert page.total_size == len(page.bookmarks)
    return {each.target.url or each.target.message_id for each in page.bookmarks}


async def test_c42_list_and_search_and_count_agree_for_each_class(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    of: Mapping[str, set[str]] = {
        name: {await saved(chat, f"https://{name}.org/{n}", media_class=name, title="common") for n in range(2)}
        for name in CLASSES
    }
    for name in CLASSES:
        number = links_pb2.Link.MediaClass.Value(f"MEDIA_CLASS_{name.upper()}")
        assert await found(chat, media_class=number) == of[name]
        assert await found(chat, media_class=number, text="COMMON", type=pb.Bookmark.TYPE_LINK) == of[name]
        assert await found(chat, media_class=number, type=pb.Bookmark.TYPE_MESSAGE) == set()
    everything = await found(chat, type=pb.Bookmark.TYPE_LINK)
    assert everything == set().union(*of.values()) == await found(chat, text="common")
    counted = await chat.ask("ann", pb.CountBookmarksRequest(type=pb.Bookmark.TYPE_LINK))
    assert counted.count == len(everything)
    assert await found(chat, available=True) == {*everything, "m1"}
    assert await found(chat, available=False) == set()
    assert set(await chat.walked("ann", page_size=4, text="common")) == everything


async def test_a_site_is_its_host_and_those_below_it(service: Service) -> None:
    mine = [await saved(service, f"https://{host}/") for host in ("example.org", "www.Example.org/x", "a.example.org")]
    await saved(service, "https://badexample.org/")
    await saved(service, "https://a_example.org/")
    german = await saved(service, "https://bücher.example/")
    assert await found(service, site="example.org") == await found(service, site="WWW.example.org") == set(mine)
    assert await found(service, site="_.example.org") == set()
    assert await found(service, site="bücher.example") == {german}


@pytest.mark.parametrize(
    "where", ["title", "own_title", "description", "own_description", "site_name", "caption", "text", "url"]
)
async def test_text_is_looked_for_in_all_that_is_known(service: Service, where: str) -> None:
    url = await saved(service, "https://a.org/100%25" if where == "url" else "https://a.org/", **_known(where))
    await saved(service, "https://b.org/")
    assert await found(service, text="100%25") == {url}
    assert await found(service, text="100%25", type=pb.Bookmark.TYPE_LINK) == {url}


def _known(where: str) -> dict[str, str]:
    return {} if where == "url" else {where: "At 100%25 of it"}


async def test_what_changed_since_a_moment(service: Service) -> None:
    old, new = [await service.save("ann", url=f"https://{host}.org/") for host in "ab"]
    await service.execute(
        "update bookmarks.bookmarks set updated_at = updated_at - interval '1 day' where id = cast(:id as uuid)",
        id=old.id,
    )
    hour_before = new.update_time.ToDatetime() - timedelta(hours=1)
    assert await found(service, modified_since=hour_before) == {"https://b.org/"}
    assert await found(service, modified_since=new.update_time) == set()
    changed = await service.ask("ann", pb.UpdateBookmarkRequest(id=old.id, note="x"))
    assert await found(service, modified_since=changed.update_time.ToDatetime() - timedelta(seconds=1)) >= {
        "https://a.org/"
    }
