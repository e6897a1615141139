"""What others wrote is shown, and does nothing to the terminal."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.tables_people import people_table
from cli.terminal import Terminal


def person(text: str) -> dict[str, Any]:
    """A person who says that."""
    empty = {"emoji": "", "statusExpiresTime": "9999-12-31T23:59:59Z", "dnd": False, "dndUntilTime": None}
    return {"userId": "jonah", "text": text, "online": "active", **empty}


@pytest.mark.parametrize("text", ["[/] hi", "[link=x]here[/link]", "[red]danger", ":smile:"])
def test_brackets_are_brackets(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print(people_table({"jonah": person(text)}))
    assert text in capsys.readouterr().out


@pytest.mark.parametrize("code", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b2J", "\r", "\u202e"])
def test_codes_are_not_obeyed(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print(people_table({"jonah": person(f"a{code}b")}))
    shown = capsys.readouterr().out
    assert "a" in shown
    assert not set(shown) & set("\x1b\x9b\r\x07\u202e")


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_beyond_the_last_year_of_a_zone_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print(people_table({"jonah": person("x")}))
    assert "9999-12-31T23:59:59Z" in capsys.readouterr().out
