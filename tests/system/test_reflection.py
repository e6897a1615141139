"""A stranger with nothing but an address finds out by reflection what there is, and calls it: buf curl."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.workspace import Person, Workspace

BUF = Path(sys.executable).parent / "buf"
BOOKMARK_SERVICE = "cairn.bookmarks.v1.BookmarkService"
PRESENCE_SERVICE = "cairn.presence.v1.PresenceService"
Curl = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def curl(workspace: Workspace, tmp_path: Path) -> Curl:
    """Runs buf curl at a service, the bookmarks unless another port is named, in a folder without a contract."""
    options = ("--protocol=grpc", "--http2-prior-knowledge")

    def run(
        path: str, *arguments: str, port: int = workspace.stack.settings.bookmarks_port
    ) -> "subprocess.CompletedProcess[str]":
        command = [str(BUF), "curl", *options, *arguments, f"http://127.0.0.1:{port}{path}"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)

    return run


def test_it_lists_services_and_methods(curl: Curl) -> None:
    services = curl("", "--list-services").stdout.split()
    assert {BOOKMARK_SERVICE, "cairn.feed.v1.FeedService", "grpc.health.v1.Health"} <= set(services)
    methods = curl("", "--list-methods").stdout.split()
    assert f"{BOOKMARK_SERVICE}/SaveBookmark" in methods
    assert "cairn.feed.v1.FeedService/Apply" in methods


def test_it_calls_what_it_found(curl: Curl, workspace: Workspace, ann: Person) -> None:
    token = workspace.stack.token("ann", workspace.name)
    data = json.dumps({"target": {"messageId": "m1"}, "tags": ["grpc"]})
    done = curl(f"/{BOOKMARK_SERVICE}/SaveBookmark", "--header", f"Authorization: Bearer {token}", "--data", data)
    assert done.returncode == 0, done.stderr
    bookmark = json.loads(done.stdout)["bookmark"]
    assert bookmark["message"]["preview"] == "The lighthouse opens in June"
    assert [item["id"] for item in ann.saved(tags="grpc")] == [bookmark["id"]]


def test_presence_is_found_and_called_the_same_way(curl: Curl, workspace: Workspace) -> None:
    port = workspace.stack.settings.presence_port
    services = curl("", "--list-services", port=port).stdout.split()
    assert {PRESENCE_SERVICE, "cairn.feed.v1.FeedService", "grpc.health.v1.Health"} <= set(services)
    credential = ("--header", f"Authorization: Bearer {workspace.stack.token('ann', workspace.name)}")
    data = json.dumps({"preset": "focusing", "expires_in": "1h"})
    done = curl(f"/{PRESENCE_SERVICE}/SetStatus", *credential, "--data", data, port=port)
    assert json.loads(done.stdout)["effective"]["text"] == "Focusing", done.stderr
    done = curl("/grpc.health.v1.Health/Check", "--data", json.dumps({"service": PRESENCE_SERVICE}), port=port)
    assert json.loads(done.stdout)["status"] == "SERVING"


def test_it_is_refused_with_a_reason(curl: Curl) -> None:
    done = curl(f"/{BOOKMARK_SERVICE}/CountBookmarks", "--data", "{}")
    refusal = json.loads(done.stderr)
    assert done.returncode != 0
    assert refusal["code"] == "unauthenticated"
    [detail] = refusal["details"]
    assert detail["type"] == "google.rpc.ErrorInfo"
    assert b"CREDENTIALS_REQUIRED" in base64.b64decode(detail["value"] + "==")


def test_the_health_of_each_service_can_be_asked(curl: Curl) -> None:
    for service in ("", BOOKMARK_SERVICE, "cairn.feed.v1.FeedService"):
        done = curl("/grpc.health.v1.Health/Check", "--data", json.dumps({"service": service}))
        assert json.loads(done.stdout)["status"] == "SERVING"
