"""Jobs and search, end to end: what is fed is found, by a call and by a job, which is watched, canceled and retried."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import Stack
from tests.system.workspace import JOBS, SEARCH, START_SEARCH, Person

Data = dict[str, Any]
SECONDS = 20.0
LATER = "2030-01-01T00:00:00Z"
HOLD = "select pg_advisory_lock(hashtextextended('cairn.jobs.interactive', 0))"


def start(person: Person, query: str = "lighthouse", key: str = "", **filters: Any) -> httpx.Response:
    """A search as a job."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = person.http.post(START_SEARCH, json={"query": query, **filters}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer


def ended(person: Person, path: str) -> Data:
    """A job when it has ended."""
    answer = person.http.get(path, params={"wait": "10s"})
    job: Data = answer.json()["data"]
    assert job["endTime"], job
    assert (job["pollDelay"], "retry-after" in answer.headers) == (None, False)
    return job


def events(answer: httpx.Response) -> list[Data]:
    """The events of a stream, to its end; each under the name and the id that it came with."""
    found: list[Data] = []
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif not line and "data" in fields:
            found.append(json.loads(fields["data"]))
            assert (found[-1]["event"], found[-1]["resumeToken"]) == (fields["event"], fields["id"])
            fields = {}
    return found


@contextmanager
def watching(person: Person, path: str, after: str = "") -> Iterator[httpx.Response]:
    """A stream, not yet read."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    with person.http.stream("GET", f"{path}/events", headers=headers, timeout=SECONDS) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        yield answer


@contextmanager
def nobody_claims(stack: Stack) -> Iterator[None]:
    """Jobs stay where they are for a while: whoever would claim one waits."""
    held, release = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(stack.settings.database_url)
        await connection.execute(HOLD)
        held.set()
        await asyncio.to_thread(release.wait, SECONDS)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    try:
        assert held.wait(SECONDS)
        yield
    finally:
        release.set()
        thread.join()


@pytest.fixture
def streams() -> Iterator[ExitStack]:
    """Streams that are open until the end of the test."""
    with ExitStack() as streams:
        yield streams


def patiently(ask: Callable[[], Data]) -> Data:
    """What is found once the model takes part and has read everything: a busy machine may keep it from that."""
    give_up = time.monotonic() + SECONDS
    while (found := ask())["mode"] != "hybrid" or found["unembeddedCount"]:
        assert time.monotonic() < give_up, found
        time.sleep(0.6)  # a person may search 120 times a minute
    return found


def search(person: Person, query: str, **filters: Any) -> Data:
    """What is found at once."""

    def ask() -> Data:
        answer = person.http.get(SEARCH, params={"query": query, **filters})
        assert answer.status_code == 200, answer.text
        found: Data = answer.json()["data"]
        return found

    return patiently(ask)


def search_as_job(person: Person, query: str, **filters: Any) -> Data:
    """What a job finds."""

    def ask() -> Data:
        answer = start(person, query, **filters)
        job = answer.json()["data"]
        assert answer.headers["location"] == f"{JOBS}/{job['id']}"
        assert (answer.headers["retry-after"], answer.json()["sys"]) == ("1", {"entity": "job", "id": job["id"]})
        done = ended(person, answer.headers["location"])
        assert (done["kind"], done["status"], done["attempt"], done["error"]) == ("search", "complete", 1, None)
        found: Data = done["result"]["search"]
        return found

    return patiently(ask)


def test_what_is_fed_is_found_by_words_and_by_meaning(ann: Person) -> None:
    first, *_ = search(ann, "lighthouse")["results"]
    assert first | {"score": 0} == {
        "conversationId": "general",
        "messageId": "m1",
        "content": "The lighthouse opens in June",
        "contentStart": 0,
        "truncated": False,
        "score": 0,
        "authorId": "bob",
        "sentTime": "2026-05-04T09:30:00Z",
        "highlights": [{"start": 4, "end": 14}],
        "matchedBy": "both",
    }
    by_meaning = search(ann, "good wishes for the anniversary of somebody's birth", limit=1)
    assert by_meaning["mode"] == "hybrid"
    [hit] = by_meaning["results"]
    assert (hit["messageId"], hit["matchedBy"], hit["highlights"]) == ("m3", "vector", [])


def test_a_job_finds_what_a_call_finds(ann: Person) -> None:
    filters = {"limit": 2, "conversationId": "general", "authorId": "bob", "role": "user", "toTime": LATER}
    searches: list[tuple[str, Data]] = [("lighthouse", filters), ("torch", {}), ("something else", {})]
    for query, more in searches:
        assert search_as_job(ann, query, **more) == search(ann, query, **more)


def test_h34_who_is_no_member_finds_an_empty_list(ann: Person, eve: Person) -> None:
    found = search(eve, "lighthouse")
    assert found == {"results": [], "mode": "hybrid", "modeReason": "", "unembeddedCount": 0}
    assert search_as_job(eve, "lighthouse") == found
    assert search(ann, "lighthouse", conversationId="elsewhere")["results"] == []


def test_h32_jobs_are_for_those_who_started_them(ann: Person, bob: Person) -> None:
    path = start(ann).headers["location"]
    assert ended(ann, path)["status"] == "complete"
    for method, where in (("GET", path), ("DELETE", path), ("POST", f"{path}/retry"), ("GET", f"{path}/events")):
        answer = bob.http.request(method, where)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "JOB_NOT_FOUND"), where
    assert bob.http.get(JOBS).json()["data"] == []
    assert [item["sys"]["id"] for item in ann.http.get(JOBS).json()["data"]] == [path.rpartition("/")[2]]


def test_a_job_is_watched_to_its_end_and_from_any_event(ann: Person, stack: Stack, streams: ExitStack) -> None:
    with nobody_claims(stack):
        path = start(ann).headers["location"]
        answer = streams.enter_context(watching(ann, path))
    told = events(answer)
    assert [event["event"] for event in told] == ["snapshot", "status", "done"]
    assert [event["job"]["status"] for event in told] == ["pending", "running", "complete"]
    assert told[-1]["job"] == ended(ann, path)
    for place, event in enumerate(told):
        with watching(ann, path, event["resumeToken"]) as answer:
            assert events(answer) == (told[place + 1 :] or told[-1:])
    with ann.http.stream("GET", f"{path}/events", headers={"Accept": "application/x-ndjson"}) as lines:
        assert [json.loads(line)["event"] for line in lines.iter_lines() if line] == ["snapshot", "done"]


def test_a_job_is_canceled_and_started_again(ann: Person, stack: Stack) -> None:
    with nobody_claims(stack):
        path = start(ann).headers["location"]
        assert ann.http.post(f"{path}/retry").json()["error"]["reason"] == "JOB_NOT_RETRYABLE"
        for _ in range(2):
            canceled = ann.http.delete(path)
            assert (canceled.status_code, canceled.content) == (204, b"")
    job = ended(ann, path)
    assert (job["status"], job["startTime"], job["result"], job["attempts"]) == ("canceled", None, None, [])
    again = ann.http.post(f"{path}/retry", headers={"Idempotency-Key": "again"})
    assert (again.status_code, again.headers["retry-after"]) == (202, "1")
    assert again.json()["data"]["retriedFrom"] == job["id"]
    done = ended(ann, again.headers["location"])
    assert done["status"] == "complete"
    refused = ann.http.delete(again.headers["location"])
    assert (refused.status_code, refused.json()["error"]["reason"]) == (400, "JOB_COMPLETE")
    twice = ann.http.post(f"{path}/retry", headers={"Idempotency-Key": "again"})
    assert (twice.json()["data"]["id"], twice.headers["idempotent-replayed"]) == (done["id"], "true")
    assert "retry-after" not in twice.headers


def test_h31_the_same_key_is_the_same_job(ann: Person) -> None:
    first, again = start(ann, key="click"), start(ann, key="click")
    assert first.headers["location"] == again.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert (again.headers["idempotent-replayed"], again.json()["data"]["replayed"]) == ("true", True)
    other = ann.http.post(START_SEARCH, json={"query": "torch"}, headers={"Idempotency-Key": "click"})
    assert (other.status_code, other.json()["error"]["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_list_goes_by_pages_and_filters(ann: Person) -> None:
    paths = [start(ann, f"query {number}").headers["location"] for number in range(3)]
    for path in paths:
        ended(ann, path)
    first = ann.http.get(JOBS, params={"pageSize": 2, "status": "complete", "kind": "search"}).json()
    token = first["page"]["nextPageToken"]
    more = {"pageSize": 2, "status": "complete", "kind": "search", "pageToken": token}
    rest = ann.http.get(JOBS, params=more).json()
    assert [item["sys"]["id"] for item in (*first["data"], *rest["data"])] == [path[-36:] for path in paths[::-1]]
    assert rest["page"] == {"nextPageToken": ""}
    assert ann.http.get(JOBS, params={"pageToken": token}).json()["error"]["reason"] == "PAGE_TOKEN_INVALID"
    assert ann.http.get(JOBS, params={"status": "error"}).json()["data"] == []


def test_who_watches_too_much_is_told_so(ann: Person, stack: Stack, streams: ExitStack) -> None:
    with nobody_claims(stack):
        path = start(ann).headers["location"]
        for _ in range(20):
            streams.enter_context(watching(ann, path))
        refused = ann.http.get(f"{path}/events")
        waits = ann.http.get(path)
    assert waits.headers["retry-after"] == waits.json()["data"]["pollDelay"].rstrip("s")
    assert (refused.status_code, refused.json()["error"]["reason"]) == (429, "TOO_MANY_STREAMS")
