"""What the process refuses to start with: all of it is said at once, each by the name of its variable."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.settings import SettingsError, load
from services.bookmarks.settings import Settings

ROOT = Path(__file__).parents[3]
GOOD = {
    "CAIRN_DATABASE_URL": "postgresql://localhost/cairn",
    "CAIRN_REDIS_URL": "redis://localhost",
    "CAIRN_JWT_SECRET": "x" * 32,
    "CAIRN_PAGE_TOKEN_SECRET": "x" * 32,
    "CAIRN_OBJECTS_URL": "/var/lib/pictures",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Settings, environ)
    return [line.removeprefix("  - ") for line in str(caught.value).splitlines()[1:]]


def test_no_problem_hides_another() -> None:
    wrong = {"CAIRN_PAGE_TOKEN_SECRET": "short", "CAIRN_BOOKMARKS_PORT": "65536", "CAIRN_DRAIN_SECONDS": "soon"}
    wrong |= {"CAIRN_REDIS_URL": "http://localhost", "CAIRN_TLS_KEY": "key.pem", "CAIRN_LOG_LEVEL": "loud"}
    wrong |= {"CAIRN_OBJECTS_URL": "objects"}
    assert problems(wrong) == [
        "CAIRN_REDIS_URL must start with redis:// or rediss:// or unix://",
        "CAIRN_JWT_SECRET or CAIRN_JWT_JWKS_URL is required",
        "CAIRN_LOG_LEVEL must be debug, info, warning or error",
        "CAIRN_TLS_CERTIFICATE and CAIRN_TLS_KEY must be set together",
        "CAIRN_DRAIN_SECONDS must be a number",
        "CAIRN_DATABASE_URL is required",
        "CAIRN_OBJECTS_URL must be the absolute path of a folder, or s3://…",
        "CAIRN_PAGE_TOKEN_SECRET must have at least 32 characters",
        "CAIRN_BOOKMARKS_PORT must be from 0 to 65535",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "foo"),
        ("DATABASE_URL", "mysql://localhost/cairn"),
        ("REDIS_URL", "localhost:6379"),
        ("BOOKMARKS_PORT", "-1"),
        ("BOOKMARKS_PORT", "http"),
        ("TLS_CERTIFICATE", "certificate.pem"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    (problem,) = problems({**GOOD, f"CAIRN_{name}": value})
    assert problem.startswith(f"CAIRN_{name}")
    assert value not in problem.removeprefix(f"CAIRN_{name}")


def test_every_way_to_write_an_address_is_taken() -> None:
    for redis_url in ("redis://localhost", "rediss://localhost", "unix:///run/redis.sock"):
        for database_url in ("postgres://localhost/cairn", "postgresql:///cairn?host=/run&sslmode=disable"):
            load(Settings, {**GOOD, "CAIRN_REDIS_URL": redis_url, "CAIRN_DATABASE_URL": database_url})


def test_a_wrong_password_ends_in_one_line(new_database: Callable[[], str], redis_url: str) -> None:
    scheme, _, rest = new_database().partition("://")
    wrong = f"{scheme}://{rest.partition('@')[0].partition(':')[0]}:wrong@{rest.partition('@')[2]}"
    environ = {
        **GOOD,
        "CAIRN_DATABASE_URL": wrong,
        "CAIRN_REDIS_URL": redis_url,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    command = [sys.executable, "-m", "services.bookmarks"]
    process = subprocess.run(command, check=False, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert process.returncode == 1
    first, second = process.stderr.splitlines()
    assert first == "Cannot start:"
    assert second.startswith("  - CAIRN_DATABASE_URL: password authentication failed")
