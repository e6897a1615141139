import os
import tempfile
from pathlib import Path

import pytest

from services.jobs.actions.link_enrichment import LEFT_SECONDS, sweep


def test_what_killed_workers_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = [tmp_path / name for name in ("cairn-link-a", "cairn-browser-a", "cairn-import-a", "someone-elses")]
    new = tmp_path / "cairn-link-b"
    for folder in (*old, new):
        folder.mkdir()
        (folder / "file").touch()
    for folder in old:
        os.utime(folder, (1000, 1000))
    page = tmp_path / "cairn-page-a"
    page.touch()
    os.utime(page, (1000, 1000))
    os.utime(new, (1001, 1001))
    sweep(1000.5 + LEFT_SECONDS)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cairn-link-b", "someone-elses"]
