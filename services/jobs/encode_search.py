"""Between the wire format of searches and the domain."""

from dataclasses import replace

from cairn.jobs.v1 import jobs_pb2, results_pb2, search_pb2
from chassis.times import from_time, to_time
from services.jobs.domain_search import DEFAULT_LIMIT, Found, Hit, Kept, MatchedBy, Mode, ModeReason, Ranked, Wanted

MODES = {Mode.HYBRID: results_pb2.SearchResult.MODE_HYBRID, Mode.TEXT: results_pb2.SearchResult.MODE_TEXT}
MATCHES = {
    MatchedBy.TEXT: results_pb2.Hit.MATCHED_BY_TEXT,
    MatchedBy.VECTOR: results_pb2.Hit.MATCHED_BY_VECTOR,
    MatchedBy.BOTH: results_pb2.Hit.MATCHED_BY_BOTH,
}
MODES_BY_NUMBER = {number: mode for mode, number in MODES.items()}
MATCHES_BY_NUMBER = {number: match for match, number in MATCHES.items()}


def to_wanted(request: search_pb2.SearchRequest | search_pb2.StartSearchRequest) -> Wanted:
    """What is searched for."""
    return Wanted(
        query=request.query,
        limit=request.limit if request.HasField("limit") else DEFAULT_LIMIT,
        conversation_id=request.conversation_id if request.HasField("conversation_id") else None,
        author_id=request.author_id if request.HasField("author_id") else None,
        role=int(request.role) if request.HasField("role") else None,
        from_time=to_time(request.from_time) if request.HasField("from_time") else None,
        to_time=to_time(request.to_time) if request.HasField("to_time") else None,
    )


def to_input(request: search_pb2.StartSearchRequest) -> bytes:
    """A search as a job keeps it: the same bytes for the same search."""
    asked = search_pb2.StartSearchRequest()
    asked.CopyFrom(request)
    asked.ClearField("request_id")
    return asked.SerializeToString(deterministic=True)


def from_input(data: bytes) -> Wanted:
    """A search from the input of a job."""
    return to_wanted(search_pb2.StartSearchRequest.FromString(data))


def from_found(found: Found) -> results_pb2.SearchResult:
    """What was found."""
    return results_pb2.SearchResult(
        results=[_hit(hit) for hit in found.hits],
        mode=MODES[found.mode],
        mode_reason=found.reason.value,
        unembedded_count=found.unembedded,
    )


def to_result(found: Found) -> bytes:
    """What was found, as a job tells it."""
    return jobs_pb2.Result(search=from_found(found)).SerializeToString()


def to_kept(found: Found) -> bytes:
    """What was found, as a job keeps it."""
    ranked = [
        results_pb2.Hit(message_id=hit.message_id, score=hit.score, matched_by=MATCHES[hit.matched_by])
        for hit in found.hits
    ]
    whole = from_found(replace(found, hits=[]))
    whole.results.extend(ranked)
    return jobs_pb2.Result(search=whole).SerializeToString()


def from_kept(data: bytes) -> Kept:
    """What a job has kept. A worker of a newer version may have words of its own."""
    kept = jobs_pb2.Result.FromString(data).search
    reason = ModeReason(kept.mode_reason) if kept.mode_reason in list(ModeReason) else ModeReason.NONE
    ranked = [
        Ranked(hit.message_id, hit.score, MATCHES_BY_NUMBER.get(hit.matched_by, MatchedBy.TEXT)) for hit in kept.results
    ]
    return Kept(ranked, MODES_BY_NUMBER.get(kept.mode, Mode.HYBRID), reason, kept.unembedded_count)


def _hit(hit: Hit) -> results_pb2.Hit:
    return results_pb2.Hit(
        conversation_id=hit.conversation_id,
        message_id=hit.message_id,
        content=hit.content,
        content_start=hit.content_start,
        truncated=hit.truncated,
        score=hit.score,
        author_id=hit.author_id,
        sent_time=from_time(hit.sent_time),
        highlights=[results_pb2.Highlight(start=each.start, end=each.end) for each in hit.highlights],
        matched_by=MATCHES[hit.matched_by],
    )
