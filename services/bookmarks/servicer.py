"""BookmarkService: decode, one use case, encode."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

from google.protobuf.empty_pb2 import Empty

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import collections_pb2 as cpb
from chassis.interceptors import Call
from chassis.masks import mask
from chassis.pages import Pages, page_size
from services.bookmarks import encode
from services.bookmarks.domain import Target, Wanted, Words, target_of
from services.bookmarks.use_cases import Bookmarks, Doomed
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
        targets = encode.to_targets(request.targets)
        found = await self._bookmarks.check(call.caller, _those(targets))
        ids = {target: str(id_) for target, id_ in found.items()}
        result = pb.CheckBookmarksResponse.Result
        asked = [(sent, each and ids.get(target_of(each))) for sent, each in zip(request.targets, targets, strict=True)]
        return pb.CheckBookmarksResponse(
            results=[result(target=sent, bookmarked=bool(id_), bookmark_id=id_) for sent, id_ in asked]
        )

    async def UpdateBookmark(self, request: pb.UpdateBookmarkRequest, call: Call) -> pb.Bookmark:
        """Change what the person wrote."""
        edit = encode.to_edit(request)
        return encode.from_bookmark(
            await self._bookmarks.update(call.require_caller(), UUID(request.id), edit, request.etag)
        )

    async def RemoveBookmark(self, request: pb.RemoveBookmarkRequest, call: Call) -> Empty:
        """Remove by id, or by target: then it need not be there."""
        allow_missing = request.allow_missing or request.HasField("target")
        doomed = Doomed(request.etag, allow_missing, request.permanent)
        await self._bookmarks.remove(call.require_caller(), encode.to_key(request), doomed)
        return Empty()

    async def CountBookmarks(self, request: pb.CountBookmarksRequest, call: Call) -> pb.CountBookmarksResponse:
        """How many there are."""
        type_ = encode.TYPE_OF[request.type] if request.type else None
        return pb.CountBookmarksResponse(count=await self._bookmarks.count(call.require_caller(), type_))

    async def BatchSaveBookmarks(
        self, request: pb.BatchSaveBookmarksRequest, call: Call
    ) -> pb.BatchSaveBookmarksResponse:
        """Save many."""
        targets = encode.to_targets(request.targets)
        collection = UUID(request.collection_id) if request.collection_id else None
        words = Words(request.note, tuple(request.tags), collection)
        wanted = [each for each in targets if each]
        saved, ids = await self._bookmarks.save_many(call.require_caller(), wanted, words)
        results = []
        for sent, each in zip(request.targets, targets, strict=True):
            target = each and target_of(each)
            id_ = ids.get(target) if target else None
            results.append(
                Result(target=sent, outcome=_outcome(target, saved, ids), bookmark_id=str(id_) if id_ else None)
            )
        return pb.BatchSaveBookmarksResponse(
            results=results, saved_count=len(saved), already_saved_count=len(ids.keys() - saved)
        )

    async def BatchRemoveBookmarks(
        self, request: pb.BatchRemoveBookmarksRequest, call: Call
    ) -> pb.BatchRemoveBookmarksResponse:
        """Remove many."""
        ids = [UUID(id_) for id_ in request.ids]
        targets = _those(encode.to_targets(request.targets))
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


def _those(targets: Sequence[Wanted | None]) -> list[Target]:
    """Those that are any."""
    return [target_of(each) for each in targets if each]


def _outcome(target: Target | None, saved: AbstractSet[Target], ids: Mapping[Target, UUID]) -> Result.Outcome:
    if target is None:
        return Result.OUTCOME_INVALID
    if target not in ids:
        return Result.OUTCOME_NOT_FOUND
    return Result.OUTCOME_SAVED if target in saved else Result.OUTCOME_ALREADY_SAVED
