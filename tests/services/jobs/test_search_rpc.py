"""SearchService and FeedService through a real server with the real chain; the job finds what the call finds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest
import uuid_utils.compat
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cairn.feed.v1 import feed_pb2
from cairn.jobs.v1 import jobs_pb2, results_pb2, search_pb2
from chassis import server
from chassis.identity import IdentitySettings
from chassis.limits import Limits
from chassis.server import Served, ServerSettings
from chassis.telemetry import TelemetrySettings
from chassis.watch import Watch
from services.jobs import encode_search
from services.jobs.actions.search import search
from services.jobs.context import Context
from services.jobs.domain import Caps, Claimed, Owner
from services.jobs.domain_search import SEARCH
from services.jobs.servicer_feed import FeedServicer
from services.jobs.servicer_search import SearchServicer
from services.jobs.use_cases import Effects, Jobs, Kinds
from services.jobs.use_cases_feed import Feed
from services.jobs.use_cases_search import Searches
from tests.services.jobs.library import SENT, Library, conversation, membership, message, opened

JWT_SECRET = "a secret for tests, 32 characters"
SERVICE_KEY = "a-key-for-tests-0123456789"
EVERYTHING = search_pb2.SearchRequest(
    query="lunch", limit=5, conversation_id="general", author_id="bob", role=search_pb2.AUTHOR_ROLE_USER
)


@dataclass
class Client:
    """Calls the services, in the workspace of a library."""

    channel: grpc.aio.Channel
    library: Library

    async def ask(self, path: str, request: Any, answer: Any, credential: str) -> Any:
        """The answer to a call."""
        call: Any = self.channel.unary_unary(
            f"/cairn.{path}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        metadata = (("authorization", credential), ("x-cairn-workspace", self.library.workspace))
        return await call(request, metadata=metadata, timeout=30)

    def person(self, user: str) -> str:
        """A token."""
        claims = {"sub": user, "workspace": self.library.workspace, "iss": "cairn", "aud": "cairn"}
        return "Bearer " + jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)

    async def search(self, user: str, request: search_pb2.SearchRequest) -> results_pb2.SearchResult:
        """What is found at once."""
        found: results_pb2.SearchResult = await self.ask(
            "jobs.v1.SearchService/Search", request, results_pb2.SearchResult, self.person(user)
        )
        return found

    async def start(self, user: str, **fields: Any) -> jobs_pb2.Job:
        """A job that searches."""
        request = search_pb2.StartSearchRequest(**fields)
        job: jobs_pb2.Job = await self.ask(
            "jobs.v1.SearchService/StartSearch", request, jobs_pb2.Job, self.person(user)
        )
        return job


@pytest.fixture
async def client(database_url: str, redis_url: str) -> AsyncIterator[Client]:
    """A server, and who calls it."""
    identity = IdentitySettings(jwt_secret=JWT_SECRET, service_keys=(f"feed:{SERVICE_KEY}",))
    config = ServerSettings(redis_url, identity, TelemetrySettings())
    limits = Limits(redis_url, lambda: 0.0)
    async with opened(database_url) as library:
        listening = server.make_server(served(library), server.interceptors(config, limits))
        port = listening.add_insecure_port("127.0.0.1:0")
        await listening.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Client(channel, library)
        await listening.stop(None)
    await limits.aclose()


def served(library: Library) -> list[Served]:
    """The services, wired; nobody works the jobs off."""

    async def ring(_queue: object) -> None:
        pass

    async def latest(_ids: object) -> dict[Any, int]:
        return {}

    effects = Effects(ring, lambda _id, _status: None)
    jobs = Jobs(library.database, Watch(latest), effects, Kinds({SEARCH.name: SEARCH}, Caps()), uuid_utils.compat.uuid7)
    searches = SearchServicer(Searches(library.database, library.model, "english"), jobs)
    feed = FeedServicer(Feed(library.database, lambda: datetime.now(UTC)))
    return [
        Served(search_pb2.DESCRIPTOR.services_by_name["SearchService"], searches),
        Served(feed_pb2.DESCRIPTOR.services_by_name["FeedService"], feed),
    ]


async def fed(client: Client) -> None:
    """A message in a conversation of Ann and Bob, told over the wire."""
    told = (conversation("general"), membership("general", "ann"), message("m1", "Lunch?"), message("m2", "pizza"))
    request = feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**change) for change in told])
    credential = f"Service {SERVICE_KEY}"
    answer = await client.ask("feed.v1.FeedService/Apply", request, feed_pb2.ApplyResponse, credential)
    assert answer.applied_count == len(told)
    await client.library.read()


async def test_a_search_answers_with_whole_hits(client: Client) -> None:
    await fed(client)
    found = await client.search("ann", EVERYTHING)
    assert (found.mode, found.mode_reason, found.unembedded_count) == (results_pb2.SearchResult.MODE_HYBRID, "", 0)
    first, second = found.results
    assert (first.message_id, first.conversation_id, first.author_id, first.content) == (
        "m1",
        "general",
        "bob",
        "Lunch?",
    )
    assert first.sent_time.ToDatetime(UTC) == SENT
    assert [(each.start, each.end) for each in first.highlights] == [(0, 5)]
    assert (first.matched_by, second.matched_by) == (results_pb2.Hit.MATCHED_BY_BOTH, results_pb2.Hit.MATCHED_BY_VECTOR)
    assert first.score > second.score > 0
    assert list((await client.search("eve", EVERYTHING)).results) == []


async def test_the_job_finds_what_the_call_finds(client: Client) -> None:
    await fed(client)
    fields = {field.name: value for field, value in EVERYTHING.ListFields()}
    job = await client.start("ann", **fields)
    assert (job.kind, job.status, job.replayed) == ("search", jobs_pb2.Job.STATUS_PENDING, False)
    (row,) = await client.library.rows("select id, input from jobs.jobs where workspace = :workspace")

    async def write(_report: object) -> bool:
        return True

    owner = Owner(client.library.workspace, "ann")
    claimed = Claimed(row["id"], uuid4(), owner, "search", row["input"], 1, 3, {}, "")
    searches = Searches(client.library.database, client.library.model, "english")
    result = await search(searches).run(row["input"], Context(claimed, write, lambda: None))
    wanted, kept = encode_search.from_input(row["input"]), encode_search.from_kept(result)
    found = encode_search.from_found(await searches.shown(owner, wanted, kept))
    assert found == await client.search("ann", EVERYTHING)


async def test_the_same_request_is_the_same_job(client: Client) -> None:
    first, again = [await client.start("ann", query="lunch", request_id="click") for _ in range(2)]
    assert (first.id, again.replayed) == (again.id, True)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.start("ann", query="dinner", request_id="click")
    assert reason(caught.value) == "IDEMPOTENCY_KEY_REUSED"
    assert (await client.start("bob", query="dinner", request_id="click")).id != first.id


AT = Timestamp(seconds=1_000_000)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"query": "  "}, "SEARCH_INVALID"),
        ({"query": "x", "from_time": AT, "to_time": AT}, "SEARCH_INVALID"),
        ({"query": ""}, "VALIDATION_FAILED"),
        ({"query": "x" * 501}, "VALIDATION_FAILED"),
        ({"query": "x\x00"}, "VALIDATION_FAILED"),
        ({"query": "x", "limit": 0}, "VALIDATION_FAILED"),
        ({"query": "x", "limit": 101}, "VALIDATION_FAILED"),
        ({"query": "x", "role": 0}, "VALIDATION_FAILED"),
        ({"query": "x", "conversation_id": ""}, "VALIDATION_FAILED"),
    ],
    ids=range(9),
)
async def test_a_bad_search_is_refused(client: Client, request_: dict[str, Any], expected: str) -> None:
    for call in (client.search("ann", search_pb2.SearchRequest(**request_)), client.start("ann", **request_)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.INVALID_ARGUMENT, expected)


async def test_nobody_searches_without_saying_who_they_are(client: Client) -> None:
    request, path = search_pb2.SearchRequest(query="x"), "jobs.v1.SearchService/Search"
    for credential in ("", "Bearer x"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.ask(path, request, results_pb2.SearchResult, credential)
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


def reason(error: grpc.aio.AioRpcError) -> str:
    """The word that says why."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        detail.Unpack(info)
    return str(info.reason)
