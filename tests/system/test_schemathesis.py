"""schemathesis calls every operation with whatever the document allows, and with what it does not.

No answer may be a server error, have a status, a header or a shape that the document does not tell of, or let anybody
in without a credential. Whether each request was right to be accepted is not asked: a header that a token makes
meaningless may hold anything, and two fields that must agree are beyond a schema.
"""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.system.workspace import BOOKMARKS, FEED, JOBS, WATCH, Person, Workspace

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
IMPORT = "/api/v1/admin/links/import"
SENT = ("Authorization", "X-Cairn-Workspace", "X-Cairn-User")
OPTIONS = (
    "--seed=20260504",
    "--exclude-checks=positive_data_acceptance,negative_data_rejection",
    "--generation-database=none",
    "--warnings=off",
    "--no-color",
)
# A stream has no end: two events are enough, and a moment where there are fewer. The document describes its text as a
# whole, which is taken here for one event; that events are what the document says is asked in test_openapi. And a query
# of 1,000 ids that are as long as they may be never comes as far as the gateway's own errors.
CONFIG = f"""
[[operations]]
include-path-regex = "^({WATCH}|{JOBS}/.jobId./events|{BOOKMARKS}/.id./events)$"
max-stream-events = 2
request-timeout = 1
checks.response_schema_conformance.enabled = false
checks.content_type_conformance.enabled = false

# Its rows may be of no bookmark, and an empty id in a path makes another path, which is asked with another method.
[[operations]]
include-path = "{IMPORT}"
phases.stateful.enabled = false
"""


def assert_kept(client: httpx.Client, folder: Path, *options: str) -> None:
    """The document's promises are kept to whoever this client is."""
    headers = [f"--header={name}: {client.headers[name]}" for name in SENT if name in client.headers]
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [
        str(SCHEMATHESIS),
        f"--config-file={config}",
        "run",
        f"{client.base_url}/openapi.json",
        *headers,
        *OPTIONS,
        *options,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout


@pytest.mark.slow
def test_as_a_person(ann: Person, tmp_path: Path) -> None:
    assert_kept(ann.http, tmp_path, "--max-examples=3", f"--exclude-path={FEED}")


@pytest.mark.slow
def test_as_a_service(workspace: Workspace, tmp_path: Path) -> None:
    # Every corner of a batch of changes would take as long as all the rest; a few batches of all kinds do.
    options = ("--max-examples=2", "--phases=examples,fuzzing,stateful", f"--exclude-path={WATCH}")
    assert_kept(workspace.service("ann"), tmp_path, *options)
