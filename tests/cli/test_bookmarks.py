import json
from collections.abc import Iterator

import pytest
from click.testing import Result

from tests.cli.conftest import Run


@pytest.fixture
def mira(run: Run, sample: str) -> Iterator[Run]:
    """Commands of Mira, who has nothing saved at the start."""

    def call(*arguments: str) -> Result:
        return run("bookmarks", *arguments, "--user", "mira", "--workspace", sample)

    yield call
    for item in json.loads(call("list", "--json").stdout):
        call("remove", item["id"])
    for item in json.loads(call("collections", "list", "--json").stdout):
        call("collections", "delete", item["id"])


def test_saved_items_show_what_a_person_needs(mira: Run) -> None:
    assert "Saved: message:m-005  Opening day" in mira("save", "message:m-005", "--tag", "Plan").stdout
    assert "Was saved already" in mira("save", "message:m-005").stdout
    listed = mira("list").stdout
    for expected in ("message:m-005", "Sofia Marchetti #lighthouse", "plan"):
        assert expected in listed
    assert mira("count").stdout == "1\n"


def test_toggle_saves_and_removes(mira: Run) -> None:
    assert mira("toggle", "file:f-tour").stdout.startswith("Saved: file:f-tour  audio-tour-draft.mp3 (10.6 MB)")
    assert mira("toggle", "file:f-tour").stdout == "Removed: file:f-tour\n"


def test_notes_tags_and_states_change(mira: Run) -> None:
    mira("save", "message:m-005", "--note", "first", "--tag", "one")
    mira("note", "message:m-005", "second")
    mira("tag", "message:m-005", "two", "three", "--remove", "one")
    mira("mark", "message:m-005", "done")
    item = json.loads(mira("show", "message:m-005", "--json").stdout)
    assert (item["note"], item["tags"], item["state"]) == ("second", ["three", "two"], "done")
    assert "second" in mira("show", item["id"]).stdout
    assert json.loads(mira("note", item["id"], "", "--json").stdout)["note"] is None


def test_collections_hold_bookmarks(mira: Run) -> None:
    assert mira("collections", "create", "Opening day").exit_code == 0
    mira("save", "message:m-005", "--collection", "opening DAY")
    mira("save", "message:m-007")
    assert [item["target"]["messageId"] for item in listed(mira, "--collection", "Opening day")] == ["m-005"]
    mira("collections", "rename", "Opening day", "June")
    assert "June" in mira("collections", "list").stdout
    mira("move", "message:m-005", "")
    assert listed(mira, "--collection", "June") == []
    assert mira("collections", "delete", "June").exit_code == 0


def test_filters_and_limit(mira: Run) -> None:
    for target in ("message:m-005", "message:m-007", "file:f-tour"):
        mira("save", target, "--tag", "x")
    assert len(listed(mira, "--type", "file")) == 1
    assert len(listed(mira, "--text", "keeper's", "--tag", "x")) == 1
    assert len(listed(mira, "--available")) == 3
    assert "Nothing saved matches." in mira("list", "--gone").stdout
    short = mira("list", "--limit", "2")
    assert "2 of 3 are shown; --limit 3 shows all." in short.stderr


def test_removing_by_target_may_be_repeated(mira: Run) -> None:
    mira("save", "message:m-005")
    assert mira("remove", "message:m-005").stdout == "Removed: message:m-005\n"
    assert mira("remove", "message:m-005").stdout == "Was not saved: message:m-005\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("save", "m-007"), 2, "write message:ID or file:ID"),
        (("save", "message:no-such"), 1, "TARGET_NOT_FOUND"),
        (("show", "message:m-001"), 1, "cairn bookmarks save message:m-001"),
        (("show", "seven"), 2, "write its id"),
        (("tag", "message:m-001"), 2, "Name a tag"),
        (("list", "--collection", "Nowhere"), 1, "cairn bookmarks collections create 'Nowhere'"),
        (("list", "--url", "http://127.0.0.1:1"), 3, "Start it with `cairn up`"),
        (("list", "--token", "x"), 2, "one of --user and --token"),
    ],
)
def test_mistakes_are_told_with_the_way_out(mira: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = mira(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output


def test_nobody_and_somebody_unknown(run: Run) -> None:
    assert "Say who you are" in run("bookmarks", "list").stderr
    refused = run("bookmarks", "list", "--token", "nonsense")
    assert refused.exit_code == 1
    assert "401" in refused.stderr


def listed(mira: Run, *filters: str) -> list[dict[str, dict[str, str]]]:
    result: list[dict[str, dict[str, str]]] = json.loads(mira("list", "--json", *filters).stdout)
    return result
