import json
import time
from typing import Any

import pytest
from click.testing import Result
from rich.text import Text

from cli.tables_jobs import PASSAGE, hits_table, passage, search_notes
from cli.terminal import Terminal
from tests.cli.conftest import Run


@pytest.fixture
def mira(run: Run, sample: str) -> Run:
    """Searches of Mira, who is in all conversations of the sample."""

    def call(*arguments: str) -> Result:
        return run("search", *arguments, "--user", "mira", "--workspace", sample)

    return call


@pytest.fixture
def read(mira: Run) -> None:
    """The model has read all messages, and whoever searches has loaded it."""
    give_up = time.monotonic() + 60
    for form in ((), ("--now",)):
        while (found := json.loads(mira("whale", "--json", *form).stdout))["modeReason"] or found["unembeddedCount"]:
            assert time.monotonic() < give_up
            time.sleep(0.6)  # a person may search 120 times a minute


@pytest.mark.usefixtures("read")
def test_by_words_and_by_meaning(mira: Run) -> None:
    for form in ((), ("--now",)):
        assert "m-020" in mira("whale", *form).stdout
        first = json.loads(mira("a", "dinner", "invitation", "--json", *form).stdout)["results"][0]
        assert (first["content"], first["matchedBy"]) == ("Soup at my place at seven. Bring a chair.", "vector")


@pytest.mark.usefixtures("read")
def test_the_job_finds_what_the_call_finds(mira: Run) -> None:
    period = ("--from", "2025-03-05T00:00Z", "--to", "2025-03-11")
    filters = ("brackets", "--in", "c-restoration", "--by", "tomas", *period)
    job, call = (json.loads(mira(*filters, "--json", *form).stdout) for form in ((), ("--now",)))
    assert [hit["messageId"] for hit in job["results"] if hit["matchedBy"] != "vector"] == ["m-038"]
    assert {hit["authorId"] for hit in job["results"]} == {"tomas"}
    assert job == call


def test_filters_and_limit(mira: Run) -> None:
    found = json.loads(mira("lamp", "--now", "--json", "--role", "assistant", "--limit", "2").stdout)["results"]
    assert {hit["authorId"] for hit in found} == {"keeper"}
    assert len(json.loads(mira("lamp", "--now", "--json", "--limit", "2").stdout)["results"]) == 2


def test_nobody_finds_what_is_not_theirs(run: Run, sample: str) -> None:
    for form in ((), ("--now",)):
        result = run("search", "whale", "--in", "c-exhibits", "--user", "leif", "--workspace", sample, *form)
        assert (result.exit_code, result.stdout) == (0, "Nothing found.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Missing argument 'WORDS...'"),
        ((" ",), 1, "The query is blank (400 SEARCH_INVALID)"),
        (("x", "--from", "soon"), 2, "'soon' is no time: write 2025-03-03"),
        (("x", "--from", "2025-03-03", "--to", "2025-03-02"), 1, "SEARCH_INVALID"),
        (("x", "--role", "ghost"), 2, "'ghost' is not one of 'user'"),
        (("x", "--url", "http://127.0.0.1:1"), 3, "Start it with `cairn up`"),
    ],
)
def test_mistakes_are_told_with_the_way_out(mira: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = mira(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output


def hit(content: str, *places: tuple[int, int]) -> dict[str, Any]:
    """A message that was found."""
    highlights = [{"start": start, "end": end} for start, end in places]
    names = {"messageId": "m", "conversationId": "c", "authorId": "eve", "sentTime": "2025-03-03T08:00:00Z"}
    return {"content": content, "highlights": highlights, "matchedBy": "text", **names}


def bold(text: Text) -> list[str]:
    """What is printed in bold."""
    return [text.plain[span.start : span.end] for span in text.spans if span.style == "bold"]


def test_the_words_that_matched_are_bold() -> None:
    shown = passage(hit("Grüße 🌊\nand a whale", (14, 19)))
    assert (shown.plain, bold(shown)) == ("Grüße 🌊 and a whale", ["whale"])


@pytest.mark.parametrize("before", [0, 100, 10_000])
def test_of_a_long_message_the_part_that_matters_is_shown(before: int) -> None:
    shown = passage(hit("x" * before + "whale" + "y" * 9_000, (before, before + 5)))
    assert bold(shown) == ["whale"]
    assert PASSAGE < len(shown) <= PASSAGE + 2


def test_what_others_wrote_does_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print(hits_table([hit("[red]a\x1b]0;owned\x07b\u202ec\x9b2J", (5, 6))]))
    shown = capsys.readouterr().out
    assert "[red]a" in shown
    assert not set(shown) & set("\x1b\x9b\x07\u202e")


@pytest.mark.parametrize(
    ("mode", "reason", "unread", "told"),
    [
        ("hybrid", "", 0, []),
        ("hybrid", "", 1200, ["1,200 of these messages are not yet read by the model: found by words only"]),
        ("text", "EMBEDDER_AWAY", 1200, ["by words only: the model does not answer"]),
        ("text", "SOMETHING_NEW", 0, ["SOMETHING_NEW"]),
    ],
)
def test_the_reader_knows_what_was_left_out(mode: str, reason: str, unread: int, told: list[str]) -> None:
    assert search_notes({"mode": mode, "modeReason": reason, "unembeddedCount": unread}) == told
