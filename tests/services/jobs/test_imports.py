"""Imports of links as jobs: what is sent, what becomes of each link, and that none is lost or told of twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import grpc
import pytest
import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import links_pb2 as pb
from services.jobs import encode_imports, store_claim, store_imports, store_upkeep, store_uploads
from services.jobs.actions.link_import import Importer, import_links
from services.jobs.context import Context
from services.jobs.domain import Caps, Claimed, Failure, JobFailed, Owner, Queue
from services.jobs.domain_imports import IMPORT, IMPORT_GONE, MAX_BYTES, Format, Link, Outcome, Row, Wanted
from services.jobs.store_claim import Worker
from services.jobs.store_lease import Done, Report, finish, progress
from services.jobs.store_uploads import Upload
from tests.services.jobs.client import Refusal, Service, refusal
from tests.services.jobs.library import Library
from tests.services.jobs.stage import ANN, Stage

NAMES = UUID(int=7)
REFUSED = Failure("VALIDATION_FAILED", "No.", retryable=False)


@dataclass
class Shelf:
    """Saves links, as the bookmarks service does; may die after it has saved those of a call."""

    dies_at: int = -1
    refuses: str = "refused"
    saved: dict[str, UUID] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    calls: int = 0

    async def import_links(self, owner: Owner, links: Sequence[tuple[int, Link]], *, dry_run: bool) -> list[Row]:
        """Each URL once."""
        assert owner == ANN
        assert 1 <= len(links) <= 100
        self.calls += 1
        if any(self.refuses in link.url for _, link in links):
            raise JobFailed(REFUSED)
        rows = [self._row(number, link.url, dry_run=dry_run) for number, link in links]
        if self.calls == self.dies_at:
            raise RuntimeError("told so")
        return rows

    def _row(self, number: int, url: str, *, dry_run: bool) -> Row:
        if not url.startswith("http"):
            return Row(number, url, Outcome.INVALID, "URL_INVALID")
        if url in self.saved:
            return Row(number, url, Outcome.ALREADY_SAVED, bookmark_id=self.saved[url])
        if not dry_run:
            self.times.append(url)
            self.saved[url] = uuid5(NAMES, url)
        return Row(number, url, Outcome.SAVED, bookmark_id=self.saved.get(url))


async def claimed(stage: Stage, file: Path, *, dry_run: bool = False) -> Claimed:
    """A job of Ann's that imports the file, taken by a worker."""
    upload = Upload(uuid_utils.compat.uuid7(), file)
    async with stage.database.begin() as queries:
        await store_uploads.keep(queries, ANN, upload)
    wanted = Wanted(upload.id, Format.UNKNOWN, dry_run, file.name)
    await stage.pending("ann", IMPORT, input=encode_imports.to_input(wanted))
    worker = Worker("hand", Queue.BULK, (IMPORT,), Caps(running=100))
    async with stage.database.begin() as queries:
        [job] = (await store_claim.claim(queries, worker, 1)).jobs
    return job


async def run(stage: Stage, job: Claimed, shelf: Shelf) -> results_pb2.LinkImportResult:
    """What an attempt comes to."""

    async def write(report: Report) -> bool:
        return await progress(stage.database, job.id, job.token, report)

    context = Context(job, write, lambda: None)
    try:
        result = await import_links(Importer(stage.database, shelf)).run(job.input, context)
    finally:
        await context.close(ours=True)
    return jobs_pb2.Result.FromString(result).link_import


def table(tmp_path: Path, *urls: str) -> Path:
    """A file of these."""
    file = tmp_path / "links.csv"
    file.write_text("\n".join(("url", *urls)))
    return file


async def rows(stage: Stage, job: Claimed) -> list[Row]:
    """What is told of an import, the whole of it."""
    return list(await store_imports.page(stage.database, ANN, job.id, None, (0, 100_000)))


async def test_a_worker_that_dies_loses_no_link_and_saves_none_twice(stage: Stage, tmp_path: Path) -> None:
    urls = [f"https://example.org/{number}" for number in range(600)]
    job, shelf = await claimed(stage, table(tmp_path, *urls)), Shelf(dies_at=3)
    with pytest.raises(RuntimeError):
        await run(stage, job, shelf)
    assert [row.number for row in await rows(stage, job)] == list(range(1, 201))
    told = await run(stage, job, shelf)
    assert [(row.number, row.url) for row in await rows(stage, job)] == list(enumerate(urls, 1))
    assert (sorted(shelf.times), shelf.calls) == (sorted(urls), 3 + 4)
    # Of those that were saved when it died it is not known by whom.
    assert (told.total_count, told.saved_count, told.already_saved_count) == (600, 500, 100)
    at = (await stage.job(job.id)).progress
    assert at is not None
    assert (at.current, at.total) == (600, 600)


