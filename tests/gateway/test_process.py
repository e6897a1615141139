"""The gateway as a process of its own, in front of our real contract."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.gateway.conftest import SECRET

ROOT = Path(__file__).parents[2]


@contextmanager
def process(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`python -m gateway`, killed if it does not end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
    started = subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        env={**kept, "PYTHONPATH": path, **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


@pytest.fixture
def environ(redis_url: str, free_port: Callable[[], int]) -> dict[str, str]:
    return {
        "CAIRN_REDIS_URL": redis_url,
        "CAIRN_JWT_SECRET": SECRET,
        "CAIRN_GATEWAY_PORT": str(free_port()),
        "CAIRN_BOOKMARKS_ADDRESS": f"127.0.0.1:{free_port()}",
        "CAIRN_PRESENCE_ADDRESS": f"127.0.0.1:{free_port()}",
        "CAIRN_JOBS_ADDRESS": f"127.0.0.1:{free_port()}",
        "CAIRN_LOG_FORMAT": "json",
        "CAIRN_DRAIN_SECONDS": "2",
    }


def get(environ: dict[str, str], path: str) -> httpx.Response:
    """Ask, as soon as it answers."""
    for _ in range(100):
        try:
            return httpx.get(f"http://127.0.0.1:{environ['CAIRN_GATEWAY_PORT']}{path}")
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the gateway does not answer")


def test_it_starts_without_its_services_and_ends_well(environ: dict[str, str]) -> None:
    with process(environ) as started:
        assert get(environ, "/healthz").json()["status"] == "ok"
        ready = get(environ, "/readyz")
        unreachable = {"bookmarks": "unreachable", "presence": "unreachable", "jobs": "unreachable"}
        assert (ready.status_code, ready.json()["upstreams"]) == (503, unreachable)
        away = get(environ, "/api/v1/bookmarks")
        assert (away.status_code, away.json()["error"]["code"]) == (503, "UNAVAILABLE")
        assert away.headers["retry-after"] == "1"
        assert "127.0.0.1" not in away.text
        started.send_signal(signal.SIGTERM)
        _, log = started.communicate(timeout=10)
    assert started.returncode == 0
    assert [line for line in log.splitlines() if '"serving"' in line or '"draining"' in line][-1]


def test_what_is_wrong_with_the_settings_is_said(environ: dict[str, str]) -> None:
    with process({**environ, "CAIRN_JWT_SECRET": "", "CAIRN_GATEWAY_PORT": "x"}) as started:
        _, log = started.communicate(timeout=20)
    assert started.returncode == 1
    assert "CAIRN_GATEWAY_PORT must be a whole number" in log
    assert "Traceback" not in log
