"""A link that has a picture, of which a test is the one who looks it up."""

import base64

from tests.system.workspace import ADMIN, BOOKMARKS, Person, Workspace

# Only how a picture begins is looked at.
PNG = b"\x89PNG\r\n\x1a\n"
IMAGE = {
    "kind": "screenshot",
    "data": base64.b64encode(PNG).decode(),
    "mediaType": "image/png",
    "width": 1,
    "height": 1,
}


def pictured(workspace: Workspace, person: Person, job: str) -> str:
    """Its id; the job may report on it."""
    # An address that may not be asked: its own looking up is over at once.
    target = {"url": f"http://10.0.0.1/{job}"}
    id_ = str(person.http.post(BOOKMARKS, json={"target": target}).json()["data"]["bookmark"]["id"])
    person.http.get(f"{BOOKMARKS}/{id_}/events", headers={"Accept": "application/x-ndjson"}, timeout=30)
    service, about = workspace.service("ann"), {"round": 1, "jobId": job}
    assert service.post(f"{ADMIN}/links/{id_}/begin", json=about).is_success
    report = {**about, "step": "screenshot", "state": "done", "image": IMAGE}
    assert service.post(f"{ADMIN}/links/{id_}/report", json=report).is_success
    return id_


def imported(person: Person) -> str:
    """The id of a job that has imported a link."""
    file = {"file": ("links.csv", b"url\nhttp://10.0.0.1/imported\n")}
    answer = person.http.post(f"{BOOKMARKS}/import", files=file)
    person.http.get(answer.headers["location"], params={"wait": "20s"})
    return str(answer.json()["data"]["id"])
