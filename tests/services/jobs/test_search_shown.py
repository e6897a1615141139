"""What a search that ran as a job shows: what its owner may see at each reading; and of long messages a passage."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from cairn.jobs.v1 import jobs_pb2 as pb
from cairn.jobs.v1 import results_pb2, search_pb2
from services.jobs.actions.search import search
from services.jobs.context import Context
from services.jobs.domain_search import MAX_LIMIT, SEARCH
from services.jobs.store_lease import Done
from services.jobs.store_shown import BEFORE, PASSAGE
from services.jobs.use_cases_search import Searches
from tests.services.jobs.client import Service
from tests.services.jobs.library import Library, conversation, membership, message

ROOMS = itertools.count(1)


@dataclass
class Room:
    """A conversation of Ann and Bob, where they search as jobs and at once."""

    service: Service
    library: Library
    name: str

    def said(self, id_: str, text: str, **more: Any) -> dict[str, Any]:
        """A message here."""
        return message(f"{self.name}-{id_}", text, self.name, **more)

    async def find(self, limit: int = 10, key: str = "") -> UUID:
        """The id of a job that has searched for lunch."""
        job = await self.start(limit, key)
        [claimed] = await self.service.stage.claim(kind=SEARCH, kinds=(SEARCH,))

        async def write(_report: object) -> bool:
            return True

        action = search(Searches(self.library.database, self.library.model, "english"))
        result = await action.run(claimed.input, Context(claimed, write, lambda: None))
        await self.service.stage.finish(claimed, Done(result))
        return UUID(job.id)

    async def start(self, limit: int = 10, key: str = "") -> pb.Job:
        """A job that is to search for lunch, or that the same key has started."""
        wanted = search_pb2.StartSearchRequest(query="lunch", limit=limit, conversation_id=self.name, request_id=key)
        job: pb.Job = await self.service.ask("ann", wanted)
        return job

    async def call(self, limit: int = 10) -> results_pb2.SearchResult:
        """What is found at once."""
        wanted = search_pb2.SearchRequest(query="lunch", limit=limit, conversation_id=self.name)
        found: results_pb2.SearchResult = await self.service.ask("ann", wanted)
        return found

    async def told(self, id_: UUID, key: str) -> list[results_pb2.SearchResult]:
        """What each way to read the job tells of its result."""
        jobs = [await self.service.get(id_), await self.service.get(id_, wait=5), await self.start(key=key)]
        jobs += [event.job for event in await self.service.watch("ann", id_).rest()]
        assert len(jobs) == 5
        return [job.result.search for job in jobs]


@pytest.fixture
async def room(service: Service) -> Room:
    """Nobody has said anything; no model answers, so that searches go by words."""
    library = Library(service.parts.database, workspace="w")
    library.model.away = True
    name = f"room-{next(ROOMS)}"
    await library.feed(conversation(name), membership(name, "ann"), membership(name, "bob"))
    return Room(service, library, name)


async def test_the_job_tells_what_the_call_finds_and_keeps_no_word_of_it(room: Room) -> None:
    await room.library.feed(room.said("1", "Lunch at noon?"), room.said("2", "No <b>lunch</b> today", minutes=1))
    id_ = await room.find(key="same")
    found = await room.call()
    assert sorted(hit.content for hit in found.results) == ["Lunch at noon?", "No <b>lunch</b> today"]
    assert await room.told(id_, "same") == [found] * 5
    [row] = await room.service.stage.sql("select result from jobs.jobs")
    kept = pb.Result.FromString(row["result"]).search
    told = {field.name for hit in kept.results for field, _ in hit.ListFields()}
    assert told == {"message_id", "score", "matched_by"}


GONE = ["left", "message", "conversation", "moved"]


@pytest.mark.parametrize("gone", GONE)
async def test_what_may_no_longer_be_seen_is_not_told(room: Room, gone: str) -> None:
    await room.library.feed(room.said("1", "Lunch at noon?"), room.said("2", "No lunch"))
    id_ = await room.find(key=gone)
    assert [len(each.results) for each in await room.told(id_, gone)] == [2] * 5
    elsewhere = message(f"{room.name}-2", "No lunch", "elsewhere")
    happens: dict[str, dict[str, Any]] = {
        "left": membership(room.name, "ann", removed=True),
        "message": {"message_deleted": {"id": f"{room.name}-2"}},
        "conversation": {"conversation_deleted": {"id": room.name}},
        "moved": elsewhere,
    }
    await room.library.feed(happens[gone])
    left = [] if gone in ("left", "conversation") else [f"{room.name}-1"]
    assert [[hit.message_id for hit in each.results] for each in await room.told(id_, gone)] == [left] * 5


async def test_what_was_changed_is_told_as_it_is_now(room: Room) -> None:
    await room.library.feed(room.said("1", "Lunch at noon?"))
    id_ = await room.find()
    await room.library.feed(room.said("1", "No time for lunch"))
    [hit] = (await room.service.get(id_)).result.search.results
    assert hit.content == "No time for lunch"
    assert [(each.start, each.end) for each in hit.highlights] == [(12, 17)]


LONG = 20_000
# Where the first word that matches begins, and where the passage does.
PLACES = [(0, 0), (500, 0), (8_000, 8_000 - BEFORE), (LONG - 5, LONG - PASSAGE)]


@pytest.mark.parametrize(("at", "start"), PLACES)
async def test_of_a_long_message_a_passage_is_told(room: Room, at: int, start: int) -> None:
    # Characters of four bytes, and tags, which are no words.
    filling = "🍕<b> " * LONG
    text = (filling[:at] + "lunch" + filling[at:])[:LONG]
    await room.library.feed(room.said("1", text))
    id_ = await room.find()
    found = await room.call()
    [hit] = found.results
    assert (hit.content_start, hit.truncated) == (start, True)
    assert hit.content == text[start : start + PASSAGE]
    assert [(each.start, each.end) for each in hit.highlights] == [(at - start, at - start + 5)]
    assert (await room.service.get(id_)).result.search == found


async def test_what_comes_late_in_a_very_long_message_is_not_looked_for(room: Room) -> None:
    # 200,000 characters in all, of ten hits.
    text = "pizza " * 3_333 + "no lunch " + "pizza " * LONG
    await room.library.feed(room.said("1", text))
    for hits in ((await room.call()).results, (await room.service.get(await room.find())).result.search.results):
        assert [(hit.content_start, hit.truncated, list(hit.highlights)) for hit in hits] == [(0, True, [])]
    [hit] = (await room.call(9)).results
    assert [hit.content[each.start : each.end] for each in hit.highlights] == ["lunch"]


async def test_where_nothing_is_long_or_matched_it_begins_at_the_beginning(room: Room) -> None:
    room.library.model.away = False
    await room.library.feed(room.said("1", "lunch " + "x" * (PASSAGE - 6)), room.said("2", "pizza " + "y " * PASSAGE))
    await room.library.read()
    by = {
        hit.message_id[-1]: hit for hit in (await room.library.search("ann", "lunch", conversation_id=room.name)).hits
    }
    assert (by["1"].content_start, by["1"].truncated, len(by["1"].content)) == (0, False, PASSAGE)
    assert (by["2"].content_start, by["2"].truncated, by["2"].highlights) == (0, True, [])
    assert by["2"].content == ("pizza " + "y " * PASSAGE)[:PASSAGE]


async def test_a_hundred_long_messages_are_found_by_both(room: Room) -> None:
    insert = """
        insert into jobs.messages (workspace, id, conversation_id, author_id, text, sent_at, role, deleted, changed_at)
        select 'w', cast(:room as text) || n, :room, 'bob', 'lunch ' || repeat('🍕', 10000), now(), 1, false, now()
        from generate_series(1, :number) n where :workspace <> ''
    """
    await room.library.rows(insert, room=room.name, number=MAX_LIMIT)
    id_ = await room.find(MAX_LIMIT)
    found = await room.call(MAX_LIMIT)
    assert len(found.results) == MAX_LIMIT
    assert {(len(hit.content), hit.truncated) for hit in found.results} == {(PASSAGE, True)}
    job = await room.service.get(id_)
    assert (job.status, job.result.search) == (pb.Job.STATUS_COMPLETE, found)
