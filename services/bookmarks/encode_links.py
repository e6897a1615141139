"""What is known of links, from the domain to the wire."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cairn.bookmarks.v1 import links_pb2 as pb
from services.bookmarks.domain_links import Enrichment, Link, LinkImage, Step, StepState

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLASSES = {name.removeprefix("MEDIA_CLASS_").lower(): number for name, number in pb.Link.MediaClass.items()}
CLASS_OF = {number: name for name, number in CLASSES.items()}
STATES = {state: pb.Enrichment.State.Value(f"STATE_{state.name}") for state in StepState}
AS_THEY_ARE = ("url", "final_url", "other_urls", "site", "title", "description", "site_name", "media_type")
AND_THESE = ("favicon_url", "embeddable", "text", "caption", "cover")
OF_IMAGE = ("media_type", "width", "height", "blurhash", "size_bytes")


def fields_of_link(bookmark_id: UUID, link: Link) -> dict[str, Any]:
    """A link as the fields of its message."""
    return {
        **{name: getattr(link, name) for name in (*AS_THEY_ARE, *AND_THESE)},
        "media_class": CLASSES[link.media_class],
        **{image.kind: _fields_of_image(bookmark_id, image) for image in link.images},
        "enrichment": _fields_of_enrichment(link.enrichment),
    }


def fields_of_time(value: datetime) -> dict[str, int]:
    """A moment as the fields of its message."""
    since = value - EPOCH
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": since.microseconds * 1000}


def to_revision(token: str) -> int | None:
    """What the reader of a stream knows; None where they begin, and none that ever was for a token not of ours."""
    if not token:
        return None
    return int(token) if token.isascii() and token.isdigit() else -1


def _fields_of_image(bookmark_id: UUID, image: LinkImage) -> dict[str, Any]:
    path = f"/api/v1/bookmarks/{bookmark_id}/images/{image.kind}?version={image.version}"
    return {"path": path, **{name: getattr(image, name) for name in OF_IMAGE}}


def _fields_of_enrichment(enrichment: Enrichment) -> dict[str, Any]:
    return {
        "state": STATES[enrichment.state],
        "steps": [_fields_of_step(step) for step in enrichment.steps],
        "round": enrichment.round,
        "job_id": str(enrichment.job_id or ""),
    }


def _fields_of_step(step: Step) -> dict[str, Any]:
    return {
        **{name: getattr(step, name) for name in ("name", "reason", "message", "attempts")},
        "state": STATES[step.state],
        "next_attempt_time": step.next_time and fields_of_time(step.next_time),
        "update_time": fields_of_time(step.update_time),
    }
