"""Pictures of pages: what can go wrong."""

from services.jobs.domain import Failure

CAPTURE_FAILED = Failure("CAPTURE_FAILED", "The page could not be shown.", True)
CAPTURE_TIMEOUT = Failure("CAPTURE_TIMEOUT", "The page did not come to rest in time.", True)
CAPTURE_TOO_LARGE = Failure("CAPTURE_TOO_LARGE", "The page takes more memory than it may.", False)
CAPTURE_EMPTY = Failure("CAPTURE_EMPTY", "The picture of the page is empty.", True)
BROWSER_MISSING = "BROWSER_MISSING"
BROWSER_HINT = (
    "No Chromium was found, or the extra `capture` is not installed. Install it, such as by "
    "`apt-get install chromium`, or name its program in CAIRN_BROWSER."
)
