import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from cli.__main__ import COMMANDS, cairn
from cli.credentials import ensure_secrets
from cli.settings import Session, cli_settings


@pytest.fixture
def session(tmp_path: Path) -> Session:
    ensure_secrets(tmp_path)
    return Session(cli_settings({"CAIRN_DATA_DIR": str(tmp_path)}), {})


def test_a_token_says_who_and_where_and_for_how_long(session: Session) -> None:
    arguments = [
        "token",
        "--user",
        "mira",
        "--workspace",
        "acme",
        "--feature",
        "a",
        "--feature",
        "b",
        "--expires",
        "25m",
    ]
    result = CliRunner().invoke(cairn, arguments, obj=session)
    claims = jwt.decode(result.stdout.strip(), session.settings.jwt_secret, ["HS256"], issuer="cairn", audience="cairn")
    assert (claims["sub"], claims["workspace"], claims["features"]) == ("mira", "acme", ["a", "b"])
    assert claims["exp"] - datetime.now(UTC).timestamp() == pytest.approx(25 * 60, abs=5)


def test_a_service_has_its_key(session: Session) -> None:
    result = CliRunner().invoke(cairn, ["token", "--service", "feed"], obj=session)
    assert f"feed:{result.stdout.strip()}" in session.settings.service_keys


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "Name one of --user and --service"),
        (["--user", "a", "--service", "feed"], 2, "Name one of --user and --service"),
        (["--user", "a", "--expires", "soon"], 2, "90s, 25m, 12h, 7d"),
        (["--service", "nobody"], 1, "there is one for: feed, ops"),
    ],
)
def test_mistakes_are_told(session: Session, arguments: list[str], code: int, told: str) -> None:
    result = CliRunner().invoke(cairn, ["token", *arguments], obj=session)
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr


def test_without_secrets_it_says_where_they_come_from(session: Session) -> None:
    bare = Session(replace(session.settings, jwt_secret="", service_keys=()), {})
    for arguments in (["--user", "mira"], ["--service", "feed"]):
        result = CliRunner().invoke(cairn, ["token", *arguments], obj=bare)
        assert (result.exit_code, "cairn up" in result.stderr) == (1, True)


def test_secrets_are_made_once_for_the_owner_only(tmp_path: Path) -> None:
    first = ensure_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert ensure_secrets(tmp_path) == first
    assert len(first["CAIRN_JWT_SECRET"]) >= 32


def test_the_environment_wins_over_what_is_kept(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    settings = cli_settings({"CAIRN_DATA_DIR": str(tmp_path), "CAIRN_JWT_SECRET": "mine", "CAIRN_GATEWAY_PORT": "81"})
    assert (settings.jwt_secret, settings.gateway_url) == ("mine", "http://127.0.0.1:81")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(cairn, [command, "--help"])
    assert result.exit_code == 0
    assert f"cairn {command}" in result.output.replace("Usage: cairn", "")


def test_settings_that_make_no_sense_are_told_at_once() -> None:
    result = CliRunner().invoke(cairn, ["token", "--user", "a"], env={"CAIRN_GATEWAY_PORT": "eighty"})
    assert (result.exit_code, "CAIRN_GATEWAY_PORT must be a whole number" in result.stderr) == (1, True)
