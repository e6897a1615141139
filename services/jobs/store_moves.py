"""How a job moves from one state to the next: the row, the try that ended and the event, in one statement."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.jobs.domain import CANCELED, FINAL, Status
from services.jobs.domain_views import EventKind
from services.jobs.tables import attempts, events, jobs

j = jobs.c
# The moment of the statement: in a transaction that has waited for a lock, now() is the moment before.
NOW: ColumnElement[Any] = func.statement_timestamp(type_=DateTime(timezone=True))
OWNER = (j.workspace == bindparam("workspace"), j.user_id == bindparam("user"))
# As the indexes have it.
WAITS = j.status == literal_column("'pending'")
LEASED = j.lease_token.is_not(None)
UNFINISHED = j.completed_at.is_(None)
ONE: ColumnElement[Any] = literal_column("1")
NEVER = false()
FAILURE = ("reason", "message", "retryable")
PAYLOAD = ("status", "attempt", "progress", *FAILURE)
SECOND: ColumnElement[Any] = literal_column("interval '1 second'", Interval)
# For so long somebody who asks for a job that failed or was canceled finds it where the others are.
KEPT: ColumnElement[Any] = literal_column("interval '1 hour'", Interval)
# For so long a dead letter waits for an operator; then it is deleted, since the archive goes back less far.
DEAD_KEPT: ColumnElement[Any] = literal_column("interval '30 days'", Interval)
# What was a dead letter is from now on like any other job that has just failed.
NOT_DEAD = {"died_at": null(), "archive_at": NOW + KEPT}


def word(value: str) -> ColumnElement[str]:
    """One of our own words, written out so that a plan knows it."""
    return literal_column(f"'{value}'")


def moved(chosen: Any, mendable: ColumnElement[bool] = NEVER, **more: Any) -> Any:
    """Move the jobs of `chosen` (locked; id, becomes) to what they become; `more` sets further columns.

    Those that fail for good become dead letters if what they failed of is `mendable` by an operator.
    """
    becomes = chosen.c.becomes
    over = becomes.in_([word(each) for each in FINAL])
    complete, canceling = becomes == word(Status.COMPLETE), becomes == word(Status.CANCELING)
    dead = and_(becomes == word(Status.ERROR), mendable)
    expires = NOW + j.result_seconds * SECOND
    values = {
        "status": becomes,
        "seq": j.seq + ONE,
        "completed_at": case((over, NOW)),
        "died_at": case((dead, NOW)),
        "result_expires_at": case((complete, expires)),
        "archive_at": case((complete, expires), (dead, NOW + DEAD_KEPT), (over, NOW + KEPT)),
        "lease_token": case((canceling, j.lease_token)),
        "lease_until": case((canceling, j.lease_until)),
        **dict.fromkeys(FAILURE),
    }
    change = update(jobs).where(j.id == chosen.c.id).values(values | more)
    return change.returning(j.id, j.seq, j.worker, j.started_at, *(j[name] for name in PAYLOAD)).cte("moved")


def because(chosen: Any, failure: dict[str, Any]) -> dict[str, Any]:
    """The failure, for the jobs that wait for another try or are given up because of it."""
    failed = chosen.c.becomes.in_([word(Status.PENDING), word(Status.ERROR)])
    return {name: case((failed, value)) for name, value in failure.items()}


def written(changed: Any, kind: EventKind = EventKind.STATUS) -> Any:
    """Write down what became of the jobs in `changed`."""
    row = changed.c
    payload = func.jsonb_build_object(*(part for name in PAYLOAD for part in (word(name), row[name])))
    source = select(row.id, row.seq, word(kind), payload, NOW)
    return insert(events).from_select([column.name for column in events.columns], source).cte("written")


def tried(changed: Any, *which: ColumnElement[bool]) -> Any:
    """Write down the tries that ended with `changed`."""
    row = changed.c
    canceled = row.status == word(Status.CANCELED)
    failure = [case((canceled, literal(getattr(CANCELED, name))), else_=row[name]) for name in FAILURE]
    source = select(row.id, row.attempt, row.worker, row.started_at, NOW, *failure).where(*which)
    return insert(attempts).from_select([column.name for column in attempts.columns], source).cte("tried")
