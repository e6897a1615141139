import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console

from cli.gateway import Gateway
from cli.tables_actions import memories_table
from tests.cli.conftest import Run

RECORDING = "examples/lighthouse.ogg"
PLAN = ("--feature", "1_interview", "--feature", "5_questions")
TOLD = """\
{"conversation": {"id": "a-new", "kind": "assistant", "name": "New Chat"}}
{"membership": {"conversationId": "a-new", "userId": "mira"}}
{"message": {"id": "n-1", "conversationId": "a-new", "authorId": "mira", "sentAt": "2025-06-20T09:00:00Z", "text": \
"How do I keep the limewash on the outer wall from peeling? The limewash is new and the wall is wet, and it has rained \
for weeks. I am the director of the lighthouse museum, and I live in Skarvik. Please remember that I am allergic to \
nuts. I prefer metric units. The mason was here on Tuesday and said that the wall has to breathe and was painted \
over at least once. What would have to come off first, and with which tools, and how long should it dry after that?"}}
"""


@pytest.fixture
def mira(run: Run, sample: str) -> Run:
    """Commands of Mira."""

    def call(*arguments: str) -> Result:
        return run(*arguments, "--user", "mira", "--workspace", sample)

    return call


@pytest.fixture(scope="module")
def told(run: Run, sample: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Mira has told the assistant something, in a new chat."""
    file = tmp_path_factory.mktemp("told") / "chat.ndjson"
    file.write_text(TOLD)
    assert run("feed", "import", str(file), "--workspace", sample).exit_code == 0


@pytest.fixture
def first_words(tmp_path: Path) -> str:
    """A recording that breaks off in its first sentence."""
    file = tmp_path / "first.ogg"
    file.write_bytes(Path(RECORDING).read_bytes()[:8_000])
    return str(file)


def test_what_is_said_in_a_recording(mira: Run, tmp_path: Path, first_words: str) -> None:
    subtitles = mira("transcribe", first_words, "--format", "vtt").stdout
    assert subtitles.startswith("WEBVTT\n\n1\n00:00:00.")
    whole = json.loads(mira("transcribe", first_words, "--format", "json", "--in", "a-mira").stdout)
    assert (whole["name"], whole["conversationId"], whole["language"]) == ("first.ogg", "a-mira", "en")
    assert (
        mira("transcribe", first_words).stdout
        == whole["text"] + "\n"
        == "we meet at" + subtitles.rpartition("we meet at")[2]
    )
    (tmp_path / "notes.txt").write_text("no sound")
    for file, why in (("none.ogg", "none.ogg cannot be read"), ("notes.txt", "AUDIO_UNSUPPORTED")):
        refused = mira("transcribe", str(tmp_path / file))
        assert (refused.exit_code, why in refused.stderr) == (1, True)
    elsewhere = mira("transcribe", "http://127.0.0.1:9/hello.ogg")
    told = "Error: It came to nothing: That address is not one that may be asked. (ADDRESS_REFUSED)\n"
    assert (elsewhere.exit_code, elsewhere.stderr) == (1, told)


def test_what_is_too_large_is_refused_and_not_read_whole(mira: Run, tmp_path: Path) -> None:
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(2**40)
    refused = mira("transcribe", str(large))
    assert (refused.exit_code, "413 FILE_TOO_LARGE" in refused.stderr) == (1, True)


def test_an_upload_is_canceled_though_its_id_was_never_heard(
    run: Run, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def interrupted(self: Gateway, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = call(self, method, path, **request)
        calls.append(method)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return answer

    call = Gateway.call
    monkeypatch.setattr(Gateway, "call", interrupted)
    assert run("transcribe", RECORDING, "--user", "tomas", "--workspace", sample).exit_code == 1
    assert calls == ["POST", "POST", "DELETE"]
    monkeypatch.undo()
    [job] = json.loads(run("jobs", "list", "--json", "--user", "tomas", "--workspace", sample).stdout)
    # A worker that has taken it is about to stop.
    assert (job["kind"], job["status"] in ("canceling", "canceled")) == ("transcription", True)


@pytest.mark.usefixtures("told")
def test_a_title_and_a_name_that_stays(mira: Run) -> None:
    assert mira("title", "a-new").stdout == "Limewash Outer Wall Peeling\n"
    assert mira("title", "a-mira").stdout == "It keeps the name that somebody gave it: Opening day plan\n"
    assert mira("title", "d-mira-jonah").exit_code == 0
    assert "CONVERSATION_NOT_FOUND" in mira("title", "nowhere").stderr


@pytest.mark.usefixtures("told")
def test_memories(mira: Run) -> None:
    assert "1 message read" in mira("memories", "extract", "a-new", "--level", "active").stdout
    listed = json.loads(mira("memories", "list", "--json").stdout)
    [nuts] = [each for each in listed if "nuts" in each["content"]]
    assert nuts["content"] in " ".join(mira("memories", "show", nuts["id"]).stdout.split())
    assert nuts["id"] in mira("memories", "list", "--category", nuts["category"]).stdout
    assert mira("memories", "list", "--in", "c-exhibits").stdout == "No memories match.\n"
    assert mira("memories", "list", "--limit", "1").stderr == "There are more than 1; --limit shows more.\n"
    assert nuts["id"] in mira("memories", "search", "allergic", "nuts").stdout
    assert mira("memories", "delete", nuts["id"]).stdout == f"Forgotten: {nuts['id']}\n"
    assert "MEMORY_NOT_FOUND" in mira("memories", "show", nuts["id"]).stderr
    assert mira("memories", "delete").exit_code == 2
    mira("memories", "delete", "--all")
    assert mira("memories", "list").stdout == "No memories.\n"


def test_an_interview_until_the_plan_ends(mira: Run) -> None:
    described = mira(
        "interview", "describe", "Keeper", "--level", "mid-level", "--text", "Python, and lamps.", "--json"
    )
    job = json.loads(described.stdout)["id"]
    assert "mid-level" in mira("interview", "jobs").stdout
    assert "FEATURE_REQUIRED" in mira("interview", "start", job).stderr
    shown = mira("interview", "start", job, "--difficulty", "hard", "--questions", "2", *PLAN).stdout
    assert ("ready" in shown, shown.count(" hard")) == (True, 2)
    mira("interview", "start", job, *PLAN)
    assert "PLAN_LIMIT" in mira("interview", "start", job, *PLAN).stderr
    listed = json.loads(mira("interview", "list", job, "--json").stdout)
    assert len(listed) == 2
    assert "Python" in mira("interview", "show", listed[0]["id"]).stdout
    left = json.loads(mira("interview", "allowance", "--json", *PLAN).stdout)
    assert (left["interviewsUsed"], left["interviewsLeft"], left["tokensLeft"]) == (2, 0, 10)
    assert "next token" in mira("interview", "allowance", *PLAN).stdout
    full = mira("interview", "start", job, "--questions", "6", *PLAN).stderr
    assert full.startswith(
        "Error: Your plan has 5 questions an interview: more need unlimited_questions (403 PLAN_LIMIT)"
    )


def test_an_interview_until_no_token_is_left(run: Run, sample: str) -> None:
    who = ("--user", "ben", "--workspace", sample)
    described = run("interview", "describe", "Keeper", "--level", "junior", "--text", "Lamps.", "--json", *who)
    start = ("interview", "start", json.loads(described.stdout)["id"], "--questions", "1", *who)
    largest = ("--feature", "unlimited_interviews", "--feature", "unlimited_questions")
    ends = [run(*start, *largest) for _ in range(13)]
    assert [each.exit_code for each in ends] == [0] * 12 + [1]
    for told in ("You have no token left: the next one comes at 2", ", all 12 are there at 2", "(429 RATE_LIMITED)"):
        assert told in ends[-1].stderr
    assert "any number" in run("interview", "allowance", *largest, *who).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("describe", "Keeper", "--level", "senior"), "Say what the job is: --text, or --file."),
        (("describe", "Keeper", "--level", "chief", "--text", "x"), "'chief' is not one of 'junior'"),
        (("start", "seven"), "'seven' is not a valid UUID"),
        (("allowance", "--user", "", "--token", "x", *PLAN), "--feature goes with --user"),
    ],
)
def test_mistakes_are_told_with_the_way_out(run: Run, arguments: tuple[str, ...], told: str) -> None:
    who = () if "--token" in arguments else ("--user", "mira")
    result = run("interview", *arguments, *who)
    assert (result.exit_code, told in result.stderr) == (2, True), result.output


def test_a_description_that_is_no_text(mira: Run, tmp_path: Path) -> None:
    file = tmp_path / "job.txt"
    file.write_bytes(b"\xff\xfe\x00")
    result = mira("interview", "describe", "Keeper", "--level", "senior", "--file", str(file))
    assert (result.exit_code, "cannot be read as text" in result.stderr) == (1, True)
    file.write_text("Lamps and ladders.", encoding="utf-8")
    assert mira("interview", "describe", "Keeper", "--level", "senior", "--file", str(file)).exit_code == 0


def test_short_words_stay_whole_in_a_narrow_terminal() -> None:
    id_ = "01999b2e-0000-7000-8000-000000000000"
    memory = {"id": id_, "content": "They like whales. " * 9, "category": "relationship"}
    console = Console(width=80)
    with console.capture() as captured:
        console.print(memories_table([{**memory, "expireTime": "2025-03-03T08:00:00Z"}]))
    seen = captured.get()
    assert all(word in seen for word in (id_, "relationship", "until 2025-03-03 08:00"))
