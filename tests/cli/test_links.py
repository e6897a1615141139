import json
import webbrowser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import Result

from cli.tables_links import import_summary
from tests.cli.conftest import Run

PAGE = """<!doctype html><title>The lamp of Skarvik</title>
<meta property="og:description" content="It burns paraffin."><h1>The lamp</h1>"""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The address of a site with one page, as often as anybody likes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.2", 0), Handler) as http, ThreadPoolExecutor(1) as threads:
        threads.submit(http.serve_forever, 0.01)
        yield f"http://127.0.0.2:{http.server_port}"
        http.shutdown()


@pytest.fixture
def mira(run: Run, request: pytest.FixtureRequest) -> Run:
    """Commands of Mira, in a workspace of this test's own."""

    def call(*arguments: str) -> Result:
        return run("links", *arguments, "--user", "mira", "--workspace", f"links-{request.node.name}")

    return call


def saved(run: Run, address: str) -> str:
    """The id of a link that nobody waits for."""
    return str(json.loads(run("add", address, "--no-wait", "--json").stdout)["id"])


def listed(run: Run, *filters: str) -> list[str]:
    """The ids of links."""
    return [each["id"] for each in json.loads(run("list", "--json", *filters).stdout)]


def test_a_link_is_watched_until_all_is_known(
    mira: Run, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = mira("add", f"{web}/lamp?utm_source=x", "--tag", "later", "--note", "for the tour")
    assert added.exit_code == 0, added.output
    for told in ("Saved: ", "fetch       done", "caption     skipped", "The lamp of Skarvik", "It burns paraffin."):
        assert told in added.stdout
    [id_] = listed(mira, "--site", "127.0.0.2", "--text", "paraffin", "--tag", "later", "--class", "link")
    again = json.loads(mira("add", f"{web}/lamp", "--json").stdout)
    assert (again["id"], again["note"]) == (id_, "for the tour")
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    shown = mira("open", id_, "--save", str(tmp_path / "pictures"), "--browser")
    assert opened == [f"{web}/lamp?utm_source=x"]
    [picture] = (tmp_path / "pictures").iterdir()
    assert picture.name == f"{id_}-screenshot.webp"
    assert picture.read_bytes()[8:12] == b"WEBP"
    assert f"/api/v1/bookmarks/{id_}/images/screenshot" in shown.stdout


def test_a_link_that_fails_is_kept_and_told_with_the_reason(mira: Run, web: str) -> None:
    added = mira("add", f"{web}/gone")
    assert (added.exit_code, "It is saved, but a step failed." in added.stderr) == (1, True), added.output
    assert "fetch       failed" in added.stdout
    [id_] = listed(mira)
    again = mira("refresh", id_, "--step", "fetch")
    assert (again.exit_code, "fetch       failed" in again.stdout) == (1, True)
    assert "failed" in mira("list").stdout


def test_into_the_trash_and_back(mira: Run, web: str) -> None:
    first, second = saved(mira, f"{web}/1"), saved(mira, f"{web}/2")
    assert mira("rm", first).stdout == f"In the trash: {first}\n"
    twice = mira("rm", first, second)
    assert (twice.exit_code, f"Not there: {first}" in twice.stderr, listed(mira)) == (1, True, [])
    assert [each["bookmark"]["id"] for each in json.loads(mira("list", "--trash", "--json").stdout)] == [second, first]
    short = mira("list", "--trash", "--limit", "1")
    assert ("Deleted on" in short.stdout, "There are more than 1" in short.stderr) == (True, True)
    assert mira("restore", first, second).exit_code == 0
    assert mira("list", "--trash").stdout == "The trash is empty.\n"
    assert set(listed(mira)) == {first, second}


def test_a_file_is_imported_and_exported(mira: Run, tmp_path: Path) -> None:
    dry = mira("import", "examples/bookmarks.html", "--dry-run")
    assert dry.stdout.startswith("Nothing was saved. It would be: 12 links: 10 saved, 1 saved already, 1 invalid.\n")
    assert mira("list").stdout == "No link is saved.\n"
    told = mira("import", "examples/bookmarks.html").stdout
    assert told.startswith("12 links: 10 saved, 1 saved already, 1 invalid.\n")
    for each in ("12", "mailto:keeper@example.org", "URL_INVALID"):
        assert each in told
    written = tmp_path / "mine.html"
    assert str(written) in mira("export", "--output", str(written)).stdout
    assert "NETSCAPE-Bookmark-file-1" in written.read_text()
    assert "灯台の歴史" in written.read_text()
    again = json.loads(mira("import", str(written), "--format", "html", "--json").stdout)
    assert (again["totalCount"], again["alreadySavedCount"], again["invalid"]) == (10, 10, [])
    assert mira("export", "--format", "csv").stdout.count("\n") == 11


def test_a_file_is_whole_or_not_there(mira: Run, tmp_path: Path) -> None:
    assert mira("export", "--output", str(tmp_path / "none" / "mine.json")).exit_code == 1
    whole = tmp_path / "mine.json"
    whole.write_text("what was there")
    assert mira("export", "--output", str(whole), "--url", "http://127.0.0.1:1").exit_code == 3
    assert [each.read_text() for each in tmp_path.iterdir()] == ["what was there"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add", "ftp://example.org"), 1, "URL_INVALID"),
        (("open", "seven"), 2, "'seven' is not a valid UUID"),
        (("open", "01999b2e-0000-7000-8000-000000000000"), 1, "404 BOOKMARK_NOT_FOUND"),
        (("list", "--trash", "--text", "lamp"), 2, "--trash goes without filters."),
        (("refresh", "01999b2e-0000-7000-8000-000000000000", "--step", "all"), 2, "'all' is not one of"),
        (("import", "none.html"), 1, "none.html cannot be read"),
    ],
)
def test_mistakes_are_told_with_the_way_out(run: Run, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = run("links", *arguments, "--user", "mira", "--workspace", "links-mistakes")
    assert (result.exit_code, told in result.stderr) == (code, True), result.output


def test_an_import_in_a_line() -> None:
    counts = {"savedCount": 1200, "alreadySavedCount": 0, "restoredCount": 2, "invalidCount": 0}
    told = import_summary({"totalCount": 1202, "dryRun": False, **counts})
    assert told == "1,202 links: 1,200 saved, 2 taken out of the trash."
