"""Jobs, queues and what searches find, drawn for a person at a terminal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.tables import moment

STYLES = {"complete": "green", "error": "red", "canceled": "dim", "expired": "dim", "running": "cyan"}
REASONS = {
    "EMBEDDER_AWAY": "by words only: the model does not answer",
    "EMBEDDINGS_MISSING": "by words only: the model has read none of these messages yet",
}
ENDS = {"complete": "done", "error": "failed", "canceled": "canceled"}
MATCHES = {"text": "words", "vector": "meaning", "both": "both"}
# Of a long message, that much is shown, from so many characters before its first word that matched.
PASSAGE, BEFORE = 280, 60
ID_WIDTH = 36
NEWLINES = str.maketrans("\n\r\t", "   ")


def jobs_table(items: Sequence[dict[str, Any]]) -> Table:
    """One line a job."""
    table = _table("Id", "Kind", "Status", "Made")
    for job in items:
        status = Text.assemble(_status(job), (_reason(job), "dim"))
        table.add_row(job["id"], job["kind"], status, moment(job["createTime"]))
    return table


def job_card(job: dict[str, Any]) -> RenderableType:
    """All of one job."""
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    times = {"made": "createTime", "started": "startTime", "ended": "endTime", "next run": "nextRunTime"}
    lines: dict[str, Any] = {"id": job["id"], "kind": job["kind"], "status": _status(job)}
    lines |= {name: _second(job[field]) for name, field in times.items()}
    lines |= {
        "attempt": f"{job['attempt']} of {job['maxAttempts']}",
        "progress": _progress(job["progress"]),
        "steps": ", ".join(f"{step['name']} {step['status']}" for step in job["steps"]),
        "why": _why(job["error"]),
        "repeats": job["retriedFrom"] or "",
        "result until": _second(job["resultExpireTime"]),
    }
    for name, value in lines.items():
        if value:
            card.add_row(name, value)
    found = (job["result"] or {}).get("search")
    parts = [_attempts(job["attempts"])] if any(each["error"] for each in job["attempts"]) else []
    return Group(card, *parts, *([hits_table(found["results"])] if found and found["results"] else []))


def job_line(job: dict[str, Any]) -> str:
    """A job in short."""
    return f"{job['status'].capitalize()}: {job['kind']} {job['id']}"


def change_line(job: dict[str, Any]) -> Text:
    """What became of a job, as an event tells."""
    attempt = f"attempt {job['attempt']}" if job["attempt"] else ""
    said = ", ".join(filter(None, (attempt, _progress(job["progress"]), _why(job["error"]))))
    return Text.assemble(f"{datetime.now().astimezone():%H:%M:%S}  ", _status(job), f"  {said}" if said else "")


def hits_table(hits: Sequence[dict[str, Any]]) -> Table:
    """What was found, the best first."""
    table = _table("Message", "From", "Content", "Found by")
    for hit in hits:
        message = Text.assemble(hit["messageId"], ("\n" + moment(hit["sentTime"]), "dim"))
        source = Text.assemble(hit["authorId"], ("\n" + hit["conversationId"], "dim"))
        table.add_row(message, source, passage(hit), MATCHES.get(hit["matchedBy"], ""))
    return table


def passage(hit: dict[str, Any]) -> Text:
    """The message, or the part of it that matters, on one line; with the words that matched in bold."""
    # One character for one: the places of the highlights hold.
    text = Text(hit["content"].translate(NEWLINES))
    for each in hit["highlights"]:
        text.stylize("bold", each["start"], each["end"])
    if len(text) <= PASSAGE:
        return text
    first = min((each["start"] for each in hit["highlights"]), default=0)
    start = min(max(first - BEFORE, 0), len(text) - PASSAGE)
    end = start + PASSAGE
    return Text.assemble("…" if start else "", text[start:end], "…" if end < len(text) else "")


def search_notes(found: dict[str, Any]) -> list[str]:
    """What a reader of the results should know."""
    notes = [REASONS.get(found["modeReason"], found["modeReason"])] if found["modeReason"] else []
    unread = found["unembeddedCount"]
    if unread and found["mode"] == "hybrid":
        notes.append(f"{unread:,} of these messages are not yet read by the model: found by words only")
    return notes


def queues_table(stats: dict[str, Any]) -> Group:
    """One line a kind of job, with how many ended in the last hour, and how far the model has come."""
    table = _table("Kind", "Queue", "Waiting", "Oldest", "Delayed", "Running", "Dead", "Last hour")
    for each in stats["kinds"]:
        counts = (each[f"{name}Count"] for name in ("delayed", "running", "deadLetter"))
        oldest = f"{each['oldestDueSeconds']:.1f} s" if each["waitingCount"] else ""
        table.add_row(each["kind"], each["queue"], str(each["waitingCount"]), oldest, *map(str, counts), _ended(each))
    messages, unread, refused = (stats[f"{name}Count"] for name in ("message", "unembedded", "refusedMessage"))
    read = f"{messages - unread - refused:,} of {messages:,} messages are read by the model."
    read += f" It does not take {refused:,} of them." if refused else ""
    return Group(*([table] if stats["kinds"] else ["Nothing waits or runs."]), read)


def dead_table(items: Sequence[dict[str, Any]]) -> Table:
    """One line a dead letter."""
    table = _table("Id", "Kind", "Whose", "Failed")
    for each in items:
        job = each["job"]
        failed = Text.assemble(moment(each["failTime"]), (_reason(job), "dim"))
        table.add_row(job["id"], job["kind"], each["userId"], failed)
    return table


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        # An id is there to be copied: however narrow the terminal is, it stays whole.
        table.add_column(title, overflow="fold", min_width=ID_WIDTH if title == "Id" else None)
    return table


def _attempts(attempts: Sequence[dict[str, Any]]) -> Table:
    table = _table("Attempt", "Started", "Ended", "Why")
    for each in attempts:
        times = (_second(each["startTime"]), _second(each["endTime"]))
        table.add_row(str(each["number"]), *times, _why(each["error"]))
    return table


def _ended(kind: dict[str, Any]) -> str:
    counts = ((kind[f"{name}Count"], told) for name, told in ENDS.items())
    return ", ".join(f"{count:,} {told}" for count, told in counts if count)


def _status(job: dict[str, Any]) -> Text:
    return Text(job["status"], STYLES.get(job["status"], ""))


def _progress(progress: dict[str, Any] | None) -> str:
    if not progress:
        return ""
    current, total = int(progress["current"]), int(progress["total"])
    count = f"{current:,} of {total:,}" if total else f"{current:,}" if current else ""
    return " ".join(filter(None, (count, progress["message"])))


def _why(error: dict[str, Any] | None) -> str:
    return f"{error['message']} ({error['reason']})" if error else ""


def _reason(job: dict[str, Any]) -> str:
    return f"\n{job['error']['reason']}" if job["error"] else ""


def _second(time: str | None) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M:%S}" if time else ""
