"""BookmarkService: decode, one use case, encode."""

from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2 as cpb
from chassis.interceptors import Call
from chassis.masks import mask
from chassis.pages import Pages, page_size
from services.bookmarks import encode
from services.bookmarks.domain import Target, Words
from services.bookmarks.use_cases import Bookmarks
from services.bookmarks.use_cases_collections import Collections

Result = pb.BatchSaveBookmarksResponse.Result


class BookmarkServicer:
    """cairn.bookmarks.v1.BookmarkService."""

    def __init__(self, bookmarks: Bookmarks, collections: Collections, pages: Pages) -> None:
        """The use cases, and the maker of page tokens."""
        self._bookmarks = bookmarks
        self._collections = collections
        self._pages = pages

    async def SaveBookmark(self, request: pb.SaveBookmarkRequest, call: Call) -> pb.SaveBookmarkResponse:
        """Save a target."""
        target, words = encode.to_target(request.target), encode.to_words(request)
        bookmark, already = await self._bookmarks.save(call.require_caller(), target, words)
        return pb.SaveBookmarkResponse(bookmark=encode.from_bookmark(bookmark), already_saved=already)

    async def ToggleBookmark(self, request: pb.ToggleBookmarkRequest, call: Call) -> pb.ToggleBookmarkResponse:
        """Save or remove."""
        target = encode.to_target(request.target)
        bookmarked, bookmark = await self._bookmarks.toggle(call.require_caller(), target, request.request_id)
        shown = encode.from_bookmark(bookmark) if bookmark else None
        return pb.ToggleBookmarkResponse(bookmarked=bookmarked, bookmark=shown)

    async def GetBookmark(self, request: pb.GetBookmarkRequest, call: Call) -> pb.Bookmark:
        """One bookmark."""
        return encode.from_bookmark(await self._bookmarks.get(call.require_caller(), UUID(request.id)))

    async def ListBookmarks(self, request: pb.ListBookmarksRequest, call: Call) -> pb.ListBookmarksResponse:
        """A page of bookmarks."""
        caller, wanted = call.require_caller(), encode.to_filter(request)
        scope = ("bookmarks", caller.workspace, caller.user, repr(wanted))
        at = self._pages.read(scope, request.page_token)
        after = (encode.from_position(at[0]), UUID(at[1])) if at else None
        page = await self._bookmarks.list(caller, wanted, after, page_size(request.page_size))
        total = at[2] if at else page.total
        token = ""
        if page.more:
            last = page.bookmarks[-1]
            token = self._pages.issue(scope, [encode.to_position(last.create_time), str(last.id), total])
        shown = [encode.fields_of(bookmark) for bookmark in page.bookmarks]
        return pb.ListBookmarksResponse(bookmarks=shown, next_page_token=token, total_size=total)

    async def CheckBookmarks(self, request: pb.CheckBookmarksRequest, call: Call) -> pb.CheckBookmarksResponse:
        """Which targets are saved."""
        targets = [encode.to_target(target) for target in request.targets]
        found = await self._bookmarks.check(call.caller, targets)
        ids = {target: str(id_) for target, id_ in found.items()}
        result = pb.CheckBookmarksResponse.Result
        asked = zip(request.targets, targets, strict=True)
        return pb.CheckBookmarksResponse(
            results=[result(target=sent, bookmarked=each in ids, bookmark_id=ids.get(each)) for sent, each in asked]
        )

    async def UpdateBookmark(self, request: pb.UpdateBookmarkRequest, call: Call) -> pb.Bookmark:
        """Change what the person wrote."""
        edit = encode.to_edit(request)
        return encode.from_bookmark(
            await self._bookmarks.update(call.require_caller(), UUID(request.id), edit, request.etag)
        )

    async def RemoveBookmark(self, request: pb.RemoveBookmarkRequest, call: Call) -> Empty:
        """Remove by id, or by target: then it need not be there."""
        by_target = request.HasField("target")
        key: UUID | Target = encode.to_target(request.target) if by_target else UUID(request.id)
        await self._bookmarks.remove(call.require_caller(), key, request.etag, by_target or request.allow_missing)
        return Empty()

    async def CountBookmarks(self, request: pb.CountBookmarksRequest, call: Call) -> pb.CountBookmarksResponse:
        """How many there are."""
        type_ = encode.TYPE_OF[request.type] if request.type else None
        return pb.CountBookmarksResponse(count=await self._bookmarks.count(call.require_caller(), type_))

    async def BatchSaveBookmarks(
        self, request: pb.BatchSaveBookmarksRequest, call: Call
    ) -> pb.BatchSaveBookmarksResponse:
        """Save many."""
        targets = [encode.to_target(target) for target in request.targets]
        collection = UUID(request.collection_id) if request.collection_id else None
        words = Words(request.note, tuple(request.tags), collection)
        saved, ids = await self._bookmarks.save_many(call.require_caller(), targets, words)
        results = []
        for sent, target in zip(request.targets, targets, strict=True):
            outcome = Result.OUTCOME_SAVED if target in saved else Result.OUTCOME_ALREADY_SAVED
            if target not in ids:
                outcome = Result.OUTCOME_NOT_FOUND
            id_ = ids.get(target)
            results.append(Result(target=sent, outcome=outcome, bookmark_id=str(id_) if id_ else None))
        return pb.BatchSaveBookmarksResponse(
            results=results, saved_count=len(saved), already_saved_count=len(ids.keys() - saved)
        )

    async def BatchRemoveBookmarks(
        self, request: pb.BatchRemoveBookmarksRequest, call: Call
    ) -> pb.BatchRemoveBookmarksResponse:
        """Remove many."""
        ids = [UUID(id_) for id_ in request.ids]
        targets = [encode.to_target(target) for target in request.targets]
        removed = await self._bookmarks.remove_many(call.require_caller(), ids, targets)
        return pb.BatchRemoveBookmarksResponse(removed_count=removed)

    async def CreateCollection(self, request: cpb.CreateCollectionRequest, call: Call) -> cpb.Collection:
        """A new collection."""
        return encode.from_collection(await self._collections.create(call.require_caller(), request.name))

    async def GetCollection(self, request: cpb.GetCollectionRequest, call: Call) -> cpb.Collection:
        """One collection."""
        return encode.from_collection(await self._collections.get(call.require_caller(), UUID(request.id)))

    async def ListCollections(self, request: cpb.ListCollectionsRequest, call: Call) -> cpb.ListCollectionsResponse:
        """A page of collections."""
        caller = call.require_caller()
        scope = ("collections", caller.workspace, caller.user)
        at = self._pages.read(scope, request.page_token)
        after = (str(at[0]), UUID(at[1])) if at else None
        found, more = await self._collections.list(caller, after, page_size(request.page_size))
        total = at[2] if at else await self._collections.count(caller)
        position = [found[-1].name_key, str(found[-1].id), total] if more else None
        return cpb.ListCollectionsResponse(
            collections=[encode.from_collection(each) for each in found],
            next_page_token=self._pages.issue(scope, position) if position else "",
            total_size=total,
        )

    async def UpdateCollection(self, request: cpb.UpdateCollectionRequest, call: Call) -> cpb.Collection:
        """Rename a collection."""
        fields = mask(request, request.update_mask, frozenset({"name"}))
        if "name" not in fields:
            return encode.from_collection(await self._collections.get(call.require_caller(), UUID(request.id)))
        renamed = await self._collections.rename(call.require_caller(), UUID(request.id), request.name, request.etag)
        return encode.from_collection(renamed)

    async def DeleteCollection(self, request: cpb.DeleteCollectionRequest, call: Call) -> Empty:
        """Delete a collection."""
        await self._collections.delete(call.require_caller(), UUID(request.id), request.etag)
        return Empty()
