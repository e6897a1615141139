"""MemoriesService through a real server with the real chain: everybody has their own memories, and sees no others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.message import Message

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import memories_pb2 as pb
from services.jobs import store_memories
from services.jobs.domain_memories import Level
from services.jobs.domain_search import MatchedBy, Mode, ModeReason, Wanted
from tests.services.jobs.client import Refusal, Service
from tests.services.jobs.library import Library, conversation, membership
from tests.services.jobs.remembering import Remembering, Words

NOT_FOUND = Refusal(grpc.StatusCode.NOT_FOUND, "MEMORY_NOT_FOUND")
TEXTS = ("I like pizza.", "I work at Acme.", "I prefer kittens.", "The deadline for the talk is 2035-05-20.")

ALL = [
    "User lives in Oslo.",
    "User's deadline for the talk is 2035-05-20.",
    "User prefers kittens.",
    "User works at Acme.",
    "User likes pizza.",
]


@pytest.fixture
async def ann(service: Service) -> Remembering:
    """Ann, in the workspace of the service."""
    await service.stage.sql("delete from jobs.memories where workspace = 'w'")
    await service.stage.sql("delete from jobs.memory_marks where workspace = 'w'")
    await service.stage.sql("delete from jobs.messages where workspace = 'w'")
    return Remembering(Library(service.parts.database, Words(), "w"), datetime.now(UTC))


async def start(service: Service, who: str = "ann", **fields: Any) -> jobs_pb2.Job:
    """A job."""
    job: jobs_pb2.Job = await service.ask(who, pb.StartExtractionRequest(**{"conversation_id": "general", **fields}))
    return job


async def listed(service: Service, who: str = "ann", **filters: Any) -> pb.ListMemoriesResponse:
    """A page of memories."""
    page: pb.ListMemoriesResponse = await service.ask(who, pb.ListMemoriesRequest(**filters))
    return page


async def contents(service: Service, **filters: Any) -> list[str]:
    """What Ann sees."""
    return [memory.content for memory in (await listed(service, **filters)).memories]


def without(refusal: Refusal) -> Refusal:
    """What is the same for all that is missing."""
    return Refusal(refusal.code, refusal.reason)


async def test_a_second_extraction_is_the_same_job_while_the_first_is_unfinished(
    service: Service, ann: Remembering
) -> None:
    await ann.said(*TEXTS)
    first, again = await start(service), await start(service, level=pb.StartExtractionRequest.LEVEL_ACTIVE)
    assert (first.kind, first.replayed, again.id, again.replayed) == ("memory-extraction", False, first.id, True)
    await ann.library.feed(membership("other", "ann"))
    assert (await start(service, conversation_id="other")).id != first.id
    await service.stage.cancel(UUID(first.id))
    assert (await start(service)).id != first.id


async def test_memories_are_listed_by_pages_and_filters(service: Service, ann: Remembering) -> None:
    await ann.said(*TEXTS)
    await ann.extract()
    await ann.said("I live in Oslo.", where="other")
    await ann.extract("other")
    first = await listed(service, page_size=2)
    rest = await listed(service, page_size=3, page_token=first.next_page_token)
    assert [each.content for each in (*first.memories, *rest.memories)] == ALL
    assert (first.memories[1].message_id, rest.next_page_token) == ("m3", "")
    assert await contents(service, category=pb.Memory.CATEGORY_PREFERENCE) == [ALL[2], ALL[4]]
    assert await contents(service, conversation_id="other") == ALL[:1]
    assert await contents(service, min_importance=8) == [ALL[0], ALL[2], ALL[3]]
    refused = await service.refused("bob", pb.ListMemoriesRequest(page_size=2, page_token=first.next_page_token))
    assert refused.reason == "PAGE_TOKEN_INVALID"


async def test_a_memory_is_told_whole(service: Service, ann: Remembering) -> None:
    await ann.said(TEXTS[3])
    await ann.extract()
    [memory] = (await listed(service)).memories
    assert (memory.category, memory.importance, memory.confidence) == (pb.Memory.CATEGORY_PROJECT, 7, 0.8)
    assert memory.expiration_hint == pb.Memory.EXPIRATION_HINT_DEADLINE
    assert memory.expire_time.ToJsonString() == "2035-05-27T00:00:00Z"
    assert memory.create_time.ToDatetime(UTC) == ann.now
    assert (memory.conversation_id, memory.message_id, memory.extractor) == ("general", "m0", "rules")
    assert memory == await service.ask("ann", pb.GetMemoryRequest(memory_id=memory.id))


async def test_nobody_sees_the_memories_of_somebody_else(service: Service, ann: Remembering) -> None:
    await ann.said(*TEXTS)
    await ann.extract()
    await ann.library.feed(conversation("general"))
    [id_, *_] = [memory.id for memory in (await listed(service)).memories]
    for who in ("bob", service.person("ann", "elsewhere")):
        for request in (pb.GetMemoryRequest(memory_id=id_), pb.DeleteMemoryRequest(memory_id=id_)):
            assert without(await service.refused(who, request)) == NOT_FOUND
        refused = await service.refused(who, pb.StartExtractionRequest(conversation_id="general"))
        never = await service.refused(who, pb.StartExtractionRequest(conversation_id="never"))
        assert (refused.reason, refused.told) == ("CONVERSATION_NOT_FOUND", never.told)
        assert not (await service.ask(who, pb.ListMemoriesRequest())).memories
        assert not (await service.ask(who, pb.SearchMemoriesRequest(query="pizza"))).results
        await service.ask(who, pb.DeleteAllMemoriesRequest())
    assert len(await contents(service)) == len(TEXTS)


async def test_what_is_deleted_is_gone(service: Service, ann: Remembering) -> None:
    await ann.said(*TEXTS)
    await ann.extract()
    [id_, *_] = [memory.id for memory in (await listed(service)).memories]
    await service.ask("ann", pb.DeleteMemoryRequest(memory_id=id_))
    assert without(await service.refused("ann", pb.DeleteMemoryRequest(memory_id=id_))) == NOT_FOUND
    assert await contents(service) == ALL[2:]
    await service.ask("ann", pb.DeleteAllMemoriesRequest())
    assert await contents(service) == []
    assert (await ann.extract()).read_count == 0


async def test_without_the_model_memories_are_searched_by_words(service: Service, ann: Remembering) -> None:
    await ann.said(*TEXTS, "I am travelling to a pizza fair.")
    await ann.extract(level=Level.ACTIVE)
    found = await service.ask("ann", pb.SearchMemoriesRequest(query="liking pizzas"))
    assert [each.memory.content for each in found.results] == [ALL[4], "User is travelling to a pizza fair."]
    assert found.results[0].matched_by == results_pb2.Hit.MATCHED_BY_TEXT
    assert (found.mode, found.mode_reason) == (results_pb2.SearchResult.MODE_TEXT, "EMBEDDER_AWAY")
    assert found.results[0].score > found.results[1].score > 0
    sure = await service.ask("ann", pb.SearchMemoriesRequest(query="pizza", min_confidence=0.75))
    assert not sure.results
    assert (await service.refused("ann", pb.SearchMemoriesRequest(query="  "))).reason == "SEARCH_INVALID"


async def test_with_the_model_memories_are_searched_by_meaning_too(ann: Remembering) -> None:
    await ann.said(*TEXTS)
    await ann.extract()
    found = await ann.memories.search(ann.caller(), Wanted("noon", limit=2))
    assert (found.mode, len(found.hits), found.hits[0].matched_by) == (Mode.HYBRID, 2, MatchedBy.VECTOR)
    assert found.hits[0].memory.content == ALL[4]
    ann.library.model = Words("another")
    found = await ann.memories.search(ann.caller(), Wanted("pizza"))
    assert (found.mode, found.reason, len(found.hits)) == (Mode.TEXT, ModeReason.MISSING, 1)


async def test_memories_that_expired_long_ago_are_deleted(service: Service, ann: Remembering) -> None:
    await ann.said("I am travelling this week.", *TEXTS)
    await ann.extract(level=Level.ACTIVE)
    expires = "update jobs.memories set expire_at = now() - $1::interval where hint = 'contextual'"
    for age, left in ((timedelta(days=90) - timedelta(seconds=30), 5), (timedelta(days=90, seconds=1), 4)):
        await service.stage.sql(expires, age)
        await store_memories.forget(service.parts.database, 10)
        assert await service.stage.count("memories") == left
        assert "User is travelling this week." not in await contents(service)


@pytest.mark.parametrize(
    "wrong",
    [
        pb.StartExtractionRequest(),
        pb.StartExtractionRequest(conversation_id="general", level=9),  # type: ignore[arg-type]
        pb.ListMemoriesRequest(min_importance=11),
        pb.ListMemoriesRequest(category=0),  # type: ignore[arg-type]
        pb.SearchMemoriesRequest(query=""),
        pb.SearchMemoriesRequest(query="x", limit=101),
        pb.SearchMemoriesRequest(query="x", min_confidence=1.1),
        pb.GetMemoryRequest(memory_id="x"),
    ],
    ids=range(8),
)
async def test_a_bad_request_is_refused(service: Service, wrong: Message) -> None:
    assert (await service.refused("ann", wrong)).reason == "VALIDATION_FAILED"
