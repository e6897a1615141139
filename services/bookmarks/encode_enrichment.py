"""Between the wire format of those who look links up and the domain."""

from datetime import UTC
from typing import Any
from uuid import UUID

from cairn.bookmarks.v1 import enrichment_pb2 as pb
from services.bookmarks.domain_enrichment import Attempt, Begun, Found, Report
from services.bookmarks.domain_images import Picture
from services.bookmarks.domain_links import StepState
from services.bookmarks.encode_links import STATES

STATE_OF = {number: state for state, number in STATES.items()}
# Fields that may be absent, which is not the same as empty.
MAYBE = ("embeddable", "text", "caption")


def to_attempt(request: pb.BeginEnrichmentRequest | pb.ReportStepRequest) -> Attempt:
    """Who speaks, and of what."""
    return Attempt(UUID(request.bookmark_id), request.round, UUID(request.job_id))


def to_report(request: pb.ReportStepRequest) -> Report:
    """How a step goes."""
    return Report(
        step=request.step,
        state=STATE_OF[request.state],
        reason=request.reason,
        message=request.message.replace("\0", ""),
        retryable=request.retryable and request.state == STATES[StepState.FAILED],
        next_time=request.next_attempt_time.ToDatetime(UTC) if request.HasField("next_attempt_time") else None,
        found=_found(request.found),
        same_as_url=request.found.same_as_url,
        picture=_picture(request.image) if request.HasField("image") else None,
    )


def from_begun(begun: Begun) -> pb.BeginEnrichmentResponse:
    """What is left to do, and what is known."""
    known = {name: value for name in Found.__dataclass_fields__ if (value := getattr(begun.found, name)) is not None}
    found = pb.FoundPage(**known)
    return pb.BeginEnrichmentResponse(url=begun.url, steps=begun.steps, found=found, images=begun.images)


def _found(found: pb.FoundPage) -> Found:
    values: dict[str, Any] = {}
    for name in Found.__dataclass_fields__:
        value = getattr(found, name)
        if name in MAYBE and not found.HasField(name):
            continue
        # PostgreSQL keeps no such character, and pages may have it.
        values[name] = value.replace("\0", "") if isinstance(value, str) else value
    return Found(**values)


def _picture(image: pb.FoundImage) -> Picture:
    return Picture(image.kind, image.data, image.media_type, image.width, image.height, image.blurhash)
