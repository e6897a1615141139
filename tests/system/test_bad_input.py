"""Requests that make no sense get a 400 that names what is wrong, from wherever it is found out."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tests.system.workspace import (
    BOOKMARKS,
    COLLECTIONS,
    FEED,
    JOBS,
    PRESENCE,
    SEARCH,
    SENT_AT,
    START_SEARCH,
    WATCH,
    Person,
    Workspace,
)

TARGET = {"messageId": "m1"}
SAVE = {"target": TARGET}
JSON = {"Content-Type": "application/json"}
KEY, LONG_KEY = {"Idempotency-Key": "b"}, {"Idempotency-Key": "x" * 129}


@dataclass(frozen=True)
class Bad:
    """A bad request, and the field that the answer names."""

    id: str
    method: str
    path: str
    named: str
    request: dict[str, Any] = field(default_factory=dict)


def save(name: str, named: str, **body: Any) -> Bad:
    """A save that is refused."""
    return Bad(f"save-{name}", "POST", BOOKMARKS, named, {"json": {"target": TARGET, **body}})


def list_(name: str, named: str, **params: Any) -> Bad:
    """A list that is refused."""
    return Bad(f"list-{name}", "GET", BOOKMARKS, named, {"params": params})


def status(name: str, named: str, **body: Any) -> Bad:
    """A status that is refused."""
    return Bad(f"status-{name}", "PUT", f"{PRESENCE}/status", named, {"json": body})


def dnd(name: str, named: str, **body: Any) -> Bad:
    """Settings of Do-Not-Disturb that are refused."""
    return Bad(f"dnd-{name}", "PUT", f"{PRESENCE}/dnd", named, {"json": body})


def search(name: str, named: str, **asked: Any) -> list[Bad]:
    """A search that is refused, as a job and as a call."""
    job = Bad(f"search-{name}", "POST", START_SEARCH, named, {"json": asked})
    return [job, Bad(f"search-{name}-at-once", "GET", SEARCH, named, {"params": asked})]


def feed(name: str, named: str, change: Any) -> Bad:
    """A batch of changes that is refused for its second one."""
    good = {"user": {"id": "zoe", "displayName": "Zoe"}}
    return Bad(f"feed-{name}", "POST", FEED, f"changes[1]{named}", {"json": {"changes": [good, change]}})


CASES = [
    save("both-targets", "target.fileId", target={"messageId": "m1", "fileId": "f1"}),
    save("no-target", "target", target=None),
    save("empty-target", "target", target={}),
    save("empty-id", "target", target={"messageId": ""}),
    save("long-id", "target.messageId", target={"messageId": "m" * 129}),
    save("number-for-id", "target.messageId", target={"messageId": 7}),
    save("nul", "target.messageId", target={"messageId": "m\0"}),
    save("text-for-object", "target", target="m1"),
    save("unknown-field", "color", color="red"),
    save("unknown-nested-field", "target.url", target={"url": "x"}),
    save("long-note", "note", note="x" * 2001),
    save("nul-in-note", "note", note="a\0b"),
    save("tags-not-a-list", "tags", tags="one"),
    save("many-tags", "tags", tags=[f"tag-{number}" for number in range(21)]),
    save("long-tag", "tags[1]", tags=["short", "x" * 65]),
    save("wrong-uuid", "collectionId", collectionId="x"),
    save("no-time", "dueTime", dueTime="tomorrow"),
    save("time-without-zone", "dueTime", dueTime="2026-05-04T09:30:00"),
    save("time-before-1970", "dueTime", dueTime="1969-12-31T23:59:59Z"),
    list_("unknown-enum", "type", type="sticker"),
    list_("unknown-state", "state", state="lost"),
    list_("unknown-parameter", "sort", sort="asc"),
    list_("size-no-number", "pageSize", pageSize="many"),
    list_("size-negative", "pageSize", pageSize=-1),
    list_("size-too-large-for-int32", "pageSize", pageSize=2**31),
    list_("wrong-uuid", "collectionId", collectionId="x"),
    list_("no-bool", "available", available="maybe"),
    list_("nul", "text", text="a\0"),
    list_("long-text", "text", text="x" * 201),
    list_("given-twice", "type", type=["file", "message"]),
    list_("altered-token", "pageToken", pageToken="WzFd.c2lnbmF0dXJl"),
    list_("long-token", "pageToken", pageToken="x" * 1025),
    Bad("count-enum", "GET", f"{BOOKMARKS}/count", "type", {"params": {"type": "sticker"}}),
    Bad("check-many", "POST", f"{BOOKMARKS}/check", "targets", {"json": {"targets": [TARGET] * 501}}),
    Bad("check-third", "POST", f"{BOOKMARKS}/check", "targets[2]", {"json": {"targets": [TARGET, TARGET, {}]}}),
    Bad("batch-save-none", "POST", f"{BOOKMARKS}/batch-save", "targets", {"json": {"targets": []}}),
    Bad("batch-save-many", "POST", f"{BOOKMARKS}/batch-save", "targets", {"json": {"targets": [TARGET] * 101}}),
    Bad("batch-remove-none", "POST", f"{BOOKMARKS}/batch-remove", "", {"json": {}}),
    Bad("batch-remove-uuid", "POST", f"{BOOKMARKS}/batch-remove", "ids[1]", {"json": {"ids": [str(uuid4()), "x"]}}),
    Bad("update-enum", "PATCH", f"{BOOKMARKS}/{uuid4()}", "state", {"json": {"state": "lost"}}),
    Bad("update-read-only", "PATCH", f"{BOOKMARKS}/{uuid4()}", "createTime", {"json": {"createTime": SENT_AT}}),
    Bad("update-id", "PATCH", f"{BOOKMARKS}/{uuid4()}", "id", {"json": {"id": str(uuid4())}}),
    Bad("collection-blank", "POST", COLLECTIONS, "name", {"json": {"name": " "}}),
    Bad("collection-long", "POST", COLLECTIONS, "name", {"json": {"name": "x" * 101}}),
    Bad("two-keys", "POST", f"{BOOKMARKS}/toggle", "requestId", {"json": {**SAVE, "requestId": "a"}, "headers": KEY}),
    Bad("long-key", "POST", f"{BOOKMARKS}/toggle", "requestId", {"json": SAVE, "headers": LONG_KEY}),
    status("nothing", "text"),
    status("two-emoji", "emoji", emoji="🎯🍵"),
    status("letter-for-emoji", "emoji", emoji="x"),
    status("long-text", "text", text="x" * 101),
    status("unknown-preset", "preset", preset="party"),
    status("two-ends", "expires", text="Tea", expiresIn="1h", expires="today"),
    status("past-end", "expiresTime", text="Tea", expiresTime=SENT_AT.replace("2026", "2020")),
    status("no-time", "expiresTime", text="Tea", expiresTime="NaN"),
    status("year-10000", "expiresTime", text="Tea", expiresTime="10000-01-01T00:00:00Z"),
    status("no-length", "expiresIn", text="Tea", expiresIn="soon"),
    status("long-length", "expiresIn", text="Tea", expiresIn="367d"),
    status("unknown-end", "expires", text="Tea", expires="tomorrow"),
    status("unknown-zone", "timeZone", text="Tea", expires="today", timeZone="Mars/North"),
    dnd("two-snoozes", "snoozeIndefinitely", snoozeFor="1h", snoozeIndefinitely=True),
    dnd("no-day", "schedule[0].days", schedule=[{"days": [], "start": "22:00", "end": "07:00"}], timeZone="UTC"),
    dnd("no-hour", "schedule[0].end", schedule=[{"days": ["monday"], "start": "22:00", "end": "24:00"}]),
    dnd("no-zone", "timeZone", schedule=[{"days": ["monday"], "start": "22:00", "end": "07:00"}]),
    Bad("people-none", "POST", f"{PRESENCE}/users/batch-get", "userIds", {"json": {"userIds": []}}),
    Bad("people-many", "POST", f"{PRESENCE}/users/batch-get", "userIds", {"json": {"userIds": ["ann"] * 1001}}),
    Bad("watch-many", "GET", WATCH, "userIds", {"params": {"userIds": ["ann"] * 1001}}),
    Bad("watch-parameter", "GET", WATCH, "color", {"params": {"color": "red"}}),
    Bad("beat-of-nothing", "POST", f"{PRESENCE}/heartbeat", "deviceId", {"json": {"state": "active"}}),
    Bad("beat-unknown", "POST", f"{PRESENCE}/heartbeat", "state", {"json": {"deviceId": "phone", "state": "asleep"}}),
    *search("empty", "query", query=""),
    *search("long", "query", query="x" * 501),
    *search("nul", "query", query="a\0b"),
    *search("no-limit", "limit", query="x", limit=0),
    *search("large-limit", "limit", query="x", limit=101),
    *search("half-limit", "limit", query="x", limit=1.5),
    *search("unknown-role", "role", query="x", role="owner"),
    Bad("jobs-status", "GET", JOBS, "status", {"params": {"status": "lost"}}),
    Bad("job-wait", "GET", f"{JOBS}/{uuid4()}", "wait", {"params": {"wait": "31s"}}),
    Bad("job-retry-key", "POST", f"{JOBS}/{uuid4()}/retry", "requestId", {"headers": LONG_KEY}),
    Bad("job-token", "GET", f"{JOBS}/{uuid4()}/events", "resumeToken", {"headers": {"Last-Event-ID": "x" * 65}}),
    feed("nothing", ".fact", {}),
    feed("two-facts", ".messageDeleted", {"messageDeleted": {"id": "m1"}, "user": {"id": "zoe"}}),
    feed("no-time", ".message.sentAt", {"message": {"id": "m", "conversationId": "c", "authorId": "a"}}),
    feed("unknown-kind", ".conversation.kind", {"conversation": {"id": "c", "kind": "forum"}}),
    feed("nul", ".user.displayName", {"user": {"id": "zoe", "displayName": "Z\0"}}),
    feed(
        "long-text",
        ".message.text",
        {"message": {"id": "m", "conversationId": "c", "authorId": "a", "sentAt": SENT_AT, "text": "x" * 100_001}},
    ),
]


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.id)
def test_the_field_is_named(workspace: Workspace, bad: Bad) -> None:
    client = workspace.service() if bad.path == FEED else workspace.person("ann").http
    answer = client.request(bad.method, bad.path, **bad.request)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert bad.named in [detail["field"] for detail in error["details"]], error


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"target": {"messageId": "m1"}', "MALFORMED_BODY"),
        (b'{"target": {"messageId": "\xff\xfe"}}', "MALFORMED_BODY"),
        (b'{"target": {"messageId": "\\ud800"}}', "MALFORMED_BODY"),
        (b"{'target': 1}", "MALFORMED_BODY"),
        (b'{"target": {}, "target": {"messageId": "m1"}}', "MALFORMED_BODY"),
        (b'{"note": NaN}', "MALFORMED_BODY"),
        (b"[" * 100_000, "MALFORMED_BODY"),
        (b"[]", "VALIDATION_FAILED"),
        (b'"m1"', "VALIDATION_FAILED"),
        (b"null", "VALIDATION_FAILED"),
    ],
)
def test_what_is_no_json_object_of_ours(ann: Person, content: bytes, reason: str) -> None:
    answer = ann.http.post(BOOKMARKS, content=content, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, reason)


def test_a_body_that_is_too_large(workspace: Workspace, ann: Person) -> None:
    def stream() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    sent: list[dict[str, Any]] = [{"content": b" " * (1 << 20) + b"{}"}, {"content": stream()}]
    for request in sent:
        answer = ann.http.post(BOOKMARKS, headers=JSON, **request)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    # Batches of the feed are larger; beyond the limit of a batch it is the count that is wrong.
    changes = [{"user": {"id": f"user-{number}", "displayName": "x" * 200}} for number in range(6000)]
    answer = workspace.service().post(FEED, json={"changes": changes})
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "changes")


def test_a_body_that_is_not_said_to_be_json(ann: Person) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = ann.http.post(BOOKMARKS, content=b'{"target":{"messageId":"m1"}}', headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", ["%ff", "%00", "%2e%2e", "a%2Fb", "%C3%28", "count%00"])
def test_paths_that_name_nothing(ann: Person, path: str) -> None:
    answer = ann.http.get(f"{BOOKMARKS}/{path}")
    assert answer.status_code in (400, 404)


def test_a_page_token_is_good_for_one_person_and_one_list(ann: Person, bob: Person) -> None:
    for target in ({"messageId": "m1"}, {"messageId": "m2"}, {"messageId": "m3"}):
        ann.save(target)
        bob.save(target)
    token = ann.page(pageSize=1)["page"]["nextPageToken"]
    assert len(ann.saved(pageToken=token)) == 2
    assert len(ann.saved(pageToken=token, pageSize=1)) == 1
    tries = [(bob, {}), (ann, {"type": "message"}), (ann, {"text": "e"}), (ann, {"state": "open"})]
    answers = [who.http.get(BOOKMARKS, params={"pageToken": token, **more}) for who, more in tries]
    answers.append(ann.http.get(COLLECTIONS, params={"pageToken": token}))
    for answer in answers:
        error = answer.json()["error"]
        assert (answer.status_code, error["reason"]) == (400, "PAGE_TOKEN_INVALID")
        assert error["details"][0]["field"] == "pageToken"


def test_h36_no_error_repeats_what_was_sent(ann: Person) -> None:
    secret = "the-launch-code-is-4471"
    for body in (
        {"note": secret * 100},
        {"target": secret},
        {"target": {"messageId": secret + "\0"}},
        {"tags": secret},
    ):
        answer = ann.http.post(BOOKMARKS, json=body)
        assert answer.status_code == 400
        assert secret not in answer.text
        assert "Traceback" not in answer.text
