"""What workers may say of links: for whom, of which round; what is kept of it, merged, and told as it goes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import enrichment_pb2 as epb
from cairn.bookmarks.v1 import link_service_pb2 as lpb
from cairn.bookmarks.v1 import links_pb2
from services.bookmarks import store_links
from tests.services.bookmarks.client import SERVICE_KEY, Service, worker

State = links_pb2.Enrichment
RUNNING, DONE, SKIPPED, FAILED = State.STATE_RUNNING, State.STATE_DONE, State.STATE_SKIPPED, State.STATE_FAILED
STEPS = ["fetch", "screenshot", "image", "text", "caption"]
JOB = str(uuid.uuid4())


async def begin(service: Service, saved: pb.Bookmark, job: str = JOB, round_: int = 1) -> epb.BeginEnrichmentResponse:
    request = epb.BeginEnrichmentRequest(bookmark_id=saved.id, round=round_, job_id=job)
    begun: epb.BeginEnrichmentResponse = await service.ask(worker(service), request)
    return begun


def report(saved: pb.Bookmark, step: str, state: Any, **more: Any) -> epb.ReportStepRequest:
    fields = {"bookmark_id": saved.id, "round": 1, "job_id": JOB, "step": step, "state": state}
    return epb.ReportStepRequest(**{**fields, **more})


async def told(service: Service, saved: pb.Bookmark, step: str, state: Any, **more: Any) -> str:
    answer = await service.ask(worker(service), report(saved, step, state, **more))
    return str(answer.merged_into)


async def got(service: Service, id_: str) -> pb.Bookmark:
    found: pb.Bookmark = await service.ask("ann", pb.GetBookmarkRequest(id=id_))
    return found


async def test_only_our_own_processes_for_the_owner_may_speak(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    await begin(service, saved)
    wanted = report(saved, "fetch", DONE, found={"title": "Stolen"})
    strangers = {
        (): grpc.StatusCode.UNAUTHENTICATED,
        service.as_user("ann"): grpc.StatusCode.PERMISSION_DENIED,
        worker(service, key="x" * 40): grpc.StatusCode.UNAUTHENTICATED,
        worker(service, key=""): grpc.StatusCode.UNAUTHENTICATED,
        worker(service, user=""): grpc.StatusCode.UNAUTHENTICATED,
        worker(service, user="eve"): grpc.StatusCode.NOT_FOUND,
        worker(service, user="eve", key=SERVICE_KEY): grpc.StatusCode.NOT_FOUND,
    }
    for who, code in strangers.items():
        assert (await service.refused(who, wanted)).code == code
        begun = epb.BeginEnrichmentRequest(bookmark_id=saved.id, round=1, job_id=str(uuid.uuid4()))
        assert (await service.refused(who, begun)).code == code
    assert (await got(service, saved.id)).link.title == ""


async def test_what_the_person_wrote_and_what_was_found_both_stay(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    assert list((await begin(service, saved)).steps) == STEPS
    await told(service, saved, "fetch", RUNNING)
    mine = pb.UpdateBookmarkRequest(id=saved.id, title="Mine", note="n", update_mask={"paths": ["title", "note"]})
    edited = await service.ask("ann", mine)
    await told(service, saved, "fetch", DONE, found={"title": "Theirs", "description": "d", "embeddable": False})
    await told(service, saved, "text", DONE, found={"text": "t", "title": ""})
    found = await got(service, saved.id)
    assert (found.link.title, found.link.description, found.link.text, found.note) == ("Mine", "d", "t", "n")
    assert (found.etag, found.link.HasField("embeddable")) == (edited.etag, True)
    other = pb.UpdateBookmarkRequest(id=saved.id, update_mask={"paths": ["title"]})
    assert (await service.ask("ann", other)).link.title == "Theirs"


async def test_fifty_reports_at_once_leave_one_true_state(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    await begin(service, saved)
    await asyncio.gather(*(told(service, saved, STEPS[n % 5], RUNNING) for n in range(50)))
    found = (await got(service, saved.id)).link.enrichment
    assert ([step.attempts for step in found.steps], found.state) == ([1] * 5, RUNNING)
    await asyncio.gather(*(told(service, saved, STEPS[n % 5], SKIPPED, reason="NO") for n in range(50)))
    assert (await got(service, saved.id)).link.enrichment.state == SKIPPED


async def test_a_link_that_is_looked_up_anew_hears_nothing_old(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    await begin(service, saved)
    for step in STEPS:
        await told(service, saved, step, DONE)
    refreshed = await service.ask("ann", lpb.RefreshBookmarkRequest(id=saved.id, steps=["caption"]))
    assert [step.state for step in refreshed.link.enrichment.steps] == [DONE] * 4 + [State.STATE_PENDING]
    refused = await service.refused(worker(service), report(saved, "caption", DONE, found={"caption": "old"}))
    assert refused.reason == "ENRICHMENT_STALE"
    job = str(uuid.uuid4())
    assert list((await begin(service, saved, job, 2)).steps) == ["caption"]
    stale = await service.refused(worker(service), report(saved, "caption", DONE, round=2))
    assert stale.reason == "ENRICHMENT_STALE"
    await service.ask("ann", pb.RemoveBookmarkRequest(id=saved.id))
    gone = await service.refused(worker(service), report(saved, "caption", DONE, round=2, job_id=job))
    assert gone.reason == "BOOKMARK_NOT_FOUND"


async def test_two_that_are_one_place_become_one_and_lose_nothing(service: Service) -> None:
    older = await service.save("ann", url="https://example.com/old")
    request = pb.SaveBookmarkRequest(target=pb.Target(url="https://example.com/new"), note="mine", tags=["b"])
    younger = (await service.ask("ann", request)).bookmark
    noted = pb.UpdateBookmarkRequest(id=older.id, note="first", add_tags=["a"], update_mask={"paths": ["note"]})
    await service.ask("ann", noted)
    await begin(service, younger)
    into = await told(service, younger, "fetch", DONE, found={"same_as_url": "http://www.example.com/old/"})
    assert into == older.id
    # The answer may be lost, and the worker then says it again.
    assert await told(service, younger, "fetch", DONE, found={"same_as_url": "http://www.example.com/old/"}) == older.id
    shot = {"kind": "screenshot", "data": b"RIFF0000WEBP", "media_type": "image/webp", "width": 1, "height": 1}
    assert await told(service, younger, "screenshot", DONE, image=shot) == older.id
    both = await got(service, older.id)
    assert (both.note, list(both.tags)) == ("first\n\nmine", ["a", "b"])
    assert list(both.link.other_urls) == ["https://example.com/new"]
    assert (await service.save("ann", url="https://example.com/new")).id == older.id
    assert await service.count("ann") == 1


async def test_one_that_is_saved_meanwhile_is_merged(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    older, younger = [await service.save("ann", url=f"https://example.com/{name}") for name in ("old", "new")]
    await begin(service, older)
    # As where it is saved after we looked.
    monkeypatch.setattr(store_links, "find", AsyncMock(return_value={}))
    assert await told(service, older, "fetch", DONE, found={"same_as_url": younger.link.url}) == ""
    assert list((await got(service, older.id)).link.other_urls) == [younger.link.url]
    assert await service.count("ann") == 1


async def test_what_two_say_differently_stays_on_two(service: Service) -> None:
    younger = await service.save("ann", url="https://example.com/0")
    for due in (1, 2):
        target = pb.Target(url=f"https://example.com/{due}")
        save = pb.SaveBookmarkRequest(target=target, due_time=Timestamp(seconds=due))
        younger = (await service.ask("ann", save)).bookmark
    await begin(service, younger)
    assert await told(service, younger, "fetch", DONE, found={"same_as_url": "https://example.com/1"}) == ""
    assert await service.count("ann") == 3


async def test_one_that_failed_is_looked_up_again_as_part_of_another(service: Service) -> None:
    older = await service.save("ann", url="https://example.com/old")
    middle = await service.save("ann", url="https://example.com/middle")
    younger = await service.save("ann", url="https://example.com/new")
    for saved in (older, middle, younger):
        await begin(service, saved)
    done = pb.UpdateBookmarkRequest(id=younger.id, state=pb.Bookmark.STATE_DONE, update_mask={"paths": ["state"]})
    await service.ask("ann", done)
    assert await told(service, younger, "fetch", DONE, found={"same_as_url": middle.link.url}) == middle.id
    assert (await got(service, middle.id)).state == pb.Bookmark.STATE_DONE
    for step, state in zip(STEPS, (DONE, DONE, DONE, FAILED, SKIPPED), strict=True):
        await told(service, older, step, state, reason="AWAY")
    assert await told(service, middle, "fetch", DONE, found={"same_as_url": older.link.url}) == older.id
    whole = await got(service, older.id)
    waiting = await service.execute("select round from bookmarks.outbox where workspace = :workspace and round > 1")
    assert [row["round"] for row in waiting] == [2]
    # Not from the beginning: what is known stays.
    again = await begin(service, whole, str(uuid.uuid4()), 2)
    assert list(again.steps) == STEPS[3:]
    # Whoever watches the first hears of the last.
    [gone] = [event async for event in events(service, younger.id)]
    assert gone.merged_into == older.id


async def test_a_late_report_changes_nothing_that_is_over(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    await begin(service, saved)
    for step in STEPS:
        await told(service, saved, step, DONE)
    before = (await got(service, saved.id)).link.enrichment
    await told(service, saved, "screenshot", FAILED, reason="X", retryable=True, next_attempt_time=Timestamp(seconds=9))
    assert (await got(service, saved.id)).link.enrichment == before


async def events(service: Service, id_: str, token: str = "") -> AsyncIterator[lpb.WatchBookmarkResponse]:
    call: Any = service.channel.unary_stream("/cairn.bookmarks.v1.LinkService/WatchBookmark")
    request = lpb.WatchBookmarkRequest(id=id_, resume_token=token)
    async for data in call(request.SerializeToString(), metadata=service.as_user("ann"), timeout=20):
        yield lpb.WatchBookmarkResponse.FromString(data)


async def test_a_stream_tells_how_it_is_and_ends_with_it(service: Service) -> None:
    saved = await service.save("ann", url="https://example.com")
    stream = events(service, saved.id)
    first = await anext(stream)
    assert first.bookmark.link.enrichment.state == State.STATE_PENDING
    await begin(service, saved)
    for step in STEPS:
        await told(service, saved, step, FAILED if step == "image" else DONE, reason="X")
    rest = [event async for event in stream]
    assert rest[-1].bookmark.link.enrichment.state == FAILED
    tokens = [int(event.resume_token) for event in (first, *rest)]
    assert tokens == sorted(set(tokens))
    assert [event async for event in events(service, saved.id, rest[-1].resume_token)] == []
    assert [event.bookmark async for event in events(service, saved.id, first.resume_token)] == [rest[-1].bookmark]


async def test_a_stream_of_what_goes_says_where_it_went(service: Service) -> None:
    older = await service.save("ann", url="https://example.com/old")
    younger = await service.save("ann", url="https://example.com/new")
    stream, gone = events(service, younger.id), events(service, older.id)
    await asyncio.gather(anext(stream), anext(gone))
    await begin(service, younger)
    await told(service, younger, "fetch", DONE, found={"same_as_url": "https://example.com/old"})
    [merged] = [event async for event in stream if event.HasField("merged_into")]
    assert (merged.merged_into, merged.HasField("bookmark")) == (older.id, False)
    await service.ask("ann", pb.RemoveBookmarkRequest(id=older.id))
    assert not [event async for event in gone][-1].HasField("bookmark")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(events(service, older.id))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


async def test_an_import_saves_each_link_once(service: Service) -> None:
    await service.save("ann", url="https://example.com/there")
    urls = ("https://example.com/there", "https://example.com/new", "https://www.example.com/new/", "nonsense")
    links = [epb.ImportedLink(row=n, url=url, title="T", collection="Read") for n, url in enumerate(urls, 1)]
    rows: Any = []
    for dry_run, outcome in ((True, "saved"), (False, "saved"), (False, "already_saved")):
        request = epb.ImportLinksRequest(links=links, dry_run=dry_run)
        rows = (await service.ask(worker(service), request)).rows
        assert [row.outcome for row in rows] == ["already_saved", outcome, "already_saved", "invalid"]
        assert rows[3].reason == "URL_INVALID"
        assert await service.count("ann") == (1 if dry_run else 2)
    new = await got(service, rows[1].bookmark_id)
    assert (new.link.title, bool(new.collection_id)) == ("T", True)
    waiting = await service.execute("select imported from bookmarks.outbox where workspace = :workspace")
    assert sorted(row["imported"] for row in waiting) == [False, True]


async def test_addresses_that_were_one_are_one_after_an_import(service: Service) -> None:
    taken = await service.save("ann", url="https://example.com/taken")
    others = ["https://example.com/b", "nonsense", "https://example.com/taken"]
    link = epb.ImportedLink(row=1, url="https://example.com/a", other_urls=others)
    request = epb.ImportLinksRequest(links=[link])
    [row], [again] = [(await service.ask(worker(service), request)).rows for _ in range(2)]
    assert (row.outcome, again.outcome) == ("saved", "already_saved")
    assert (await service.save("ann", url="https://example.com/b")).id == row.bookmark_id
    assert (await service.save("ann", url="https://example.com/taken")).id == taken.id
    assert list((await got(service, row.bookmark_id)).link.other_urls) == ["https://example.com/b"]
