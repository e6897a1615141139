"""LinkService: decode, one use case, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from google.api.httpbody_pb2 import HttpBody

from cairn.bookmarks.v1 import bookmarks_pb2
from cairn.bookmarks.v1 import link_service_pb2 as pb
from chassis.interceptors import Call
from services.bookmarks import encode, encode_export, encode_links
from services.bookmarks.domain_links import canonical
from services.bookmarks.servicer_trash import TrashServicer
from services.bookmarks.use_cases_enrichment import Enrichments
from services.bookmarks.use_cases_export import Exports
from services.bookmarks.use_cases_links import Links
from services.bookmarks.use_cases_watch import Watching


@dataclass(frozen=True)
class LinkServicer(TrashServicer):
    """cairn.bookmarks.v1.LinkService: the use cases, and the maker of page tokens."""

    links: Links
    exports: Exports
    enrichments: Enrichments
    watching: Watching

    async def CheckUrl(self, request: pb.CheckUrlRequest, call: Call) -> pb.CheckUrlResponse:
        """Whether an address is saved."""
        found = await self.links.known(call.require_caller(), canonical(request.url, "url"))
        if found is None:
            return pb.CheckUrlResponse()
        return pb.CheckUrlResponse(exists=not found.trashed, bookmark_id=str(found.id), trashed=found.trashed)

    async def ExportBookmarks(self, request: pb.ExportBookmarksRequest, call: Call) -> AsyncIterator[HttpBody]:
        """All bookmarks, as a file."""
        form = encode_export.to_format(request)
        async for piece in encode_export.from_pages(form, self.exports.pages(call.require_caller(), form)):
            yield piece

    async def RefreshBookmark(self, request: pb.RefreshBookmarkRequest, call: Call) -> bookmarks_pb2.Bookmark:
        """Look a link up again."""
        caller, id_ = call.require_caller(), UUID(request.id)
        return encode.from_bookmark(await self.enrichments.refresh(caller, id_, request.steps))

    async def WatchBookmark(
        self, request: pb.WatchBookmarkRequest, call: Call
    ) -> AsyncIterator[pb.WatchBookmarkResponse]:
        """A link until it is looked up."""
        known = encode_links.to_revision(request.resume_token)
        watching = self.watching.watch(call.require_caller(), UUID(request.id), known)
        async with aclosing(watching):
            async for told in watching:
                bookmark = encode.from_bookmark(told.bookmark) if told.bookmark else None
                into = str(told.merged_into) if told.merged_into else None
                token = str(told.revision)
                yield pb.WatchBookmarkResponse(resume_token=token, bookmark=bookmark, merged_into=into)
