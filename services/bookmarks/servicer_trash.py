"""The part of LinkService that is about removed links and about pictures: decode, one use case, encode."""

from dataclasses import dataclass
from uuid import UUID

from google.api.httpbody_pb2 import HttpBody

from cairn.bookmarks.v1 import link_service_pb2 as pb
from chassis.interceptors import Call
from chassis.pages import Pages, page_size
from services.bookmarks import encode
from services.bookmarks.domain_trash import KEPT, Trashed
from services.bookmarks.use_cases_images import Images
from services.bookmarks.use_cases_trash import Trash


@dataclass(frozen=True)
class TrashServicer:
    """Some methods of cairn.bookmarks.v1.LinkService: the use cases, and the maker of page tokens."""

    trash: Trash
    images: Images
    pages: Pages

    async def GetLinkImage(self, request: pb.GetLinkImageRequest, call: Call) -> HttpBody:
        """The bytes of a picture."""
        asked = (UUID(request.id), request.kind, request.version)
        media_type, data = await self.images.get(call.require_caller(), *asked)
        return HttpBody(content_type=media_type, data=data)

    async def TrashBookmarks(self, request: pb.TrashBookmarksRequest, call: Call) -> pb.TrashBookmarksResponse:
        """Remove links, for a while."""
        moved = await self.trash.put(call.require_caller(), [UUID(id_) for id_ in request.ids])
        return pb.TrashBookmarksResponse(ids=map(str, moved))

    async def RestoreBookmarks(self, request: pb.RestoreBookmarksRequest, call: Call) -> pb.RestoreBookmarksResponse:
        """Take links back."""
        restored = await self.trash.restore(call.require_caller(), [UUID(id_) for id_ in request.ids])
        return pb.RestoreBookmarksResponse(ids=map(str, restored))

    async def ListTrash(self, request: pb.ListTrashRequest, call: Call) -> pb.ListTrashResponse:
        """A page of removed links."""
        caller = call.require_caller()
        scope = ("trash", caller.workspace, caller.user)
        at = self.pages.read(scope, request.page_token)
        after = (encode.from_position(at[0]), UUID(at[1])) if at else None
        found, more = await self.trash.list(caller, after, page_size(request.page_size))
        token = ""
        if more:
            last = found[-1]
            token = self.pages.issue(scope, [encode.to_position(last.time), str(last.bookmark.id)])
        return pb.ListTrashResponse(bookmarks=map(_from_trashed, found), next_page_token=token)

    async def EmptyTrash(self, request: pb.EmptyTrashRequest, call: Call) -> pb.EmptyTrashResponse:
        """Remove links for good."""
        deleted = await self.trash.empty(call.require_caller(), [UUID(id_) for id_ in request.ids])
        return pb.EmptyTrashResponse(deleted_count=deleted)


def _from_trashed(trashed: Trashed) -> pb.TrashedBookmark:
    return pb.TrashedBookmark(
        bookmark=encode.from_bookmark(trashed.bookmark),
        trash_time=encode.from_time(trashed.time),
        delete_time=encode.from_time(trashed.time + KEPT),
    )
