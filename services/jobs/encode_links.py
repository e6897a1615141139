"""Between the wire format of the looking up of links and the domain."""

from uuid import UUID

from google.protobuf.message import DecodeError

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import links_pb2 as pb
from services.jobs.domain import JobFailed
from services.jobs.domain_links import PAYLOAD_UNKNOWN, Outcome, Wanted

# The first byte of an input. It grows when an older worker would read the rest wrongly.
VERSION = 1


def to_wanted(request: pb.StartLinkEnrichmentRequest) -> Wanted:
    """A link that is to be looked up."""
    return Wanted(UUID(request.bookmark_id), request.round)


def to_input(wanted: Wanted) -> bytes:
    """A link as a job keeps it: the same bytes for the same round of it."""
    kept = pb.StartLinkEnrichmentRequest(bookmark_id=str(wanted.bookmark_id), round=wanted.round)
    return bytes([VERSION]) + kept.SerializeToString(deterministic=True)


def from_input(data: bytes) -> Wanted:
    """A link from the input of a job; JobFailed where this is not what we write."""
    try:
        wanted = to_wanted(pb.StartLinkEnrichmentRequest.FromString(data[1:]))
    except (DecodeError, ValueError) as error:
        raise JobFailed(PAYLOAD_UNKNOWN) from error
    if data[:1] != bytes([VERSION]) or wanted.round < 1:
        raise JobFailed(PAYLOAD_UNKNOWN)
    return wanted


def to_result(bookmark_id: UUID, outcome: Outcome) -> bytes:
    """What came of it, as a job keeps it."""
    step = results_pb2.LinkEnrichmentResult.Step
    told = results_pb2.LinkEnrichmentResult(
        bookmark_id=str(bookmark_id),
        steps=[step(name=each.name, state=each.status.value, reason=each.reason) for each in outcome.steps],
        merged_into=str(outcome.merged_into or ""),
        stopped=outcome.stopped,
    )
    return jobs_pb2.Result(link_enrichment=told).SerializeToString()
