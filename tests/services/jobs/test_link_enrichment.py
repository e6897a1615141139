import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
import uuid_utils.compat
from google.protobuf.empty_pb2 import Empty

from cairn.bookmarks.v1 import bookmarks_pb2
from chassis.peer import Peer, PeerAway
from services.jobs import bookmarks_client
from services.jobs.actions import link_import
from services.jobs.bookmarks_client import BookmarksClient
from services.jobs.domain import JobFailed, Owner, Status
from services.jobs.domain_imports import MAX_OTHER_URLS, Link, Outcome
from services.jobs.domain_links import BOOKMARKS_AWAY, LINK_ENRICHMENT, Lookup, StepSkipped
from tests.services.jobs.enriching import Enriching, Web, enriching
from tests.services.jobs.stage import Stage

DONE = {"fetch": "done", "screenshot": "done", "image": "done", "text": "done"}
NO_MODEL = {"caption": "skipped CAPTION_MODEL_MISSING"}


@pytest.fixture
async def links(stage: Stage, database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Enriching]:
    """No links yet."""
    await stage.connection.execute("truncate bookmarks.links, bookmarks.bookmarks, bookmarks.trash cascade")
    async with enriching(stage, database_url, redis_url, tmp_path) as found:
        found.web.image_url = "http://a.example/i.png"
        yield found


async def test_a_link_is_looked_up(links: Enriching) -> None:
    id_ = await links.save("http://a.example/1")
    result = await links.done()
    assert {step.name: f"{step.state} {step.reason}".strip() for step in result.steps} == DONE | NO_MODEL
    link = await links.link(id_)
    assert (link.title, link.text, link.image.width, link.screenshot.width) == ("A page", "screenshot", 8, 8)
    assert await links.steps(id_) == DONE | NO_MODEL


async def test_only_what_failed_is_done_again(links: Enriching) -> None:
    links.web.fails["screenshot"] = 2
    id_ = await links.save("http://a.example/1")
    with structlog.testing.capture_logs() as logs:
        assert await links.work() == (Status.PENDING, None)
    [told] = [each for each in logs if each["event"] == "step failed"]
    assert (told["bookmark_id"], told["step"], told["reason"]) == (str(id_), "screenshot", "DOWNLOAD_FAILED")
    assert await links.steps(id_) == DONE | NO_MODEL | {"screenshot": "failed DOWNLOAD_FAILED"}
    waits = (await links.link(id_)).enrichment
    assert waits.state == waits.STATE_RUNNING
    assert waits.steps[1].HasField("next_attempt_time")
    await links.stage.pass_(4)
    assert await links.work() == (Status.PENDING, None)
    await links.stage.pass_(30)
    assert len((await links.done()).steps) == 5
    assert links.web.asked == {"fetch": 1, "screenshot": 3, "image": 1, "text": 1, "caption": 1}
    objects = await links.stage.sql("select kind from bookmarks.link_images where bookmark_id = $1", id_)
    assert sorted(row["kind"] for row in objects) == ["image", "screenshot"]


async def test_text_waits_for_a_picture_that_may_come(links: Enriching) -> None:
    links.web.image_url, links.web.fails["screenshot"] = "", 1
    id_ = await links.save("http://a.example/1")
    await links.work()
    expected = {"fetch": "done", "screenshot": "failed DOWNLOAD_FAILED", "image": "skipped NO_PICTURE"}
    assert await links.steps(id_) == expected | {"text": "pending", "caption": "pending"}
    await links.stage.pass_(4)
    await links.done()
    assert (await links.link(id_)).text == "screenshot"


async def test_a_kept_picture_is_read_without_making_it_again(links: Enriching) -> None:
    links.web.cover, links.web.fails["text"] = "image", 1
    id_ = await links.save("http://a.example/1")
    await links.work()
    await links.stage.pass_(4)
    await links.done()
    assert (await links.link(id_)).text == "image"
    assert (links.web.asked["image"], links.web.asked["screenshot"], links.web.asked["text"]) == (1, 1, 2)


async def test_what_cannot_be_fetched_ends_at_once(links: Enriching) -> None:
    links.web.fails["fetch"], links.web.failure = 1, links.web.failure._replace(retryable=False)
    id_ = await links.save("http://a.example/1")
    await links.done()
    skipped = dict.fromkeys(("screenshot", "image", "text", "caption"), "skipped FETCH_FAILED")
    assert await links.steps(id_) == {"fetch": "failed DOWNLOAD_FAILED"} | skipped


