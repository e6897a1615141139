"""What people do with saved items, end to end: BOOK-01 to BOOK-05, H13, H14, H16 and the words they write."""

from typing import Any

import pytest

from tests.system.workspace import BOOKMARKS, CHAT, COLLECTIONS, Person, Workspace, file, joins, leaves, message

M1, M3 = {"messageId": "m1"}, {"messageId": "m3"}
F1, F2 = {"fileId": "f1"}, {"fileId": "f2"}


def test_book_01_save_a_message(ann: Person) -> None:
    assert ann.page()["data"] == []
    assert ann.count() == 0
    saved = ann.save(M1)
    assert saved["type"] == "message"
    assert saved["message"]["preview"] == "The lighthouse opens in June"
    assert saved["message"]["author"] == {"id": "bob", "name": "Bob"}
    assert (saved["note"], saved["tags"], saved["collectionId"], saved["dueTime"]) == (None, [], None, None)
    assert ann.saved() == [saved]
    assert ann.count() == 1


def test_book_02_save_a_file(ann: Person, bob: Person) -> None:
    attached, loose = ann.save(F1), ann.save(F2)
    assert attached["file"]["name"] == "floor-plan.pdf"
    assert attached["file"]["sizeBytes"] == "1234"
    assert attached["message"]["id"] == "m1"
    assert loose["message"] is None
    # A file that was uploaded and not yet sent is its uploader's alone.
    refused = bob.http.post(BOOKMARKS, json={"target": F2})
    assert (refused.status_code, refused.json()["error"]["reason"]) == (404, "TARGET_NOT_FOUND")


def test_book_03_list_newest_first_page_by_page(ann: Person) -> None:
    saved = [ann.save(target)["id"] for target in (M1, F1, M3, F2)]
    first = ann.page(pageSize=3)
    assert first["page"]["totalSize"] == 4
    rest = ann.page(pageSize=3, pageToken=first["page"]["nextPageToken"])
    assert [item["sys"]["id"] for item in (*first["data"], *rest["data"])] == saved[::-1]
    assert rest["page"]["nextPageToken"] == ""
    assert [item["type"] for item in ann.saved(type="file")] == ["file", "file"]
    assert [item["id"] for item in ann.saved(text="LIGHTHOUSE")] == [saved[1], saved[0]]
    assert [item["id"] for item in ann.saved(text="budget")] == [saved[3]]


def test_book_04_remove(ann: Person, bob: Person) -> None:
    path = f"{BOOKMARKS}/{ann.save(M1)['id']}"
    assert bob.http.delete(path).status_code == 404
    assert ann.count() == 1
    assert ann.http.delete(path).status_code == 204
    assert ann.http.delete(path).status_code == 404
    assert ann.http.delete(path, params={"allowMissing": True}).status_code == 204
    assert ann.saved() == []


def test_book_05_every_item_says_where_to_jump(ann: Person) -> None:
    for target in (M1, M3, F1, {"fileId": "f3"}):
        ann.save(target)
    places = [(item["message"]["id"], item["message"]["conversation"]) for item in ann.saved()]
    channel = {"id": "general", "kind": "channel", "name": "General"}
    dm = {"id": "dm", "kind": "dm", "name": ""}
    assert places == [("m3", dm), ("m1", channel), ("m3", dm), ("m1", channel)]


def test_a_click_on_the_star_saves_and_removes(ann: Person) -> None:
    clicks = [ann.http.post(f"{BOOKMARKS}/toggle", json={"target": M1}).json()["data"] for _ in range(3)]
    assert [click["bookmarked"] for click in clicks] == [True, False, True]
    answer = ann.http.post(f"{BOOKMARKS}/check", json={"targets": [M1, F1]}).json()["data"]["results"]
    assert [result["bookmarked"] for result in answer] == [True, False]
    assert answer[0]["bookmarkId"] == clicks[2]["bookmark"]["id"]


@pytest.mark.parametrize("target", [M1, F1])
@pytest.mark.parametrize("change", [{"messageDeleted": {"id": "m1"}}, {"conversationDeleted": {"id": "general"}}])
def test_h13_deleted_content_leaves_no_byte(
    workspace: Workspace, ann: Person, target: dict[str, str], change: dict[str, Any]
) -> None:
    saved = ann.save(target, note="mine")
    workspace.feed(change)
    for answer in (ann.http.get(BOOKMARKS), ann.http.get(f"{BOOKMARKS}/{saved['id']}")):
        assert b"lighthouse" not in answer.content
        assert b"floor-plan" not in answer.content
        assert b"Bob" not in answer.content
    [tombstone] = ann.saved()
    assert (tombstone["available"], tombstone["unavailableReason"]) == (False, "deleted")
    assert (tombstone["message"], tombstone["file"], tombstone["note"]) == (None, None, "mine")
    assert ann.saved(text="lighthouse") == []
    assert ann.http.delete(f"{BOOKMARKS}/{saved['id']}").status_code == 204


@pytest.mark.parametrize("target", [M1, F1])
def test_h14_lost_access_withholds_until_it_comes_back(
    workspace: Workspace, ann: Person, target: dict[str, str]
) -> None:
    before = ann.save(target)
    workspace.feed(leaves("general", "ann"))
    answer = ann.http.get(BOOKMARKS)
    assert b"lighthouse" not in answer.content
    assert b"floor-plan" not in answer.content
    [tombstone] = ann.saved()
    assert tombstone["unavailableReason"] == "access_lost"
    assert ann.saved(available=True) == []
    assert ann.http.post(BOOKMARKS, json={"target": {"messageId": "m2"}}).status_code == 404
    workspace.feed(*joins("general", "ann"))
    assert ann.saved() == [before]


