"""Between the wire format of imports and the domain."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import links_pb2 as pb
from services.jobs.domain_imports import Format, Outcome, Row, Wanted

FORMATS = {
    pb.ImportLinksRequest.FORMAT_UNSPECIFIED: Format.UNKNOWN,
    pb.ImportLinksRequest.FORMAT_JSON: Format.JSON,
    pb.ImportLinksRequest.FORMAT_CSV: Format.CSV,
    pb.ImportLinksRequest.FORMAT_HTML: Format.HTML,
}
OUTCOMES = {
    pb.ImportRow.OUTCOME_SAVED: Outcome.SAVED,
    pb.ImportRow.OUTCOME_ALREADY_SAVED: Outcome.ALREADY_SAVED,
    pb.ImportRow.OUTCOME_RESTORED: Outcome.RESTORED,
    pb.ImportRow.OUTCOME_INVALID: Outcome.INVALID,
}
NUMBERS = {outcome: number for number, outcome in OUTCOMES.items()}


def to_wanted(meta: pb.ImportLinksRequest.Meta) -> Wanted:
    """A file that is sent along."""
    return Wanted(None, FORMATS[meta.format], meta.dry_run, meta.file_name)


def to_input(wanted: Wanted) -> bytes:
    """An import as a job keeps it: the same bytes for the same one."""
    return orjson.dumps(wanted._asdict(), option=orjson.OPT_SORT_KEYS)


def from_input(data: bytes) -> Wanted:
    """An import from the input of a job."""
    kept = orjson.loads(data)
    return Wanted(UUID(kept["upload"]), Format(kept["format"]), kept["dry_run"], kept["name"])


def to_outcome(request: pb.ListImportRowsRequest) -> Outcome | None:
    """The filter of a list."""
    return OUTCOMES[request.outcome] if request.HasField("outcome") else None


def from_row(row: Row) -> pb.ImportRow:
    """What became of a link."""
    return pb.ImportRow(
        row=row.number,
        url=row.url,
        outcome=NUMBERS[row.outcome],
        reason=row.reason,
        bookmark_id=str(row.bookmark_id or ""),
    )


def to_result(counts: Mapping[Outcome, int], *, dry_run: bool) -> bytes:
    """What came of an import."""
    told = results_pb2.LinkImportResult(
        total_count=sum(counts.values()),
        saved_count=counts.get(Outcome.SAVED, 0),
        already_saved_count=counts.get(Outcome.ALREADY_SAVED, 0),
        restored_count=counts.get(Outcome.RESTORED, 0),
        invalid_count=counts.get(Outcome.INVALID, 0),
        dry_run=dry_run,
    )
    return jobs_pb2.Result(link_import=told).SerializeToString()
