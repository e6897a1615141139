"""FeedService, as this service keeps facts."""

from cairn.feed.v1 import feed_pb2 as pb
from chassis.interceptors import Call
from services.jobs import encode_feed
from services.jobs.use_cases_feed import Feed


class FeedServicer:
    """cairn.feed.v1.FeedService."""

    def __init__(self, feed: Feed) -> None:
        """The use case."""
        self._feed = feed

    async def Apply(self, request: pb.ApplyRequest, call: Call) -> pb.ApplyResponse:
        """Take a batch of changes."""
        await self._feed.apply(call.require_caller(), encode_feed.to_facts(request.changes))
        return pb.ApplyResponse(applied_count=len(request.changes))