def test_h14_what_is_lost_can_be_removed(workspace: Workspace, ann: Person) -> None:
    by_id, _, _ = ann.save(M1), ann.save(F1), ann.save({"messageId": "m2"})
    workspace.feed(leaves("general", "ann"))
    assert ann.http.delete(f"{BOOKMARKS}/{by_id['id']}").status_code == 204
    assert not ann.http.post(f"{BOOKMARKS}/toggle", json={"target": F1}).json()["data"]["bookmarked"]
    removed = ann.http.post(f"{BOOKMARKS}/batch-remove", json={"targets": [{"messageId": "m2"}]})
    assert removed.json()["data"]["removedCount"] == 1
    assert ann.count() == 0


def test_h14_ones_own_file_does_not_betray_the_message_it_hangs_on(workspace: Workspace, bob: Person) -> None:
    workspace.feed(file("f4", "bob", "map.pdf", "m2"))
    bob.save({"fileId": "f4"})
    assert len(bob.saved(text="torch")) == 1
    workspace.feed(leaves("general", "bob"))
    [seen] = bob.saved(text="map")
    assert (seen["available"], seen["message"]) == (True, None)
    assert bob.saved(text="torch") == []


def test_an_edit_and_a_deletion_that_come_late_change_nothing(workspace: Workspace, ann: Person) -> None:
    ann.save(M1)
    edit = {**message("m1", "general", "bob", "It opens in July"), "occurredAt": "2126-01-01T00:00:00Z"}
    refused = workspace.service().post("/api/v1/feed", json={"changes": [edit]})
    assert refused.json()["error"]["reason"] == "OCCURRED_IN_FUTURE"
    late = {**message("m1", "general", "bob", "It never opens"), "occurredAt": "2020-01-01T00:00:00Z"}
    workspace.feed(late, {"messageDeleted": {"id": "m1"}, "occurredAt": "2020-01-01T00:00:00Z"})
    assert ann.saved()[0]["message"]["preview"] == "The lighthouse opens in June"


def test_a_deleted_person_leaves_nothing_behind(workspace: Workspace, ann: Person, bob: Person) -> None:
    ann.save(M1)
    bob.save(M1)
    bob.collection("Plans")
    workspace.feed({"userDeleted": {"id": "bob"}})
    assert bob.page()["page"]["totalSize"] == bob.count() == 0
    assert bob.http.get(COLLECTIONS).json()["data"] == []
    assert ann.saved()[0]["message"]["author"] == {"id": "bob", "name": ""}


def test_workspaces_do_not_see_each_other(workspace: Workspace, ann: Person) -> None:
    saved = ann.save(M1)
    elsewhere = Workspace(workspace.stack, f"{workspace.name}-2", workspace.open)
    namesake = elsewhere.person("ann")
    assert namesake.saved() == []
    assert namesake.http.get(f"{BOOKMARKS}/{saved['id']}").status_code == 404
    assert namesake.http.post(BOOKMARKS, json={"target": M1}).status_code == 404
    elsewhere.feed(*CHAT, file("f9", "ann", "other.pdf"))
    assert namesake.save(M1)["id"] != saved["id"]
    assert ann.count() == 1


def test_notes_tags_and_collections(ann: Person) -> None:
    plans = ann.collection("Plans")
    saved = ann.save(M1, note="for June", tags=[" Opening ", "opening", "Gate"], collectionId=plans["id"])
    assert saved["tags"] == ["gate", "opening"]
    path = f"{BOOKMARKS}/{saved['id']}"
    changed = ann.http.patch(path, json={"note": None, "addTags": ["later"], "removeTags": ["gate"], "state": "done"})
    data = changed.json()["data"]
    assert (data["note"], data["tags"], data["state"]) == (None, ["later", "opening"], "done")
    assert data["collectionId"] == plans["id"]
    assert [item["id"] for item in ann.saved(tags="LATER", collectionId=plans["id"], state="done")] == [saved["id"]]
    assert ann.saved(tags="gate") == []
    assert ann.http.get(f"{COLLECTIONS}/{plans['id']}").json()["data"]["bookmarkCount"] == 1
    assert ann.http.patch(f"{COLLECTIONS}/{plans['id']}", json={"name": "Trips"}).json()["data"]["name"] == "Trips"
    assert ann.http.delete(f"{COLLECTIONS}/{plans['id']}").status_code == 204
    assert ann.saved()[0]["collectionId"] is None


def test_many_at_once_pass_over_what_is_not_to_be_seen(ann: Person) -> None:
    ann.save(M1)
    targets = [M1, M3, {"fileId": "f2"}, {"messageId": "nope"}]
    data = ann.http.post(f"{BOOKMARKS}/batch-save", json={"targets": targets}).json()["data"]
    assert [result["outcome"] for result in data["results"]] == ["already_saved", "saved", "saved", "not_found"]
    assert (data["savedCount"], data["alreadySavedCount"]) == (2, 1)
    ids = [result["bookmarkId"] for result in data["results"][:2]]
    data = ann.http.post(f"{BOOKMARKS}/batch-remove", json={"ids": ids, "targets": targets}).json()["data"]
    assert data["removedCount"] == 3
    assert ann.count() == 0
