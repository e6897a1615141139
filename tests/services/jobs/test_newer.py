"""What workers of a newer version write is read by older replicas, which leave out what they do not know."""

from cairn.jobs.v1 import jobs_pb2, results_pb2
from services.jobs import encode_search
from services.jobs.domain import Progress
from services.jobs.domain_search import Kept, MatchedBy, Mode, ModeReason, Ranked
from tests.services.jobs.stage import Stage


async def test_progress_that_says_more_is_progress(stage: Stage) -> None:
    claimed = await stage.running()
    newer = '{"current": 1, "total": 2, "message": "", "step": "", "unit": "bytes"}'
    await stage.sql("update jobs.jobs set progress = cast($1 as text)::jsonb", newer)
    assert (await stage.job(claimed.id)).progress == Progress(1, 2)


def test_words_of_a_newer_search_are_no_mistake() -> None:
    hit = results_pb2.Hit(message_id="1", score=0.5, matched_by=77)  # type: ignore[arg-type]
    newer = results_pb2.SearchResult(results=[hit], mode=78, mode_reason="MOON", unembedded_count=3)  # type: ignore[arg-type]
    read = encode_search.from_kept(jobs_pb2.Result(search=newer).SerializeToString())
    assert read == Kept([Ranked("1", 0.5, MatchedBy.TEXT)], Mode.HYBRID, ModeReason.NONE, 3)
