"""The whole walk on a real chat of 5,000 messages, where one lies beside this checkout."""

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.system.workspace import BOOKMARKS, Person, Workspace, file, leaves

CHAT = Path(__file__).parents[3] / "shared" / "data" / "lean-chat.ndjson.gz"
MEMBER = "user-26"
Facts = dict[str, list[dict[str, Any]]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHAT.exists(), reason=f"{CHAT.name} is not beside this checkout"),
]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """What is in the file, by kind."""
    facts: Facts = defaultdict(list)
    with gzip.open(CHAT) as lines:
        for line in lines:
            for kind, fact in json.loads(line).items():
                facts[kind].append(fact)
    return facts


@pytest.fixture
def chat(workspace: Workspace, facts: Facts) -> Iterator[Workspace]:
    """A workspace with all of it, brought in by the command line; gone afterwards, lest the model reads on for long."""
    environ = {**os.environ, **workspace.stack.environ, "CAIRN_URL": workspace.stack.base_url}
    name = f"lean-{uuid4()}"
    command = [str(Path(sys.executable).parent / "cairn"), "feed", "import", str(CHAT), "--workspace", name]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{sum(map(len, facts.values())):,} changes taken.\n"
    chat = Workspace(workspace.stack, name, workspace.open)
    yield chat
    chat.feed(*({"conversationDeleted": {"id": each["id"]}} for each in facts["conversation"]))


@pytest.fixture
def chosen(facts: Facts) -> dict[str, list[str]]:
    """200 messages: the first ones of the three largest conversations that the member reads."""
    read = {each["conversationId"] for each in facts["membership"] if each["userId"] == MEMBER}
    by_conversation: dict[str, list[str]] = {name: [] for name in read}
    for each in facts["message"]:
        if each["conversationId"] in read:
            by_conversation[each["conversationId"]].append(each["id"])
    largest = sorted(by_conversation, key=lambda name: -len(by_conversation[name]))[:3]
    return {name: by_conversation[name][:number] for name, number in zip(largest, (80, 70, 50), strict=True)}


def save_all(member: Person, chosen: dict[str, list[str]]) -> None:
    """Save them, and two files, in batches."""
    targets = [{"messageId": id_} for ids in chosen.values() for id_ in ids]
    targets += [{"fileId": "proof"}, {"fileId": "draft"}]
    for start in range(0, len(targets), 100):
        answer = member.http.post(f"{BOOKMARKS}/batch-save", json={"targets": targets[start : start + 100]})
        assert answer.json()["data"]["savedCount"] == len(targets[start : start + 100])


def read_all(member: Person, **filters: Any) -> list[dict[str, Any]]:
    """A list, page by page."""
    items: list[dict[str, Any]] = []
    token = ""
    while True:
        page = member.page(pageSize=30, pageToken=token, **filters)
        items += [item["data"] for item in page["data"]]
        token = page["page"]["nextPageToken"]
        if not token:
            assert len(items) == page["page"]["totalSize"]
            return items


def test_the_walk(chat: Workspace, chosen: dict[str, list[str]], facts: Facts) -> None:
    member = chat.person(MEMBER)
    left, _, kept = chosen
    chat.feed(file("proof", MEMBER, "proof.lean", chosen[kept][0]), file("draft", MEMBER, "draft.lean"))
    save_all(member, chosen)
    texts = {each["id"]: each["text"] for each in facts["message"]}
    everything = read_all(member)
    assert len({item["id"] for item in everything}) == member.count() == 202
    assert_content(everything, texts)
    word = "tactic"
    matching = [id_ for ids in chosen.values() for id_ in ids if word in texts[id_].lower()]
    found = read_all(member, text=word.upper(), type="message")
    assert sorted(item["target"]["messageId"] for item in found) == sorted(matching)

    gone = chosen[kept][:5]
    chat.feed(leaves(left, MEMBER), *({"messageDeleted": {"id": id_}} for id_ in gone))
    tombstones = read_all(member, available=False)
    assert len(tombstones) == len(chosen[left]) + len(gone) + 1
    assert_hidden(member, tombstones, [texts[id_] for id_ in (*chosen[left], *gone)])
    assert len(read_all(member, available=True)) == 202 - len(tombstones)
    hidden = {*chosen[left], *gone}
    assert len(read_all(member, text=word, type="message")) == len([id_ for id_ in matching if id_ not in hidden])


def assert_content(items: list[dict[str, Any]], texts: dict[str, str]) -> None:
    """Each item shows the beginning of its message, or the name of its file."""
    for item in items:
        if item["type"] == "message":
            text = texts[item["target"]["messageId"]]
            assert item["message"]["preview"] == (text if len(text) <= 80 else f"{text[:80]}...")
            assert item["message"]["author"]["name"].startswith("Member")
        else:
            assert item["file"]["name"] in ("proof.lean", "draft.lean")


def assert_hidden(member: Person, tombstones: list[dict[str, Any]], texts: list[str]) -> None:
    """Not a byte of what was taken away is in any answer, and each tombstone says why."""
    reasons = [item["unavailableReason"] for item in tombstones]
    assert (reasons.count("access_lost"), reasons.count("deleted")) == (80, 6)
    assert all(item["message"] is None and item["file"] is None for item in tombstones)
    content = member.http.get(BOOKMARKS, params={"available": False, "pageSize": 100}).text
    openings = [json.dumps(text[:40], ensure_ascii=False)[1:-1] for text in texts if len(text) > 20]
    assert not [opening for opening in openings if opening in content]
