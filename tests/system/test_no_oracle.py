"""H16: what belongs to somebody else cannot be told from what does not exist, nor who hides from who is not there."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.system.workspace import (
    ADMIN,
    BOOKMARKS,
    COLLECTIONS,
    JOBS,
    PRESENCE,
    SEARCH,
    UNLIMITED,
    Person,
    Workspace,
)

REQUEST_ID = {"X-Request-Id": "the-same-for-both"}
# Ids as long as those that exist, so that not even a length differs.
MISSING = {"m1": "m8", "m3": "m9", "f1": "f8", "f2": "f9", "f3": "f0"}
TARGETS: dict[str, Callable[[str], dict[str, str]]] = {
    "m": lambda id_: {"messageId": id_},
    "f": lambda id_: {"fileId": id_},
}


def told(answer: httpx.Response, id_: str) -> tuple[int, bytes, dict[str, str]]:
    """All that an answer tells, apart from the id that was asked for and what time does."""
    changing = ("date", "ratelimit-remaining", "ratelimit-reset")
    headers = {name: value for name, value in answer.headers.items() if name not in changing}
    return answer.status_code, answer.content.replace(id_.encode(), b"*"), headers


def assert_same(call: Callable[[str], httpx.Response], foreign: str, missing: str) -> httpx.Response:
    """Both ids get the same answer, byte for byte; returns the one for the foreign id."""
    answer = call(foreign)
    assert told(answer, foreign) == told(call(missing), missing)
    return answer


@pytest.mark.parametrize("operation", ["", "/toggle", "/check", "/batch-save", "/batch-remove"])
@pytest.mark.parametrize("id_", MISSING)
def test_foreign_targets(ann: Person, bob: Person, eve: Person, operation: str, id_: str) -> None:
    owner = bob if id_ == "f3" else ann
    target = TARGETS[id_[0]]
    owner.save(target(id_), note="secret")

    def call(asked: str) -> httpx.Response:
        one: dict[str, Any] = {"target": target(asked)}
        body = one if operation in ("", "/toggle") else {"targets": [target(asked)]}
        return eve.http.post(f"{BOOKMARKS}{operation}", json=body, headers=REQUEST_ID)

    answer = assert_same(call, id_, MISSING[id_])
    assert answer.status_code == (404 if operation in ("", "/toggle") else 200)
    assert eve.count() == 0
    assert owner.count() == 1


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("PATCH", {"note": "mine"}), ("DELETE", None), ("HEAD", None)]
)
def test_foreign_bookmarks(ann: Person, bob: Person, method: str, body: dict[str, str] | None) -> None:
    id_ = ann.save({"messageId": "m1"})["id"]

    def call(asked: str) -> httpx.Response:
        return bob.http.request(method, f"{BOOKMARKS}/{asked}", json=body, headers=REQUEST_ID)

    assert assert_same(call, id_, str(uuid4())).status_code == 404
    assert ann.saved()[0]["note"] is None


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None), ("HEAD", None)]
)
def test_foreign_collections(ann: Person, bob: Person, method: str, body: dict[str, str] | None) -> None:
    id_ = ann.collection("Plans")["id"]

    def call(asked: str) -> httpx.Response:
        return bob.http.request(method, f"{COLLECTIONS}/{asked}", json=body, headers=REQUEST_ID)

    assert assert_same(call, id_, str(uuid4())).status_code == 404
    assert ann.http.get(f"{COLLECTIONS}/{id_}").json()["data"]["name"] == "Plans"


def test_foreign_collections_named_in_a_request(ann: Person, bob: Person) -> None:
    id_ = ann.collection("Plans")["id"]
    own = bob.save({"messageId": "m1"})["id"]
    target = {"messageId": "m2"}
    calls: list[Callable[[str], httpx.Response]] = [
        lambda at: bob.http.post(BOOKMARKS, json={"target": target, "collectionId": at}, headers=REQUEST_ID),
        lambda at: bob.http.patch(f"{BOOKMARKS}/{own}", json={"collectionId": at}, headers=REQUEST_ID),
        lambda at: bob.http.post(
            f"{BOOKMARKS}/batch-save", json={"targets": [target], "collectionId": at}, headers=REQUEST_ID
        ),
        lambda at: bob.http.get(BOOKMARKS, params={"collectionId": at}, headers=REQUEST_ID),
    ]
    statuses = [assert_same(call, id_, str(uuid4())).status_code for call in calls]
    assert statuses == [404, 404, 404, 200]
    assert bob.count() == 1


def test_removing_by_id_what_is_somebody_elses(ann: Person, bob: Person) -> None:
    id_ = ann.save({"messageId": "m1"})["id"]

    def call(asked: str) -> httpx.Response:
        return bob.http.post(f"{BOOKMARKS}/batch-remove", json={"ids": [asked]}, headers=REQUEST_ID)

    assert assert_same(call, id_, str(uuid4())).json()["data"] == {"removedCount": 0}
    assert ann.count() == 1


@pytest.mark.parametrize(
    ("method", "below"), [("GET", ""), ("HEAD", ""), ("DELETE", ""), ("POST", "/retry"), ("GET", "/events")]
)
def test_foreign_jobs(workspace: Workspace, ann: Person, bob: Person, method: str, below: str) -> None:
    id_ = workspace.dead_letter("ann")
    before = ann.http.get(f"{JOBS}/{id_}").json()

    def call(asked: str) -> httpx.Response:
        return bob.http.request(method, f"{JOBS}/{asked}{below}", headers=REQUEST_ID)

    assert assert_same(call, id_, str(uuid4())).status_code == 404
    assert ann.http.get(f"{JOBS}/{id_}").json() == before


MEMORIES, TRANSCRIPTS, JOB_INFOS, INTERVIEWS = (
    f"/api/v1/{name}" for name in ("memories", "transcripts", "job-infos", "interviews")
)
JOB_INFO = {"name": "Keeper", "description": "Lamps.", "experienceLevel": "junior"}


@pytest.fixture
def private(workspace: Workspace, ann: Person) -> dict[str, str]:
    """Paths to what Ann has that only she sees."""
    planned = workspace.person("ann", UNLIMITED).http
    info = ann.http.post(JOB_INFOS, json=JOB_INFO).json()["data"]["id"]
    job = planned.post(INTERVIEWS, json={"jobInfoId": info}).json()["data"]["id"]
    done = ann.http.get(f"{JOBS}/{job}", params={"wait": "20s"}).json()["data"]
    ids = {MEMORIES: workspace.memory("ann"), TRANSCRIPTS: workspace.transcript("ann"), JOB_INFOS: info}
    return {**ids, INTERVIEWS: done["result"]["interview"]["interviewId"]}


def test_what_somebody_else_had_done(workspace: Workspace, ann: Person, private: dict[str, str]) -> None:
    changes = {JOB_INFOS: {"name": "mine"}, INTERVIEWS: {"duration": "90s"}}
    bob = workspace.person("bob", UNLIMITED).http
    for path, id_ in private.items():
        before = ann.http.get(f"{path}/{id_}").json()
        calls: list[tuple[str, str, Any]] = [("GET", "", None), ("HEAD", "", None), ("DELETE", "", None)]
        calls += [("PATCH", "", changes[path])] if path in changes else []
        calls += [("GET", "/export?format=srt", None)] if path == TRANSCRIPTS else []
        for method, below, body in calls:

            def call(asked: str, method: str = method, rest: str = below, path: str = path, body: Any = body) -> Any:
                return bob.request(method, f"{path}/{asked}{rest}", json=body, headers=REQUEST_ID)

            assert assert_same(call, id_, str(uuid4())).status_code == 404, (method, path)
        assert before["status"] == "success"
        assert ann.http.get(f"{path}/{id_}").json() == before


@pytest.mark.parametrize("operation", ["list", "start"])
def test_interviews_about_what_somebody_else_described(
    workspace: Workspace, private: dict[str, str], operation: str
) -> None:
    bob = workspace.person("bob", UNLIMITED).http

    def call(asked: str) -> httpx.Response:
        wanted = {"jobInfoId": asked}
        if operation == "list":
            return bob.get(INTERVIEWS, params=wanted, headers=REQUEST_ID)
        return bob.post(INTERVIEWS, json=wanted, headers=REQUEST_ID)

    assert assert_same(call, private[JOB_INFOS], str(uuid4())).status_code == 404
    assert bob.get(f"{INTERVIEWS}/allowance").json()["data"]["tokensLeft"] == 12


CONVERSATIONS: dict[str, Callable[[httpx.Client, str], httpx.Response]] = {
    "named": lambda http, id_: http.get(f"/api/v1/conversations/{id_}"),
    "titles": lambda http, id_: http.post("/api/v1/actions/titles/generate", json={"conversationId": id_}),
    "memories": lambda http, id_: http.post("/api/v1/actions/memories/extract", json={"conversationId": id_}),
    "transcripts": lambda http, id_: http.get(TRANSCRIPTS, params={"conversationId": id_}),
    "transcribe": lambda http, id_: http.post(
        "/api/v1/actions/transcribe", json={"conversationId": id_, "audioUrl": "https://example.com/a.ogg"}
    ),
    "upload": lambda http, id_: http.post(
        "/api/v1/actions/transcribe", data={"conversationId": id_}, files={"file": b"sound"}
    ),
}


@pytest.mark.parametrize("operation", CONVERSATIONS)
def test_conversations_of_others(eve: Person, operation: str) -> None:
    eve.http.headers.update(REQUEST_ID)
    answer = assert_same(lambda asked: CONVERSATIONS[operation](eve.http, asked), "general", "missing")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "CONVERSATION_NOT_FOUND")
    assert eve.http.get(JOBS).json()["data"] == []


@pytest.mark.parametrize(("method", "below"), [("POST", "/redrive"), ("DELETE", "")])
def test_dead_letters_of_another_workspace(workspace: Workspace, method: str, below: str) -> None:
    id_ = workspace.dead_letter("ann")
    elsewhere = Workspace(workspace.stack, f"{workspace.name}-2", workspace.open).service()

    def call(asked: str) -> httpx.Response:
        return elsewhere.request(method, f"{ADMIN}/dead-letters/{asked}{below}", headers=REQUEST_ID)

    assert assert_same(call, id_, str(uuid4())).status_code == (404 if below else 204)
    [letter] = workspace.service().get(f"{ADMIN}/dead-letters").json()["data"]
    assert letter["data"]["job"]["id"] == id_


def test_a_search_does_not_tell_of_other_conversations(ann: Person, bob: Person, eve: Person) -> None:
    def call(asked: str) -> httpx.Response:
        return eve.http.get(SEARCH, params={"query": "lighthouse", "conversationId": asked}, headers=REQUEST_ID)

    assert assert_same(call, "general", "missing").json()["data"]["results"] == []
    for member in (ann, bob):
        found = member.http.get(SEARCH, params={"query": "lighthouse", "conversationId": "general"}).json()
        assert found["data"]["results"]


def test_who_hides_is_as_if_not_there(ann: Person, bob: Person) -> None:
    ann.http.put(f"{PRESENCE}/visibility", json={"invisible": True})
    ann.http.post(f"{PRESENCE}/heartbeat", json={"deviceId": "phone"})

    def one(asked: str) -> httpx.Response:
        return bob.http.get(f"{PRESENCE}/users/{asked}/status", headers=REQUEST_ID)

    def many(asked: str) -> httpx.Response:
        body = {"userIds": [asked, "eve"]}
        return bob.http.post(f"{PRESENCE}/users/batch-get", json=body, headers=REQUEST_ID)

    for call in (one, many):
        assert assert_same(call, "ann", "nix").status_code == 200
    assert ann.http.get(f"{PRESENCE}/users/ann/status").json()["data"]["online"] == "active"
