"""Folders and files that workers made for an attempt, and were killed before they could remove."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def sweep(prefixes: Iterable[str], now: float, seconds: float) -> None:
    """Remove those whose names begin so, and that are older; `now` counts seconds since 1970."""
    for left in (each for prefix in prefixes for each in Path(tempfile.gettempdir()).glob(f"{prefix}*")):
        with suppress(OSError):  # another worker was quicker
            if now - left.stat().st_mtime > seconds:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
