"""Saved links, end to end: saved at once, looked up behind, shown, put away, taken elsewhere."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from services.jobs.browser import PROGRAMS
from tests.system.workspace import ADMIN, BOOKMARKS, JOBS, NOTHING, Person, Workspace
from tests.web import Web, serving

Data = dict[str, Any]
SECONDS = 60.0
IMPORT, EXPORT, TRASH = f"{BOOKMARKS}/import", f"{BOOKMARKS}/export", f"{BOOKMARKS}/trash"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """Pages that may be looked at."""
    with serving() as web:
        yield web


def looked_up(person: Person, id_: str) -> Data:
    """A link, when all that can be found of it is found: the last that its stream tells."""
    last = ""
    headers = {"Accept": "text/event-stream"}
    with person.http.stream("GET", f"{BOOKMARKS}/{id_}/events", headers=headers, timeout=SECONDS) as answer:
        assert answer.status_code == 200, answer.read()
        for line in answer.iter_lines():
            last = line.removeprefix("data: ") if line.startswith("data: ") else last
    link: Data = json.loads(last)["bookmark"]["link"]
    return link


def saved(person: Person, url: str) -> str:
    """The id of a link that was not saved before; nothing of it is known at once."""
    answer = person.http.post(BOOKMARKS, json={"target": {"url": url}})
    assert answer.status_code == 201, answer.text
    bookmark = answer.json()["data"]["bookmark"]
    assert bookmark["link"]["enrichment"]["state"] == "pending"
    return str(bookmark["id"])


def steps(link: Data) -> dict[str, tuple[str, str]]:
    """How each step went, and why."""
    return {step["name"]: (step["state"], step["reason"]) for step in link["enrichment"]["steps"]}


def imported(person: Person, name: str, content: bytes, dry_run: bool) -> Data:
    """What became of the links of a file."""
    given = {"dryRun": "true" if dry_run else "false"}
    answer = person.http.post(IMPORT, data=given, files={"file": (name, content)})
    assert answer.status_code == 202, answer.text
    job = person.http.get(answer.headers["location"], params={"wait": "20s"}).json()["data"]
    assert job["status"] == "complete", job
    result: Data = job["result"]["linkImport"]
    return result


def urls(person: Person) -> set[str]:
    """The addresses that somebody has saved."""
    return {item["link"]["url"] for item in person.saved(type="link")}


def test_a_link_is_looked_up_and_its_picture_is_for_one_person(ann: Person, bob: Person, web: Web) -> None:
    id_ = saved(ann, f"{web.url}/skerry")
    link = looked_up(ann, id_)
    went = steps(link)
    assert (link["title"], link["description"]) == ("skerry & lamp", "About skerry.")
    assert (went["fetch"], went["image"], went["text"]) == (("done", ""),) * 3, went
    assert "LIGHTHOUSE" in link["text"].upper()
    if any(map(shutil.which, PROGRAMS)):
        assert (went["screenshot"], bool(link["screenshot"])) == (("done", ""), True)
    shown = ann.http.get(link["image"]["path"])
    assert (shown.status_code, shown.headers["content-type"], shown.content[8:12]) == (200, "image/webp", b"WEBP")
    assert shown.headers["cache-control"] == "private, no-cache"
    assert shown.headers["x-content-type-options"] == "nosniff"
    again = ann.http.get(link["image"]["path"], headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in (f"{BOOKMARKS}/{id_}", link["image"]["path"], f"{BOOKMARKS}/{id_}/events"):
        refused, nothing = bob.http.get(path), bob.http.get(path.replace(id_, NOTHING))
        unlike = nothing.json()["error"]["requestId"], refused.json()["error"]["requestId"]
        assert (refused.status_code, refused.text) == (404, nothing.text.replace(*unlike)), path


def test_what_is_saved_is_known_put_away_and_taken_back(ann: Person, web: Web) -> None:
    url = f"{web.url}/missing"
    id_ = saved(ann, url)

    def check() -> Data:
        found: Data = ann.http.get(f"{BOOKMARKS}/check-url", params={"url": f"{url}/?utm_source=x#top"}).json()["data"]
        return found

    assert check() == {"exists": True, "bookmarkId": id_, "trashed": False}
    assert ann.http.post(TRASH, json={"ids": [id_]}).json()["data"]["ids"] == [id_]
    assert (urls(ann), check()) == (set(), {"exists": False, "bookmarkId": id_, "trashed": True})
    assert ann.http.post(f"{TRASH}/restore", json={"ids": [id_]}).json()["data"]["ids"] == [id_]
    assert (urls(ann), check()["exists"]) == ({url}, True)


def test_what_cannot_be_looked_up_is_told_and_is_no_dead_letter(ann: Person, workspace: Workspace, web: Web) -> None:
    wrong = {f"{web.url}/missing": "DOWNLOAD_REFUSED", "http://10.0.0.1/": "ADDRESS_REFUSED"}
    ids = {url: saved(ann, url) for url in wrong}
    for url, reason in wrong.items():
        link = looked_up(ann, ids[url])
        fetched, *rest = steps(link).values()
        assert (link["enrichment"]["state"], fetched) == ("failed", ("failed", reason))
        assert {state for state, _ in rest} == {"skipped"}
        job = ann.http.get(f"{JOBS}/{link['enrichment']['jobId']}", params={"wait": "10s"}).json()["data"]
        assert (job["status"], job["attempt"]) == ("complete", 1)
        letters = workspace.service().get(f"{ADMIN}/dead-letters", params={"pageSize": 100}).json()["data"]
        assert job["id"] not in json.dumps(letters)


@pytest.mark.parametrize("kind", ["json", "csv", "html"])
def test_what_is_exported_is_imported_again(ann: Person, bob: Person, web: Web, kind: str) -> None:
    for number in range(3):
        target = {"url": f"{web.url}/missing-{kind}-{number}?q=a,b&c=%22"}
        ann.save(target, note=f'A "note", {number}\nand more', tags=["later"])
    exported = ann.http.get(EXPORT, params={"format": kind})
    assert exported.status_code == 200
    counts = {"totalCount": 3, "savedCount": 3, "alreadySavedCount": 0, "restoredCount": 0, "invalidCount": 0}
    assert imported(bob, f"a.{kind}", exported.content, dry_run=True) == {**counts, "dryRun": True}
    assert urls(bob) == set()
    assert imported(bob, f"a.{kind}", exported.content, dry_run=False) == {**counts, "dryRun": False}
    assert imported(bob, f"a.{kind}", exported.content, dry_run=False)["alreadySavedCount"] == 3

    def told(person: Person) -> list[tuple[Any, ...]]:
        items = person.saved(type="link")
        # As seconds: browsers write no more of a time.
        return sorted((item["link"]["url"], item["note"], item["tags"], item["createTime"][:19]) for item in items)

    assert told(bob) == told(ann)
