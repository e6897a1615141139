"""Takes the picture of a page in a child process, with a browser that knows no way out but our proxy.

What must not be reached is the proxy's business; here the browser is kept from going around it.
"""

import importlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from services.jobs.child import descendants, kill_strays
from services.jobs.domain import JobFailed
from services.jobs.domain_capture import BROWSER_MISSING, CAPTURE_FAILED, CAPTURE_TIMEOUT, CAPTURE_TOO_LARGE
from services.jobs.domain_links import NOT_A_PAGE

WIDTH, HEIGHT, QUALITY = 1280, 800, 90
# To start, to be answered, to come to rest, and to be drawn.
START_SECONDS, ANSWER_SECONDS, SETTLE_SECONDS, DRAW_SECONDS = 15.0, 15.0, 0.7, 8.0
WATCH_SECONDS = 0.25
# Names are resolved by the proxy; what asks for them all the same finds none.
RESOLVE_NOTHING = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
FLAGS = (
    f"--host-resolver-rules={RESOLVE_NOTHING}",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--disable-gpu",
    "--disable-3d-apis",
    "--disable-crash-reporter",
    "--mute-audio",
    "--hide-scrollbars",
)
# Of those that Playwright sets for those who test pages.
UNWANTED = ("--disable-popup-blocking", "--disable-ipc-flooding-protection", "--enable-unsafe-swiftshader")


class Way(TypedDict):
    """The proxy."""

    server: str
    username: str
    password: str


class Wanted(NamedTuple):
    """A picture."""

    url: str
    to: str
    # For what the browser keeps while it runs.
    folder: str
    browser: str
    memory_bytes: int
    # After these it is taken as it is.
    load_seconds: float


class Taken(NamedTuple):
    """What came of it: `problem` is the reason of a failure. `at`: where the page was led in the end."""

    at: str
    problem: str


def taken(way: Way, *wanted: Any) -> list[str]:
    """The child's part."""
    playwright = importlib.import_module("playwright.sync_api")  # an extra, and large: only the child needs it
    work, visited = Wanted(*wanted), [wanted[0]]
    with playwright.sync_playwright() as player, _watched(work) as exceeded:
        try:
            with _context(player.chromium, work, way) as context:
                _take(context, work, visited)
            problem = ""
        except playwright.TimeoutError:
            problem = CAPTURE_TIMEOUT.reason
        except JobFailed as failed:
            problem = failed.failure.reason
        except playwright.Error as error:
            problem = _problem(str(error))
        return [*Taken(visited[-1], CAPTURE_TOO_LARGE.reason if exceeded.is_set() else problem)]


def _problem(said: str) -> str:
    if "Executable doesn't exist" in said:
        return BROWSER_MISSING
    # It is a file to be kept, or nothing.
    aborted = "Download is starting" in said or "net::ERR_ABORTED" in said
    return NOT_A_PAGE.reason if aborted else CAPTURE_FAILED.reason


@contextmanager
def _context(chromium: Any, work: Wanted, way: Way) -> Iterator[Any]:
    """The browser, with nothing in its memory and without any right."""
    options: dict[str, Any] = {
        "executable_path": work.browser or None,
        "args": FLAGS,
        "ignore_default_args": UNWANTED,
        "proxy": way,
        "env": {"HOME": work.folder, "TMPDIR": work.folder, "PATH": os.defpath, "LANG": "C.UTF-8"},
        "viewport": {"width": WIDTH, "height": HEIGHT},
        "service_workers": "block",
        "accept_downloads": False,
        "permissions": [],
        "timeout": START_SECONDS * 1000,
    }
    context = _launched(chromium, f"{work.folder}/profile", options)
    try:
        yield context
    finally:
        # A page that computes for ever is not asked: the child ends after this.
        kill_strays(os.getpid())


def _launched(chromium: Any, profile: str, options: dict[str, Any]) -> Any:
    """With its sandbox, where the machine lets it have one: root never has."""
    if os.geteuid() == 0:
        return chromium.launch_persistent_context(profile, chromium_sandbox=False, **options)
    try:
        return chromium.launch_persistent_context(profile, chromium_sandbox=True, **options)
    except Exception as error:
        if "sandbox" not in str(error):
            raise
        return chromium.launch_persistent_context(profile, chromium_sandbox=False, **options)


def _take(context: Any, work: Wanted, visited: list[str]) -> None:
    page = context.pages[0]
    context.on("page", lambda other: other.close())
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("request", lambda request: _note(page, request, visited))
    until = time.monotonic() + work.load_seconds
    page.goto(work.url, wait_until="commit", timeout=ANSWER_SECONDS * 1000)
    with suppress(importlib.import_module("playwright.sync_api").TimeoutError):
        page.wait_for_load_state("load", timeout=max(1.0, until - time.monotonic()) * 1000)
    page.wait_for_timeout(SETTLE_SECONDS * 1000)
    # What is still to come would keep the picture waiting.
    context.new_cdp_session(page).send("Page.stopLoading")
    page.screenshot(path=work.to, type="jpeg", quality=QUALITY, timeout=DRAW_SECONDS * 1000)
    if not page.url.startswith(("http://", "https://")):
        raise JobFailed(CAPTURE_FAILED)


def _note(page: Any, request: Any, visited: list[str]) -> None:
    if request.is_navigation_request() and request.frame == page.main_frame:
        visited.append(request.url)


@contextmanager
def _watched(work: Wanted) -> Iterator[threading.Event]:
    """End the browser when it takes more than it may; what a page stores counts like what it holds."""
    exceeded, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            if _memory(os.getpid()) + _stored(work.folder) > work.memory_bytes:
                exceeded.set()
                kill_strays(os.getpid())
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield exceeded
    finally:
        over.set()
        watcher.join()


def _stored(folder: str) -> int:
    """Bytes on disk."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it has just gone
                total += os.lstat(f"{path}/{name}").st_blocks * 512
    return total


def _memory(root: int) -> int:
    """Bytes that all below hold of their own. What they share, such as the program, would count for each."""
    total = 0
    for pid in descendants(root):
        with suppress(OSError):  # it has just ended
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                total += int(value.split()[0]) if name in ("RssAnon", "RssShmem") else 0
    return total << 10
