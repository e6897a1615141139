"""What people say and where they are, end to end: statuses, Do-Not-Disturb, devices, all of it watched as events."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import httpx

from tests.system.workspace import PRESENCE, WATCH, Person, Workspace

Event = dict[str, Any]
# The gateway says something at least every fifteen.
SECONDS = 5.0
ABSENT = {
    "emoji": "",
    "text": "",
    "statusExpiresTime": None,
    "dnd": False,
    "dndUntilTime": None,
    "online": "offline",
    "lastActiveTime": None,
}


class Watching:
    """A stream of events, as a browser reads it."""

    def __init__(self, answer: httpx.Response) -> None:
        """Not yet read."""
        self._lines = answer.iter_lines()
        self.last_id = ""

    def next(self) -> Event:
        """The next event: its data, under the name and the id that it came with."""
        give_up = time.monotonic() + SECONDS
        fields: dict[str, str] = {}
        for line in self._lines:
            assert time.monotonic() < give_up, "nothing came"
            name, _, value = line.partition(": ")
            if not line and fields:
                break
            if name:
                fields[name] = value
        self.last_id = fields.get("id", self.last_id)
        event: Event = json.loads(fields["data"])
        assert (event["event"], event["resumeToken"]) == (fields["event"], fields.get("id", ""))
        return event

    def snapshot(self) -> dict[str, Event]:
        """The people of the snapshot, up to where it is complete."""
        events: list[Event] = []
        while not events or events[-1]["event"] != "ready":
            events.append(self.next())
        assert {event["event"] for event in events[:-1]} <= {"snapshot"}
        return {event["presence"]["userId"]: event["presence"] for event in events[:-1]}

    def until(self, true: Callable[[Event], object]) -> Event:
        """The first change of a person of which this is true."""
        while True:
            event = self.next()
            assert event["event"] == "change"
            if true(event["presence"]):
                person: Event = event["presence"]
                return person


@contextmanager
def watching(person: Person, *users: str, after: str = "", device: str = "") -> Iterator[Watching]:
    """A stream, not yet read; `after` is the id of the last event of an earlier one."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    params = {"userIds": list(users)} | ({"deviceId": [device]} if device else {})
    with person.http.stream("GET", WATCH, params=params, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        yield Watching(answer)


def set_status(person: Person, **status: Any) -> Event:
    """Set a status: one's own, whole."""
    answer = person.http.put(f"{PRESENCE}/status", json=status)
    assert answer.status_code == 200, answer.text
    own: Event = answer.json()["data"]
    return own


def seen(person: Person, user: str) -> Event:
    """Somebody, as a person sees them."""
    answer = person.http.get(f"{PRESENCE}/users/{user}/status")
    assert answer.status_code == 200, answer.text
    data: Event = answer.json()["data"]
    return data


def test_a_status_is_watched_from_its_beginning_to_its_end(ann: Person, bob: Person) -> None:
    with watching(bob, "ann", "eve") as stream:
        assert stream.snapshot() == {"ann": {"userId": "ann", **ABSENT}, "eve": {"userId": "eve", **ABSENT}}
        set_status(ann, preset="focusing", expiresIn="1h")
        assert stream.until(lambda seen: seen["text"])["emoji"] == "🎯"
        claim = set_status(ann, emoji="🍵", text="Tea", expiresIn="1s", dnd=True)["effective"]
        change = stream.until(lambda seen: seen["text"] == "Tea")
        assert change == seen(bob, "ann")
        assert change["statusExpiresTime"] == change["dndUntilTime"] == claim["expiresTime"]
        assert stream.until(lambda seen: not seen["text"]) == seen(bob, "ann") == {"userId": "ann", **ABSENT}


def test_the_last_event_id_resumes(ann: Person, bob: Person, eve: Person) -> None:
    set_status(eve, text="Reading")
    with watching(bob, "ann", "eve") as stream:
        assert stream.snapshot()["eve"]["text"] == "Reading"
        set_status(ann, text="One")
        stream.until(lambda seen: seen["text"] == "One")
    set_status(ann, text="Two")
    with watching(bob, "ann", "eve", after=stream.last_id) as again:
        assert again.snapshot() == {}
        assert again.until(lambda seen: seen["text"] != "One")["text"] == "Two"
    for after in ("nonsense", "0123456789ab:7:0123456789ab"):
        with watching(bob, "ann", "eve", after=after) as fresh:
            assert [each["text"] for each in fresh.snapshot().values()] == ["Two", "Reading"]


def test_the_whole_workspace_line_by_line(ann: Person, bob: Person) -> None:
    set_status(ann, text="Tea")
    with bob.http.stream("GET", WATCH, headers={"Accept": "application/x-ndjson"}) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = (json.loads(line) for line in answer.iter_lines() if line)
        people = [event["presence"] for event in takewhile(lambda event: event["event"] == "snapshot", lines)]
        assert {each["userId"]: each["text"] for each in people} == {"ann": "Tea", "bob": ""}
        set_status(ann, text="Cake")
        assert next(lines)["presence"]["text"] == "Cake"


def test_a_claim_of_a_service_shows_over_the_persons_own(workspace: Workspace, ann: Person, bob: Person) -> None:
    set_status(ann, text="Writing")
    calendar = workspace.service("ann")
    call = {"priority": 90, "text": "In a call", "dnd": True}
    assert calendar.put(f"{PRESENCE}/claims/call", json=call).status_code == 200
    assert (seen(bob, "ann")["text"], seen(bob, "ann")["dnd"]) == ("In a call", True)
    assert [claim["id"] for claim in set_status(ann, text="Editing")["claims"]] == ["call", "manual"]
    assert calendar.delete(f"{PRESENCE}/claims/call").status_code == 204
    assert (seen(bob, "ann")["text"], seen(bob, "ann")["dnd"]) == ("Editing", False)


def test_senders_are_told_whom_to_leave_alone(workspace: Workspace, ann: Person, bob: Person) -> None:
    until = ann.http.put(f"{PRESENCE}/dnd", json={"snoozeFor": "30m"}).json()["data"]["activeUntilTime"]
    set_status(bob, dnd=True)

    def ask(kind: str) -> list[tuple[str, str, str | None]]:
        body = {"recipientIds": ["ann", "bob", "eve"], "senderId": "eve", "kind": kind}
        decisions = workspace.service().post(f"{PRESENCE}/should-notify", json=body).json()["data"]["decisions"]
        assert all(each["notify"] == (each["reason"] in ("not_disturbed", "urgent")) for each in decisions)
        return [(each["recipientId"], each["reason"], each["heldUntilTime"]) for each in decisions]

    assert ask("message") == [("ann", "snoozed", until), ("bob", "status", None), ("eve", "not_disturbed", None)]
    assert [reason for _, reason, _ in ask("urgent")] == ["urgent"] * 3


def test_who_holds_a_stream_is_there_on_that_device(ann: Person, bob: Person) -> None:
    with watching(bob, "ann") as stream:
        assert stream.snapshot()["ann"]["online"] == "offline"
        with watching(ann, "bob", device="browser") as own:
            own.snapshot()
            assert stream.until(lambda seen: seen["online"] != "offline")["online"] == "active"
            beat = ann.http.post(f"{PRESENCE}/heartbeat", json={"deviceId": "phone", "state": "away"})
            assert beat.json()["data"]["online"] == "active"
    ids = {"userIds": ["eve", "ann"]}
    people = bob.http.post(f"{PRESENCE}/users/batch-get", json=ids).json()["data"]["people"]
    assert [(each["userId"], each["online"] == "offline") for each in people] == [("eve", True), ("ann", False)]


def test_a_deleted_person_leaves_nothing_behind(workspace: Workspace, ann: Person, bob: Person) -> None:
    set_status(ann, text="Tea")
    workspace.feed({"userDeleted": {"id": "ann"}})
    assert seen(bob, "ann")["text"] == ""
    assert ann.http.get(f"{PRESENCE}/recents").json()["data"] == []


def test_workspaces_do_not_see_each_other(workspace: Workspace, ann: Person) -> None:
    elsewhere = Workspace(workspace.stack, f"{workspace.name}-2", workspace.open).person("bob")
    with watching(elsewhere, "ann") as stream:
        stream.snapshot()
        set_status(ann, text="Not for you")
        set_status(elsewhere, text="Mine")
    assert seen(elsewhere, "ann") == {"userId": "ann", **ABSENT}
