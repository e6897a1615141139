"""Pictures of pages as a person would see them, taken by a Chromium that reaches only what the guard lets it reach."""

import asyncio
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.jobs import capture
from services.jobs.browser_settings import BrowserSettings
from services.jobs.child import ChildFailed, run_in_child
from services.jobs.domain import JobFailed
from services.jobs.domain_capture import (
    BROWSER_HINT,
    BROWSER_MISSING,
    CAPTURE_EMPTY,
    CAPTURE_FAILED,
    CAPTURE_TIMEOUT,
    CAPTURE_TOO_LARGE,
)
from services.jobs.domain_links import NOT_A_PAGE, StepSkipped
from services.jobs.domain_outgoing import ADDRESS_REFUSED, URL_REFUSED, UrlInvalid, check
from services.jobs.outgoing import Outgoing
from services.jobs.outgoing_proxy import PORTS, USER, Place, Proxy

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS, LOAD_SECONDS = 45.0, 15.0
# Over all that belongs to a page.
MAX_BYTES = 50 << 20
FOLDER = "cairn-browser-"
PROBLEMS = {each.reason: each for each in (CAPTURE_TIMEOUT, CAPTURE_TOO_LARGE, NOT_A_PAGE)}


@dataclass(frozen=True, slots=True)
class Browser:
    """Takes pictures of pages."""

    outgoing: Outgoing
    settings: BrowserSettings

    async def screenshot(self, url: str, to: Path) -> Path:
        """Write what the page looks like as JPEG, 1280 to 800; raises JobFailed, or StepSkipped without a browser."""
        try:
            checked = check(url)
        except UrlInvalid as error:
            raise JobFailed(URL_REFUSED) from error
        memory = self.settings.browser_memory_mb << 20
        program = await asyncio.to_thread(self._program)
        with tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as folder:
            wanted = capture.Wanted(checked, str(to), folder, program, memory, LOAD_SECONDS)
            await self._take(wanted)
        if _is_empty(to):
            raise JobFailed(CAPTURE_EMPTY)
        return to

    async def _take(self, wanted: capture.Wanted) -> None:
        async with Proxy(self.outgoing.network(MAX_BYTES)).serving() as proxy:
            way = {"server": proxy.address, "username": USER, "password": proxy.password}
            try:
                async with asyncio.timeout(SECONDS):
                    taken = capture.Taken(*await run_in_child(capture.taken, way, *wanted))
            except TimeoutError as error:
                raise JobFailed(CAPTURE_TIMEOUT) from error
            except ChildFailed as error:
                raise JobFailed(CAPTURE_FAILED) from error
        if _place(taken.at) in proxy.refused:
            raise JobFailed(ADDRESS_REFUSED)
        if taken.problem == BROWSER_MISSING:
            raise StepSkipped(BROWSER_MISSING, BROWSER_HINT)
        if taken.problem:
            raise JobFailed(PROBLEMS.get(taken.problem, CAPTURE_FAILED))

    def _program(self) -> str:
        """The browser; empty: the one that Playwright has brought."""
        found = next(
            filter(None, map(shutil.which, [self.settings.browser] if self.settings.browser else PROGRAMS)), ""
        )
        if importlib.util.find_spec("playwright") is None or (self.settings.browser and not found):
            raise StepSkipped(BROWSER_MISSING, BROWSER_HINT)
        return found


def _is_empty(path: Path) -> bool:
    return not path.exists() or not path.stat().st_size


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return Place(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
