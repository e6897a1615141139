"""From rows to the domain, and what the domain has as JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.database import Row
from services.jobs.domain import Attempt, Claimed, Failure, Job, Owner, Progress, Status, Step, StepStatus, poll_delay

# What people are told is cut here. (An action that says more than twice as much has failed, see context.)
MAX_TEXT = 2000


def to_job(row: Row) -> Job:
    """A row with the columns of `store.columns`."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        status=Status(row["status"]),
        created_time=row["created_at"],
        started_time=row["started_at"],
        completed_time=row["completed_at"],
        next_run_time=row["next_run_at"],
        result_expires_time=row["result_expires_at"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        progress=to_progress(json.loads(row["progress"] or "null")),
        steps=tuple(_step(each) for each in json.loads(row["steps"])),
        error=to_failure(row),
        result=row["result"],
        attempts=tuple(_attempt(each) for each in json.loads(row["attempts"] or "[]")),
        retried_from=row["retried_from"],
        poll_delay=None if row["age"] is None else poll_delay(row["age"]),
        seq=row["seq"],
    )


def to_claimed(row: Row) -> Claimed:
    """A row of jobs that has just been claimed."""
    return Claimed(
        row["id"],
        row["lease_token"],
        Owner(row["workspace"], row["user_id"]),
        row["kind"],
        row["input"],
        row["attempt"],
        row["max_attempts"],
        json.loads(row["checkpoint"] or "{}"),
        row["traceparent"],
    )


def to_progress(found: Mapping[str, Any] | None) -> Progress | None:
    """Progress, from JSON. What a worker of a newer version says besides is left out."""
    if found is None:
        return None
    return Progress(**{name: found[name] for name in Progress._fields if name in found})


def to_failure(found: Any) -> Failure | None:
    """Why it failed, from a row or from JSON, if it did."""
    return None if found["reason"] is None else Failure(found["reason"], found["message"], found["retryable"])


def progress_json(progress: Progress | None) -> str | None:
    """Progress, as JSON."""
    if progress is None:
        return None
    texts = {"message": text(progress.message), "step": text(progress.step)}
    return json.dumps({"current": progress.current, "total": progress.total} | texts)


def steps_json(steps: Sequence[Step] | None) -> str | None:
    """Steps, as JSON."""
    if steps is None:
        return None
    return json.dumps([{"name": text(each.name), "status": each.status, "reason": text(each.reason)} for each in steps])


def text(words: str) -> str:
    """Words as the database takes them, whatever an action has found: no null characters, no halves of pairs."""
    return words[:MAX_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _step(found: Mapping[str, Any]) -> Step:
    return Step(found["name"], StepStatus(found["status"]), found["reason"])


def _attempt(found: Mapping[str, Any]) -> Attempt:
    started, ended = (datetime.fromisoformat(found[name]) for name in ("started_at", "ended_at"))
    return Attempt(found["number"], started, ended, to_failure(found))
