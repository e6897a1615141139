"""Exports: all bookmarks of a person and nobody else's, the oldest first, page by page."""

import csv
import io
import json
import re
from uuid import UUID

from chassis.identity import Caller
from services.bookmarks.domain_export import Format
from services.bookmarks.encode_export import PIECE, from_pages
from services.bookmarks.store_export import PAGE
from services.bookmarks.use_cases_export import Exports
from tests.services.bookmarks.client import Service

COUNT = 2 * PAGE + 3
# Every third lies in a collection; the later it was saved, the smaller its number.
FILL = """
    with folder as (
        insert into bookmarks.collections (id, workspace, user_id, name, name_key)
        values (gen_random_uuid(), :workspace, :user, 'To read & keep', 'to read & keep') returning id
    ), saved as (
        insert into bookmarks.bookmarks
            (id, workspace, user_id, target_type, target_id, tags, collection_id, created_at)
        select gen_random_uuid(), :workspace, :user, 'link', n::text, array['t'],
               case when n % 3 = 0 then folder.id end, timestamptz '2026-01-01 00:00Z' - n * interval '1 hour'
        from folder, generate_series(1, :count) n returning id, target_id
    )
    insert into bookmarks.links (bookmark_id, workspace, user_id, url, canonical, site, title, own_title)
    select id, :workspace, :user, 'https://example.org/' || target_id, target_id, 'example.org', 'Found',
           case when target_id = '7' then 'Own' end
    from saved
"""


async def exported(service: Service, user: str, form: Format) -> list[str]:
    """The pieces of the file."""
    caller = Caller(service.workspace, user)
    pieces = [each async for each in from_pages(form, Exports(service.database).pages(caller, form))]
    assert [bool(each.content_type) for each in pieces] == [True, *[False] * (len(pieces) - 1)]
    return [each.data.decode() for each in pieces]


def numbers(urls: list[str]) -> list[int]:
    return [int(url.rsplit("/", 1)[1]) for url in urls]


async def test_the_whole_of_it_in_pieces(service: Service) -> None:
    await service.execute(FILL, user="ann", count=COUNT)
    await service.execute(FILL, user="bob", count=1)
    pieces = await exported(service, "ann", Format.JSON)
    found = json.loads("".join(pieces))["bookmarks"]
    oldest_first = list(range(COUNT, 0, -1))
    assert (len(pieces), numbers([each["url"] for each in found])) == (4, oldest_first)
    seventh = found[-7]
    assert str(UUID(seventh["id"])) == seventh["id"]
    assert [found[-6][name] for name in ("title", "collection", "tags")] == ["Found", "To read & keep", ["t"]]
    assert [seventh[name] for name in ("title", "own_title", "collection", "state")] == ["Own", "Own", "", "open"]
    rows = list(csv.DictReader(io.StringIO("".join(await exported(service, "ann", Format.CSV)).removeprefix("\ufeff"))))
    assert numbers([row["url"] for row in rows]) == oldest_first
    html = "".join(await exported(service, "ann", Format.HTML))
    loose, folder = html.split("<DT><H3>To read &amp; keep</H3>")
    for part, rest in ((loose, (1, 2)), (folder, (0,))):
        urls = re.findall(r'HREF="([^"]*)"', part)
        assert numbers(urls) == [number for number in oldest_first if number % 3 in rest]


async def test_no_piece_is_larger_than_a_message_may_be(service: Service) -> None:
    await service.execute(FILL, user="ann", count=PAGE)
    await service.execute("update bookmarks.bookmarks set note = repeat('灯', 2000) where user_id = 'ann'")
    caller = Caller(service.workspace, "ann")
    for form in Format:
        pieces = [each.data async for each in from_pages(form, Exports(service.database).pages(caller, form))]
        assert max(map(len, pieces)) <= PIECE
        assert b"".join(pieces).decode().count("灯") >= 2000 * PAGE


async def test_what_is_of_the_host_is_told_by_its_id_only(chat: Service) -> None:
    await chat.save("ann", message_id="m1")
    await chat.save("ann", file_id="f1")
    found = json.loads("".join(await exported(chat, "ann", Format.JSON)))["bookmarks"]
    assert [(each["type"], each["target_id"]) for each in found] == [("message", "m1"), ("file", "f1")]
    assert "Lunch" not in str(found)
    assert len("".join(await exported(chat, "ann", Format.CSV)).splitlines()) == 1
    assert "<DT>" not in "".join(await exported(chat, "ann", Format.HTML))
