"""Memories and interviews, drawn for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.tables import moment

# Columns that may be broken where the terminal is narrow. An id is there to be copied, and the others are short.
LONG = ("What", "Name")


def memories_table(items: Sequence[dict[str, Any]]) -> Table:
    """One line a memory."""
    table = _table("Id", "What", "Of")
    for each in items:
        until = f"\nuntil {moment(each['expireTime'])}" if each["expireTime"] else ""
        table.add_row(each["id"], each["content"], Text.assemble(each["category"], (until, "dim")))
    return table


def memory_card(item: dict[str, Any]) -> Table:
    """All of one memory."""
    names = ("id", "content", "category", "importance", "confidence", "reasoning", "extractor")
    times = {"until": item["expireTime"], "made": item["createTime"]}
    source = {"said in": item["conversationId"], "message": item["messageId"]}
    return _card({name: item[name] for name in names} | source | _moments(times))


def job_infos_table(items: Sequence[dict[str, Any]]) -> Table:
    """One line a job that somebody described."""
    table = _table("Id", "Name", "Level", "Changed")
    for each in items:
        table.add_row(each["id"], each["name"], _level(each["experienceLevel"]), moment(each["updateTime"]))
    return table


def interviews_table(items: Sequence[dict[str, Any]]) -> Table:
    """One line an interview."""
    table = _table("Id", "Status", "Questions", "Made")
    for each in items:
        table.add_row(each["id"], each["status"], str(each["questionCount"]), moment(each["createTime"]))
    return table


def interview_card(item: dict[str, Any]) -> RenderableType:
    """All of one interview."""
    card = _card({"id": item["id"], "status": item["status"], "by": item["extractor"], "job": item["jobId"]})
    questions = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "Question", "Difficulty"):
        questions.add_column(title, overflow="fold")
    for number, each in enumerate(item["questions"], 1):
        questions.add_row(str(number), each["text"], each["difficulty"])
    return Group(card, questions) if item["questions"] else card


def allowance_card(data: dict[str, Any]) -> Table:
    """What a plan gives, and what is left."""
    left = "any number" if data["interviewsLeft"] is None else data["interviewsLeft"]
    counts = {"plan": data["plan"], "interviews": data["interviewsUsed"], "left": left}
    counts |= {"questions each": data["questionsPerInterview"], "tokens left": data["tokensLeft"]}
    return _card(counts | _moments({"next token": data["nextTokenTime"], "all tokens": data["resetTime"]}))


def _moments(times: Mapping[str, str | None]) -> dict[str, str]:
    return {name: moment(time) for name, time in times.items() if time}


def _level(name: str) -> str:
    return name.replace("_", "-")


def _card(lines: Mapping[str, Any]) -> Table:
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    for name, value in lines.items():
        if value is not None and value != "":
            card.add_row(name, str(value))
    return card


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title not in LONG)
    return table
