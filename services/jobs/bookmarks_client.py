"""The bookmarks service, as workers call it for the person whose job they do."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from cairn.bookmarks.v1 import enrichment_pb2 as pb
from cairn.bookmarks.v1 import link_service_pb2
from chassis.errors import Unavailable
from chassis.peer import Peer, PeerRefused
from services.jobs import encode_bookmarks as wire
from services.jobs.domain import Failure, JobFailed, Owner
from services.jobs.domain_imports import Link, Row
from services.jobs.domain_links import BOOKMARKS_AWAY, Begun, LinkGone, Lookup, Report

T = TypeVar("T", bound=Message)
# With pictures, which go on to an object store.
SECONDS = 30.0
# Between reports that did not come through. A report may come twice.
PAUSES = (0.5, 2.0, 8.0)
GONE = ("BOOKMARK_NOT_FOUND", "ENRICHMENT_STALE")
# What was sent is wrong: the same again would be refused again.
WRONG = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
LINKS, ENRICHMENT = "/cairn.bookmarks.v1.LinkService", "/cairn.bookmarks.v1.EnrichmentService"


class BookmarksClient:
    """Calls to the bookmarks service; they raise LinkGone and JobFailed."""

    def __init__(self, peer: Peer) -> None:
        """`peer` is that service."""
        self._peer = peer

    async def begin(self, lookup: Lookup) -> Begun:
        """Begin an attempt; the job takes the link over from an older one of the same round."""
        request = wire.to_begin(lookup)
        return wire.from_begun(
            await self._call(f"{ENRICHMENT}/BeginEnrichment", request, pb.BeginEnrichmentResponse, lookup.owner)
        )

    async def report(self, lookup: Lookup, report: Report) -> UUID | None:
        """Say how a step stands; the bookmark that this one is part of now, if it turned out to be the same."""
        request = await asyncio.to_thread(wire.to_report, lookup, report)
        answer = await self._reported(request, lookup.owner)
        return UUID(answer.merged_into) if answer.merged_into else None

    async def picture(self, lookup: Lookup, kind: str, to: Path) -> None:
        """Write a picture that is kept into a file."""
        request = link_service_pb2.GetLinkImageRequest(id=str(lookup.bookmark_id), kind=kind)
        body = await self._call(f"{LINKS}/GetLinkImage", request, HttpBody, lookup.owner)
        await asyncio.to_thread(to.write_bytes, body.data)

    async def import_links(self, owner: Owner, links: Sequence[tuple[int, Link]], *, dry_run: bool) -> list[Row]:
        """Save links, at most 100, each with its number in the file; what became of each."""
        request = wire.to_import(links, dry_run=dry_run)
        answer = await self._call(f"{ENRICHMENT}/ImportLinks", request, pb.ImportLinksResponse, owner)
        return wire.from_rows(links, answer)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._peer.aclose()

    async def _reported(self, request: pb.ReportStepRequest, owner: Owner) -> pb.ReportStepResponse:
        """What was found has cost much, and is nowhere else: the service may start again meanwhile."""
        for pause in PAUSES:
            try:
                return await self._call(f"{ENRICHMENT}/ReportStep", request, pb.ReportStepResponse, owner)
            except JobFailed as failed:
                if failed.failure != BOOKMARKS_AWAY:
                    raise
            await asyncio.sleep(pause)
        return await self._call(f"{ENRICHMENT}/ReportStep", request, pb.ReportStepResponse, owner)

    async def _call(self, path: str, request: Message, answer: type[T], owner: Owner) -> T:
        try:
            return await self._peer.call(path, request, answer, owner, SECONDS)
        except Unavailable as error:
            raise JobFailed(BOOKMARKS_AWAY) from error
        except PeerRefused as error:
            if error.reason in GONE:
                raise LinkGone from error
            # With no reason of ours, it is gRPC that says so: too much for one message.
            too_large = error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and not error.reason
            retryable = error.code not in WRONG and not too_large
            raise JobFailed(Failure(error.reason or error.code.name, error.message, retryable)) from error
