"""What is refused where work is asked for over HTTP."""

import httpx
import pytest

from tests.system.workspace import JOBS, Person

TRANSCRIBE = "/api/v1/actions/transcribe"
MOST = 25 * 1024 * 1024


def upload(person: Person, size: int) -> httpx.Response:
    """The answer to a file of so many bytes."""
    return person.http.post(TRANSCRIBE, files={"file": ("a.wav", bytes(size))})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_nothing_is_fetched_from_this_machine_or_its_network(ann: Person, host: str) -> None:
    url = f"http://{host}:{ann.http.base_url.port}/openapi.json"
    started = ann.http.post(TRANSCRIBE, json={"audioUrl": url})
    assert started.status_code == 202
    job = ann.http.get(f"{JOBS}/{started.json()['data']['id']}", params={"wait": "20s"}).json()["data"]
    assert (job["status"], job["error"]["reason"], job["attempt"]) == ("error", "ADDRESS_REFUSED", 1)
    assert ann.http.get("/api/v1/transcripts").json()["data"] == []


def test_an_upload_may_have_25_mib_and_no_byte_more(ann: Person) -> None:
    refused = upload(ann, MOST + 1)
    assert (refused.status_code, refused.json()["error"]["reason"]) == (413, "FILE_TOO_LARGE")
    assert ann.http.get(JOBS).json()["data"] == []
    assert upload(ann, MOST).status_code == 202