async def test_each_link_comes_to_something(stage: Stage, tmp_path: Path) -> None:
    good, long = "https://example.org/", "https://example.org/" + "x" * 3000
    file = table(tmp_path, good, long, "ftp://x", "https://refused/", '""', good)
    job, shelf = await claimed(stage, file), Shelf()
    told = await run(stage, job, shelf)
    found = [(row.outcome.value, row.reason) for row in await rows(stage, job)]
    invalid = [("invalid", reason) for reason in ("URL_TOO_LONG", "URL_INVALID", "VALIDATION_FAILED")]
    assert found == [("saved", ""), *invalid, ("already_saved", "")]
    assert (told.saved_count, told.already_saved_count, told.invalid_count, told.total_count) == (1, 1, 3, 5)
    again = await run(stage, await claimed(stage, file, dry_run=True), dry := Shelf())
    assert (again.dry_run, again.invalid_count, dry.saved) == (True, 3, {})


async def test_what_is_not_ours_any_more_is_not_written(stage: Stage, tmp_path: Path) -> None:
    job = await claimed(stage, table(tmp_path, "https://example.org/"))
    await finish(stage.database, job.id, job.token, Done(b""))
    with pytest.raises(JobFailed):
        await run(stage, job, Shelf())
    assert await rows(stage, job) == []
    await stage.sql("truncate jobs.uploads")
    with pytest.raises(JobFailed) as caught:
        await run(stage, job, Shelf())
    assert caught.value.failure == IMPORT_GONE


async def sent(service: Service, who: str, *parts: pb.ImportLinksRequest) -> jobs_pb2.Job:
    call: Any = service.channel.stream_unary("/cairn.jobs.v1.LinkJobsService/ImportLinks")
    said = await call((each.SerializeToString() for each in parts), metadata=service.person(who), timeout=30)
    return jobs_pb2.Job.FromString(said)


def parts(*chunks: bytes, **meta: Any) -> list[pb.ImportLinksRequest]:
    """An upload, from its meta to its end."""
    first = pb.ImportLinksRequest(meta=pb.ImportLinksRequest.Meta(**meta))
    return [first, *(pb.ImportLinksRequest(chunk=chunk) for chunk in (*chunks, b""))]


async def test_a_file_is_a_job_and_sent_again_it_is_the_same(service: Service) -> None:
    await service.stage.sql("truncate jobs.uploads")
    first, again = [await sent(service, "ann", *parts(b"url", b"\n", request_id="key", dry_run=True)) for _ in "ab"]
    assert (first.kind, again.id, again.replayed) == ("link-import", first.id, True)
    [row] = await service.stage.sql("select input from jobs.jobs")
    wanted = encode_imports.from_input(row["input"])
    assert (wanted.dry_run, wanted.format, wanted.upload is None) == (True, Format.UNKNOWN, False)
    for chunks, meta, reason in (
        ((b"other",), {"request_id": "key"}, "IDEMPOTENCY_KEY_REUSED"),
        ((), {}, "IMPORT_EMPTY"),
        (([bytes(1 << 20)] * (MAX_BYTES >> 20) + [b"x"]), {}, "IMPORT_TOO_LARGE"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await sent(service, "ann", *parts(*chunks, **meta))
        assert refusal(caught.value).reason == reason
    assert await service.stage.count("uploads") == 1


async def test_rows_are_told_to_their_owner_as_long_as_the_job_is_there(service: Service, tmp_path: Path) -> None:
    stage = service.stage
    job, other = await claimed(stage, table(tmp_path, "https://a/", "x", "https://b/")), await stage.pending()
    told = await run(stage, job, Shelf())
    await finish(stage.database, job.id, job.token, Done(encode_imports.to_result({}, dry_run=told.dry_run)))
    asked = pb.ListImportRowsRequest(job_id=str(job.id), page_size=2)
    first = await service.ask("ann", asked)
    assert [(row.row, row.url, row.outcome) for row in first.rows] == [(1, "https://a/", 1), (2, "x", 4)]
    asked.page_token = first.next_page_token
    rest = await service.ask("ann", asked)
    assert ([row.row for row in rest.rows], rest.next_page_token) == ([3], "")
    asked.outcome = pb.ImportRow.OUTCOME_INVALID
    assert (await service.refused("ann", asked)).reason == "PAGE_TOKEN_INVALID"
    asked.page_token = ""
    assert [row.reason for row in (await service.ask("ann", asked)).rows] == ["URL_INVALID"]
    for who, id_ in (("bob", job.id), ("ann", other)):
        told_no = await service.refused(who, pb.ListImportRowsRequest(job_id=str(id_)))
        assert Refusal(told_no.code, told_no.reason) == Refusal(grpc.StatusCode.NOT_FOUND, "JOB_NOT_FOUND")
    await stage.pass_(8 * 24 * 3600)
    await store_upkeep.put_away(stage.database, 10)
    assert await stage.sql("select number from jobs.import_rows where job_id = $1", job.id) == []


async def test_who_is_deleted_leaves_nothing(service: Service, tmp_path: Path) -> None:
    stage = service.stage
    await run(stage, await claimed(stage, table(tmp_path, "https://a/")), Shelf())
    library = Library(service.parts.database, workspace="w")
    await library.feed({"user": {"id": "ann", "display_name": "Ann"}}, {"user_deleted": {"id": "ann"}})
    assert [await stage.count(name) for name in ("import_rows", "uploads", "jobs")] == [0, 0, 0]
