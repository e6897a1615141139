"""What operators see and do through REST, and what a person sees of it: queues, what has ended, and dead letters."""

from uuid import uuid4

from tests.system.workspace import ADMIN, JOBS, Person, Workspace

DEAD = f"{ADMIN}/dead-letters"


def test_a_dead_letter_is_started_again_once(workspace: Workspace, ann: Person) -> None:
    id_, operator = workspace.dead_letter("ann"), workspace.service()
    [listed] = operator.get(DEAD).json()["data"]
    letter = listed["data"]
    assert (letter["job"]["id"], letter["userId"], letter["job"]["error"]["reason"]) == (id_, "ann", "INTERNAL")
    first, again = [operator.post(f"{DEAD}/{id_}/redrive") for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()["data"]) == (200, 200, again.json()["data"])
    new = first.json()["data"]["redrivenAs"]
    assert operator.get(DEAD).json()["data"] == []
    done = ann.http.get(f"{JOBS}/{new}", params={"wait": "10s"}).json()["data"]
    assert (done["status"], done["error"], done["retriedFrom"]) == ("complete", None, id_)
    mine = [item["data"] for item in ann.http.get(JOBS).json()["data"]]
    assert [(job["id"], job["retriedFrom"], job["status"]) for job in mine] == [
        (new, id_, "complete"),
        (id_, None, "error"),
    ]


def test_a_purged_one_is_none_any_more(workspace: Workspace, ann: Person) -> None:
    id_, operator = workspace.dead_letter("ann"), workspace.service()
    for purged in (id_, id_, str(uuid4())):
        answer = operator.delete(f"{DEAD}/{purged}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert operator.get(DEAD).json()["data"] == []
    for missing in (id_, str(uuid4())):
        refused = operator.post(f"{DEAD}/{missing}/redrive")
        assert (refused.status_code, refused.json()["error"]["reason"]) == (404, "JOB_NOT_FOUND")
    for status, ids in (("error", [id_]), ("complete", [])):
        ended = operator.get(f"{ADMIN}/archive", params={"status": status}).json()["data"]
        assert [item["sys"]["id"] for item in ended] == ids
    assert ann.http.get(f"{JOBS}/{id_}").json()["data"]["status"] == "error"


def test_the_queues_are_counted(workspace: Workspace) -> None:
    workspace.dead_letter("ann")
    stats = workspace.service().get(f"{ADMIN}/queue").json()["data"]
    [search] = [kind for kind in stats["kinds"] if kind["kind"] == "search"]
    assert (search["queue"], int(search["deadLetterCount"]) >= 1) == ("interactive", True)
    assert int(stats["messageCount"]) >= 3
