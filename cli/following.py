"""A job, or whatever else is streamed, followed to its end, however often the connection breaks on the way."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Self
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.gateway import BUSY, Gateway, Refused
from cli.problems import Problem, Unreachable
from cli.terminal import Terminal

JOBS = "/api/v1/actions/jobs"
# How often in a row a stream may end without news, and the time between.
TRIES, PAUSE_SECONDS = 8, 1.0


def events(gateway: Gateway, job_id: str, pause_seconds: float = PAUSE_SECONDS) -> Iterator[dict[str, Any]]:
    """What happens to a job, the last event being its end; raises Refused, or Unreachable where nothing more comes."""
    for event in followed(gateway, f"{JOBS}/{job_id}/events", _is_end, pause_seconds):
        yield event
        if _is_end(event):
            return
    raise Unreachable(f"The stream broke off. The job goes on without it: cairn jobs show {job_id}")


def followed(
    gateway: Gateway, path: str, is_last: Callable[[dict[str, Any]], bool], pause_seconds: float = PAUSE_SECONDS
) -> Iterator[dict[str, Any]]:
    """The events of a stream, up to its last one; ends without one where nothing more comes. Raises Refused."""
    token, misses = "", 0
    while misses < TRIES:
        for event in _stream(gateway, path, token):
            token, misses = event["resumeToken"], 0
            yield event
            if is_last(event):
                return
        misses += 1
        time.sleep(pause_seconds)


def seen_through(gateway: Gateway, path: str, **request: Any) -> dict[str, Any]:
    """The result of the job that a call starts; raises Problem where it has none.

    The job is canceled when nobody waits any more.
    """
    result: dict[str, Any] = job_seen_through(gateway, path, **request)["result"]
    return result


def job_seen_through(gateway: Gateway, path: str, **request: Any) -> dict[str, Any]:
    """The same with the rest of the job."""
    # The answer to a first call may never be heard; the same key finds the job that it started.
    request["headers"] = {"Idempotency-Key": uuid4().hex}
    try:
        job: dict[str, Any] = gateway.call("POST", path, **request)["data"]
        with Bar(Terminal()) as bar:
            for event in events(gateway, job["id"]):
                job = event["job"]
                bar.show(job)
    except KeyboardInterrupt:
        _cancel(gateway, gateway.call("POST", path, **request)["data"]["id"])
        raise
    if job["status"] != "complete":
        error = job["error"] or {"message": "It was canceled.", "reason": "CANCELED"}
        raise Problem(f"It came to nothing: {error['message']} ({error['reason']})")
    return job


def _is_end(event: dict[str, Any]) -> bool:
    return bool(event["event"] == "done")


def _cancel(gateway: Gateway, job_id: str) -> None:
    """Cancel a job, unless it was faster."""
    try:
        gateway.call("DELETE", f"{JOBS}/{job_id}")
    except Refused as refused:
        if refused.reason != "JOB_COMPLETE":
            raise


def _stream(gateway: Gateway, path: str, token: str) -> Iterator[dict[str, Any]]:
    """One stream, until it ends, however that is; where there was none before, its error is raised."""
    params, begun = {"resumeToken": token} if token else {}, bool(token)
    try:
        for event in gateway.lines("GET", path, params=params):
            if "error" in event:
                return
            begun = True
            yield event
    except Refused as refused:
        if not begun or refused.status not in BUSY:
            raise
    except Unreachable:
        if not begun:
            raise


class Bar:
    """Where a job stands, as a line that changes. To be used as a context manager; nothing where it is no terminal."""

    def __init__(self, console: Console) -> None:
        """Where to draw."""
        words = TextColumn("{task.description}", markup=False)
        count = TextColumn("{task.fields[count]}", markup=False)
        columns = (words, BarColumn(), count, TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        self._task = self._progress.add_task("waiting", total=None, count="")
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe it away."""
        self._progress.stop()

    def show(self, job: dict[str, Any]) -> None:
        """Draw a job as an event has it."""
        progress = job["progress"] or {"current": 0, "total": 0, "message": ""}
        self.draw(progress["message"] or job["status"], int(progress["current"]), int(progress["total"]))

    def draw(self, words: str, current: int, total: int) -> None:
        """Draw so much of a total; 0: not known."""
        assert self._task is not None, "it is used as a context manager"
        count = f"{current:,} of {total:,}" if total else f"{current:,}" if current else ""
        self._progress.update(self._task, description=words, completed=current, total=total or None, count=count)