async def test_ten_poisoned_links_do_not_hold_up_a_good_one(links: Enriching) -> None:
    poison = [await links.save(f"http://poison.example/{number}") for number in range(10)]
    links.web.fails.update({f"http://poison.example/{number}": 99 for number in range(10)})
    good = await links.save("http://a.example/1")
    assert [(await links.work())[0] for _ in range(11)] == [Status.PENDING] * 10 + [Status.COMPLETE]
    assert await links.steps(good) == DONE | NO_MODEL
    for seconds in (4, 30):
        await links.stage.pass_(seconds)
        assert {(await links.work())[0] for _ in range(10)} == {Status.PENDING}
    await links.stage.pass_(200)
    assert {(await links.work())[0] for _ in range(10)} == {Status.ERROR}
    [dead] = await links.stage.sql("select count(*) from jobs.jobs where died_at is not null")
    assert dead["count"] == 10
    failed = dict.fromkeys(("screenshot", "image", "text", "caption"), "failed FETCH_FAILED")
    assert await links.steps(poison[0]) == {"fetch": "failed DOWNLOAD_FAILED"} | failed
    enrichment = (await links.link(poison[0])).enrichment
    assert enrichment.state == enrichment.STATE_FAILED


async def test_a_link_that_was_removed_is_left_alone(links: Enriching) -> None:
    id_ = await links.save("http://a.example/1")
    await links.ask("BookmarkService/RemoveBookmark", bookmarks_pb2.RemoveBookmarkRequest(id=str(id_)), Empty)
    assert (await links.done()).stopped
    assert not links.web.asked


async def test_what_turns_out_to_be_another_is_part_of_it(links: Enriching) -> None:
    first = await links.save("http://a.example/1")
    await links.work()
    links.web.same_as = "http://a.example/1"
    await links.save("http://a.example/2")
    result = await links.done()
    assert (UUID(result.merged_into), links.web.asked["screenshot"]) == (first, 1)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01\xff", b"\x01", b"\x02"])
async def test_an_unknown_payload_becomes_one_dead_letter(links: Enriching, data: bytes) -> None:
    id_ = uuid_utils.compat.uuid7()
    await links.stage.pending("ann", LINK_ENRICHMENT, input=data, id=id_)
    for expected in (Status.PENDING, Status.PENDING, Status.PENDING, Status.ERROR):
        assert (await links.work())[0] is expected
        await links.stage.pass_(200)
    [dead] = await links.stage.sql("select id, reason from jobs.jobs where died_at is not null")
    assert (dead["id"], dead["reason"]) == (id_, "PAYLOAD_UNKNOWN")
    assert not links.web.asked


async def test_links_that_are_too_much_for_one_message_go_alone(links: Enriching) -> None:
    long = tuple(f"http://a.example/{number}?" + "\N{ROCKET}" * 2000 for number in range(MAX_OTHER_URLS))
    many = [(number, Link(f"http://a.example/{number}", other_urls=long)) for number in range(45)]
    rows = await link_import._sent(BookmarksClient(links.peer), Owner("w", "ann"), many, dry_run=True)
    assert [(row.number, row.outcome) for row in rows] == [(number, Outcome.SAVED) for number, _ in many]


async def test_what_was_found_waits_for_who_keeps_it(links: Enriching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookmarks_client, "PAUSES", (0.0, 0.0, 0.0))
    call, away = Peer.call, [3]

    async def at_times(peer: Peer, path: str, *rest: Any) -> Any:
        if path.endswith("/ReportStep") and away[0]:
            away[0] -= 1
            raise PeerAway
        return await call(peer, path, *rest)

    monkeypatch.setattr(Peer, "call", at_times)
    id_ = await links.save("http://a.example/1")
    await links.done()
    assert (away, set(links.web.asked.values())) == ([0], {1})
    assert await links.steps(id_) == DONE | NO_MODEL


async def test_a_picture_that_does_not_come_back_is_asked_for_again(
    links: Enriching, monkeypatch: pytest.MonkeyPatch
) -> None:
    links.web.fails |= {"text": 1, "caption": 1}
    await links.save("http://a.example/1")
    assert await links.work() == (Status.PENDING, None)
    asked: list[Path] = []

    async def caption(_web: Web, _owner: Owner, picture: Path) -> str:
        assert await asyncio.to_thread(picture.exists)
        raise StepSkipped("CAPTION_MODEL_MISSING", "No model is configured.")

    async def away(_client: BookmarksClient, _lookup: Lookup, _kind: str, to: Path) -> None:
        asked.append(to)
        raise JobFailed(BOOKMARKS_AWAY)

    monkeypatch.setattr(Web, "caption", caption)
    monkeypatch.setattr(BookmarksClient, "picture", away)
    await links.stage.pass_(4)
    assert await links.work() == (Status.PENDING, None)
    assert len(asked) == 2
