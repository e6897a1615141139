"""FeedService, as this service keeps facts."""

from cairn.feed.v1 import feed_pb2 as pb
from chassis.interceptors import Call
from services.presence import encode
from services.presence.use_cases_feed import Feed


class FeedServicer:
    """cairn.feed.v1.FeedService."""

    def __init__(self, feed: Feed) -> None:
        """The use case."""
        self._feed = feed

    async def Apply(self, request: pb.ApplyRequest, call: Call) -> pb.ApplyResponse:
        """Take a batch of changes."""
        deletions, times = encode.to_deletions(request.changes), encode.to_times(request.changes)
        await self._feed.apply(call.require_caller(), deletions, times)
        return pb.ApplyResponse(applied_count=len(request.changes))
