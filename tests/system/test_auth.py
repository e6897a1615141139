"""H37: validation, ownership, absence and credentials, answered by the real services behind the real gateway."""

from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from cli.credentials import Person as Bearer
from cli.credentials import sign
from tests.system.workspace import (
    ADMIN,
    BOOKMARKS,
    FEED,
    JOBS,
    NOTHING,
    PRESENCE,
    SEARCH,
    START_SEARCH,
    WATCH,
    Person,
    Workspace,
)

CHANGES = {"changes": [{"user": {"id": "zoe", "displayName": "Zoe"}}]}


def told(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and reason of an error, in its envelope."""
    body: dict[str, Any] = answer.json()
    error = body["error"]
    assert (body["status"], body["sys"]) == ("error", {"entity": "error"})
    assert set(error) == {"code", "reason", "message", "details", "requestId"}
    return answer.status_code, error["code"], error["reason"]


def test_h37_each_failure_has_its_own_status(ann: Person, bob: Person) -> None:
    foreign = ann.save({"messageId": "m1"})["id"]
    assert told(bob.http.get(f"{BOOKMARKS}/x")) == (400, "VALIDATION_ERROR", "VALIDATION_FAILED")
    assert told(bob.http.get(f"{BOOKMARKS}/{foreign}")) == (404, "NOT_FOUND", "BOOKMARK_NOT_FOUND")
    assert told(bob.http.get(f"{BOOKMARKS}/{NOTHING}")) == (404, "NOT_FOUND", "BOOKMARK_NOT_FOUND")
    assert told(bob.http.post(FEED, json=CHANGES)) == (403, "FORBIDDEN", "SERVICE_ONLY")
    bob.collection("Plans")
    assert told(bob.http.post(f"{BOOKMARKS}/collections", json={"name": "PLANS"})) == (
        409,
        "CONFLICT",
        "COLLECTION_EXISTS",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", BOOKMARKS),
        ("POST", BOOKMARKS),
        ("POST", f"{BOOKMARKS}/toggle"),
        ("GET", f"{BOOKMARKS}/count"),
        ("DELETE", f"{BOOKMARKS}/{NOTHING}"),
        ("GET", f"{PRESENCE}/status"),
        ("DELETE", f"{PRESENCE}/status"),
        ("POST", f"{PRESENCE}/heartbeat"),
        ("POST", f"{PRESENCE}/should-notify"),
        ("GET", WATCH),
        ("GET", SEARCH),
        ("POST", START_SEARCH),
        ("GET", JOBS),
        ("DELETE", f"{JOBS}/{NOTHING}"),
        ("GET", f"{JOBS}/{NOTHING}/events"),
        ("GET", f"{ADMIN}/queue"),
    ],
)
def test_without_a_credential(workspace: Workspace, method: str, path: str) -> None:
    answer = workspace.client().request(method, path)
    assert told(answer) == (401, "UNAUTHORIZED", "CREDENTIALS_REQUIRED")


def test_what_is_for_services_is_for_no_person(ann: Person) -> None:
    for method, path in (("PUT", "claims/call"), ("DELETE", "claims/call"), ("POST", "should-notify")):
        answer = ann.http.request(method, f"{PRESENCE}/{path}", json={})
        assert told(answer) == (403, "FORBIDDEN", "SERVICE_ONLY")


def test_a14_anybody_may_ask_what_they_saved(workspace: Workspace) -> None:
    answer = workspace.client().post(f"{BOOKMARKS}/check", json={"targets": [{"messageId": "m1"}]})
    assert answer.status_code == 200
    [result] = answer.json()["data"]["results"]
    assert (result["bookmarked"], result["bookmarkId"]) == (False, None)


def forged(workspace: Workspace, /, **claims: Any) -> str:
    """Ann's token with other claims; `key` is the secret it is signed with, None takes a claim away."""
    known = workspace.stack.token("ann", workspace.name)
    key = claims.pop("key", workspace.stack.settings.jwt_secret)
    merged = {**jwt.decode(known, options={"verify_signature": False}), **claims}
    return jwt.encode({name: value for name, value in merged.items() if value is not None}, key, "HS256")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1_000_000_000}, "TOKEN_EXPIRED"),
        ({"exp": None}, "CREDENTIALS_INVALID"),
        ({"aud": "another"}, "CREDENTIALS_INVALID"),
        ({"iss": "another"}, "CREDENTIALS_INVALID"),
        ({"sub": None}, "CREDENTIALS_INVALID"),
        ({"workspace": ""}, "CREDENTIALS_INVALID"),
        ({"key": "another secret, just as long as the real one"}, "CREDENTIALS_INVALID"),
    ],
)
def test_tokens_that_do_not_count(workspace: Workspace, claims: dict[str, Any], reason: str) -> None:
    headers = {"Authorization": f"Bearer {forged(workspace, **claims)}"}
    for path in ("/count", "/check"):
        method = "POST" if path == "/check" else "GET"
        answer = workspace.client(headers).request(method, f"{BOOKMARKS}{path}")
        assert told(answer) == (401, "UNAUTHORIZED", reason)


@pytest.mark.parametrize("value", ["Bearer", "Bearer x.y.z", "Basic YTpi", "Service wrong-key", "Service"])
def test_credentials_that_are_none(workspace: Workspace, value: str) -> None:
    headers = {"Authorization": value, "X-Cairn-Workspace": workspace.name, "X-Cairn-User": "ann"}
    assert told(workspace.client(headers).get(f"{BOOKMARKS}/count"))[0] == 401


def test_a_service_acts_for_a_person(workspace: Workspace, ann: Person) -> None:
    ann.save({"messageId": "m1"})
    assert workspace.service("ann").get(f"{BOOKMARKS}/count").json()["data"]["count"] == 1
    assert told(workspace.service().get(f"{BOOKMARKS}/count")) == (401, "UNAUTHORIZED", "USER_REQUIRED")
    lost = workspace.client({"Authorization": workspace.service().headers["Authorization"]})
    assert told(lost.post(FEED, json=CHANGES)) == (401, "UNAUTHORIZED", "WORKSPACE_REQUIRED")


def test_a_person_cannot_become_another(workspace: Workspace, ann: Person) -> None:
    ann.save({"messageId": "m1"})
    eve = workspace.person("eve").http
    eve.headers.update({"X-Cairn-User": "ann", "X-Cairn-Workspace": workspace.name})
    assert eve.get(f"{BOOKMARKS}/count").json()["data"]["count"] == 0


def test_a_token_that_was_good_is_refused_once_it_has_expired(workspace: Workspace) -> None:
    person = Bearer("ann", workspace.name)
    late = sign(workspace.stack.settings, person, timedelta(seconds=-30))
    client = workspace.client({"Authorization": f"Bearer {late}"})
    assert told(client.get(f"{BOOKMARKS}/count")) == (401, "UNAUTHORIZED", "TOKEN_EXPIRED")
