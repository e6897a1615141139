"""HTTP as clients and proxies expect it: statuses, headers, caching, browsers from elsewhere, limits."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from cli.stack.processes import PROCESSES
from cli.stack.supervisor import Supervisor
from tests.conftest import Stack
from tests.system.workspace import BOOKMARKS, COLLECTIONS, JOBS, NOTHING, WATCH, Person, Workspace

M1 = {"target": {"messageId": "m1"}}
ORIGIN = "https://chat.example.com"
FEW = 5
MISSING = f"{BOOKMARKS}/01998a2e-0000-7000-8000-000000000000"


def test_created_then_there_already(ann: Person) -> None:
    created = ann.http.post(BOOKMARKS, json=M1)
    assert (created.status_code, created.json()["data"]["alreadySaved"]) == (201, False)
    again = ann.http.post(BOOKMARKS, json={**M1, "note": "ignored"})
    assert (again.status_code, again.json()["data"]["alreadySaved"]) == (200, True)
    assert "location" not in again.headers
    found = ann.http.get(created.headers["location"])
    assert found.json()["data"] == created.json()["data"]["bookmark"] == again.json()["data"]["bookmark"]
    collection = ann.http.post(COLLECTIONS, json={"name": "Plans"})
    assert collection.status_code == 201
    assert ann.http.get(collection.headers["location"]).json()["data"]["name"] == "Plans"


def test_deleted_has_no_body(ann: Person) -> None:
    deleted = ann.http.delete(ann.http.post(BOOKMARKS, json=M1).headers["location"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers


def test_etags_guard_changes(ann: Person) -> None:
    created = ann.http.post(BOOKMARKS, json=M1)
    path, first = created.headers["location"], created.headers["etag"]
    changed = ann.http.patch(path, json={"note": "one"}, headers={"If-Match": first})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first
    for method, body in (("PATCH", {"note": "two"}), ("DELETE", None)):
        late = ann.http.request(method, path, json=body, headers={"If-Match": first})
        assert (late.status_code, late.json()["error"]["reason"]) == (412, "ETAG_MISMATCH")
    again = ann.http.get(path, headers={"If-None-Match": changed.headers["etag"]})
    assert (again.status_code, again.json()["data"]["note"]) == (200, "one")
    assert ann.http.delete(path, headers={"If-Match": changed.headers["etag"]}).status_code == 204


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (BOOKMARKS, "GET, HEAD, OPTIONS, POST"),
        (MISSING, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        (f"{BOOKMARKS}/toggle", "OPTIONS, POST"),
        ("/api/v1/feed", "OPTIONS, POST"),
        (WATCH, "GET, OPTIONS"),
        (f"{JOBS}/{NOTHING}", "DELETE, GET, HEAD, OPTIONS"),
        (f"{JOBS}/{NOTHING}/events", "GET, OPTIONS"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_methods_that_are_not_there(ann: Person, path: str, methods: str) -> None:
    refused = ann.http.put(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)
    assert refused.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


def logged(workspace: Workspace, request_id: str) -> str:
    """All that is in the logs, once the service has told of this request there: it answers first."""
    folder: Path = workspace.stack.settings.data_dir
    give_up = time.monotonic() + 10
    while request_id not in (folder / "bookmarks.log").read_text():
        assert time.monotonic() < give_up, request_id
        time.sleep(0.02)
    return "".join((folder / f"{process.name}.log").read_text() for process in PROCESSES)


def test_request_ids_go_in_and_out(workspace: Workspace, ann: Person) -> None:
    sent = {"X-Request-Id": "click-42"}
    assert ann.http.get(BOOKMARKS, headers=sent).headers["x-request-id"] == "click-42"
    refused = ann.http.get(MISSING, headers=sent)
    assert refused.headers["x-request-id"] == refused.json()["error"]["requestId"] == "click-42"
    made = [ann.http.get(MISSING, headers={"X-Request-Id": bad}) for bad in ("", "two words", "x" * 129)]
    ids = {answer.json()["error"]["requestId"] for answer in made}
    assert len(ids) == 3
    assert {answer.headers["x-request-id"] for answer in made} == ids
    for id_ in (*ids, "click-42"):
        logged(workspace, id_)


def test_logs_hold_neither_what_people_wrote_nor_how_they_sign_in(workspace: Workspace, ann: Person) -> None:
    ann.save({"messageId": "m1"}, note="between us", tags=["private"])
    ann.saved(text="lighthouse")
    ann.http.post(BOOKMARKS, json={"target": {"messageId": "m1\0"}, "note": "between us"})
    text = logged(workspace, ann.http.get(BOOKMARKS).headers["x-request-id"])
    token = ann.http.headers["authorization"].partition(" ")[2]
    for secret in ("between us", "lighthouse opens", "private", token, token.rpartition(".")[2]):
        assert secret not in text


def test_health_and_documentation_need_no_credential(workspace: Workspace) -> None:
    anybody = workspace.client()
    assert anybody.get("/healthz").json()["status"] == "ok"
    upstreams = dict.fromkeys(("bookmarks", "presence", "jobs"), "serving")
    assert anybody.get("/readyz").json() == {"status": "ready", "upstreams": upstreams}
    page = anybody.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="http' not in page.text
    document = anybody.get("/openapi.json").content
    assert b"/api/v1/bookmarks" in document
    assert b"/api/v1/presence/watch" in document
    assert b"/api/v1/actions/search" in document


def test_answers_are_for_one_person_and_no_page(ann: Person) -> None:
    headers = ann.http.get(BOOKMARKS).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in ann.http.get(BOOKMARKS, headers={"Origin": ORIGIN}).headers


@pytest.fixture(scope="module")
def strict(stack: Stack, supervisor: Supervisor, free_port: Callable[[], int]) -> Stack:
    """The same Cairn behind a second gateway: few requests a minute, and pages of one origin may call."""
    rules = {"CAIRN_USER_RATE_LIMIT": FEW, "CAIRN_ADDRESS_RATE_LIMIT": FEW, "CAIRN_CORS_ORIGINS": ORIGIN}
    port = free_port()
    environ = {**stack.environ, **{name: str(value) for name, value in rules.items()}, "CAIRN_GATEWAY_PORT": str(port)}
    settings = replace(stack.settings, gateway_port=port)
    gateway = next(process for process in PROCESSES if process.name == "gateway")
    supervisor.start(replace(gateway.program(environ), log=settings.data_dir / "strict-gateway.log"))
    supervisor.wait_for(partial(gateway.ready, settings))
    return Stack(settings.gateway_url, settings, environ)


@pytest.fixture
def behind_strict(workspace: Workspace, strict: Stack) -> Workspace:
    """The workspace, as it is seen through the strict gateway."""
    return replace(workspace, stack=strict)


def test_pages_of_an_allowed_origin_may_call(behind_strict: Workspace) -> None:
    anybody = behind_strict.client({"Origin": ORIGIN})
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
    preflight = anybody.options(MISSING, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert {"authorization", "if-match"} <= set(preflight.headers["access-control-allow-headers"].split(", "))
    actual = behind_strict.person("ann").http.get(MISSING, headers={"Origin": ORIGIN})
    assert (actual.status_code, actual.headers["access-control-allow-origin"]) == (404, ORIGIN)
    assert "etag" in actual.headers["access-control-expose-headers"]
    other = behind_strict.person("ann").http.get(MISSING, headers={"Origin": "https://elsewhere.example.com"})
    assert "access-control-allow-origin" not in other.headers
    assert other.headers["vary"] == "origin"


def test_e19_too_many_requests(behind_strict: Workspace) -> None:
    ann, bob = behind_strict.person("ann").http, behind_strict.person("bob").http
    answers = [ann.get(f"{BOOKMARKS}/count") for _ in range(FEW + 1)]
    assert [answer.status_code for answer in answers] == [200] * FEW + [429]
    left = [int(answer.headers["ratelimit-remaining"]) for answer in answers]
    assert left == [*range(FEW - 1, -1, -1), 0]
    refused = answers[-1]
    assert refused.headers["ratelimit-limit"] == str(FEW)
    assert 1 <= int(refused.headers["retry-after"]) <= 60 / FEW
    assert (refused.json()["error"]["code"], refused.json()["error"]["reason"]) == ("RATE_LIMIT", "RATE_LIMITED")
    assert bob.get(f"{BOOKMARKS}/count").status_code == 200


def test_e19_an_address_without_a_credential_has_its_own_limit(behind_strict: Workspace) -> None:
    anybody = behind_strict.client({"Authorization": "Bearer guessed"})
    statuses = [anybody.get(f"{BOOKMARKS}/count").status_code for _ in range(FEW + 1)]
    assert statuses[-1] == 429
    assert set(statuses) == {401, 429}
    # Being asked whether one is well is never too much.
    assert [anybody.get("/healthz").status_code for _ in range(2 * FEW)] == [200] * 2 * FEW
    assert behind_strict.person("eve").http.get(f"{BOOKMARKS}/count").status_code == 200
