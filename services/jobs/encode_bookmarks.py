"""Between the domain and what the bookmarks service is told: nothing longer than it takes."""

from collections.abc import Sequence
from uuid import UUID

from cairn.bookmarks.v1 import enrichment_pb2 as pb
from cairn.bookmarks.v1 import links_pb2
from chassis.times import from_time
from services.jobs.domain import StepStatus
from services.jobs.domain_imports import Link, Outcome, Row
from services.jobs.domain_links import Begun, Found, Lookup, Page, Picture, Report, kind_of

STATES = {
    StepStatus.RUNNING: links_pb2.Enrichment.STATE_RUNNING,
    StepStatus.DONE: links_pb2.Enrichment.STATE_DONE,
    StepStatus.SKIPPED: links_pb2.Enrichment.STATE_SKIPPED,
    StepStatus.FAILED: links_pb2.Enrichment.STATE_FAILED,
}
FINAL_URL, URL, WORDS, SITE_NAME, MEDIA_TYPE, TEXT, MESSAGE = 4096, 2048, 1300, 300, 127, 20_000, 500


def to_begin(lookup: Lookup) -> pb.BeginEnrichmentRequest:
    """The beginning of an attempt."""
    return pb.BeginEnrichmentRequest(bookmark_id=str(lookup.bookmark_id), round=lookup.round, job_id=str(lookup.job_id))


def from_begun(begun: pb.BeginEnrichmentResponse) -> Begun:
    """What is left to do."""
    page = _from_page(begun.found) if begun.found.final_url else None
    return Begun(begun.url, tuple(begun.steps), page, tuple(begun.images))


def to_report(lookup: Lookup, report: Report) -> pb.ReportStepRequest:
    """How a step stands; reads its picture."""
    request = pb.ReportStepRequest(
        bookmark_id=str(lookup.bookmark_id),
        round=lookup.round,
        job_id=str(lookup.job_id),
        step=report.step,
        state=STATES[report.status],
    )
    if report.failure:
        request.reason, request.message = report.failure.reason, _cut(report.failure.message, MESSAGE)
        request.retryable = report.failure.retryable
    if report.next_at:
        request.next_attempt_time.CopyFrom(from_time(report.next_at))
    if report.found:
        _add(request, report.found)
    return request


def to_import(links: Sequence[tuple[int, Link]], *, dry_run: bool) -> pb.ImportLinksRequest:
    """Links of a file."""
    return pb.ImportLinksRequest(links=[_to_link(row, link) for row, link in links], dry_run=dry_run)


def from_rows(links: Sequence[tuple[int, Link]], answer: pb.ImportLinksResponse) -> list[Row]:
    """What became of links of a file."""
    urls = {row: link.url for row, link in links}
    return [
        Row(each.row, urls[each.row], Outcome(each.outcome), each.reason, _id(each.bookmark_id)) for each in answer.rows
    ]


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


def _add(request: pb.ReportStepRequest, found: Found) -> None:
    if found.page:
        request.found.CopyFrom(_to_page(found.page))
    if found.text is not None:
        request.found.text = _cut(found.text, TEXT)
    if found.caption is not None:
        request.found.caption = _cut(found.caption, WORDS)
    if found.picture:
        request.image.CopyFrom(_to_image(request.step, found.picture))


def _to_page(page: Page) -> pb.FoundPage:
    return pb.FoundPage(
        final_url=_whole(page.final_url, FINAL_URL),
        same_as_url=_whole(page.same_as_url, URL),
        title=_cut(page.title, WORDS),
        description=_cut(page.description, WORDS),
        site_name=_cut(page.site_name, SITE_NAME),
        media_type=_whole(page.media_type, MEDIA_TYPE),
        favicon_url=_whole(page.favicon_url, URL),
        image_url=_whole(page.image_url, URL),
        embeddable=page.embeddable,
        cover=page.cover,
    )


def _from_page(found: pb.FoundPage) -> Page:
    return Page(
        final_url=found.final_url,
        title=found.title,
        description=found.description,
        site_name=found.site_name,
        media_type=found.media_type,
        favicon_url=found.favicon_url,
        image_url=found.image_url,
        embeddable=found.embeddable if found.HasField("embeddable") else None,
        cover=found.cover,
        kind=kind_of(found.media_type),
    )


def _to_image(kind: str, picture: Picture) -> pb.FoundImage:
    return pb.FoundImage(
        kind=kind,
        data=picture.path.read_bytes(),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        blurhash=picture.blurhash,
    )


def _to_link(row: int, link: Link) -> pb.ImportedLink:
    told = pb.ImportedLink(
        row=row,
        url=link.url,
        title=link.title,
        description=link.description,
        note=link.note,
        tags=link.tags,
        collection=link.collection,
        state=link.state,
        other_urls=link.other_urls,
    )
    if link.due is not None:
        told.due_time.FromMicroseconds(link.due)
    if link.created is not None:
        told.create_time.FromMicroseconds(link.created)
    return told


def _cut(text: str, most: int) -> str:
    return _clean(text)[:most]


def _whole(text: str, most: int) -> str:
    """A cut URL would be another one."""
    clean = _clean(text)
    return clean if len(clean) <= most else ""


def _clean(text: str) -> str:
    """What a database and UTF-8 take."""
    return text.replace("\0", "").encode(errors="replace").decode()
