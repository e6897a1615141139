"""Draws facts from what somebody wrote by asking a model, which is told what is known already.

What it answers is taken for no more than it is: a message is named by a number that we gave, and what is out of bounds
is left out.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import partial

from pydantic import BaseModel, Field

from services.jobs.asking import Asking
from services.jobs.domain import Owner
from services.jobs.domain_memories import (
    CONTENT,
    EXTRACTION,
    REASONING,
    Category,
    Extractor,
    Fact,
    Hint,
    Message,
    Window,
    clipped,
)
from services.jobs.extract_dates import FARTHEST
from services.jobs.prompts import prompt

# Of a message: the rest of it is not told.
TOLD = 4_000


class Said(BaseModel):
    """One fact, as a model tells it."""

    message: int = Field(description="The number of the message in which the person says so.")
    content: str = Field(description="The fact in the third person, 10 to 500 characters.")
    category: str = Field(description="identity, preference, project, context or relationship.")
    importance: int = Field(description="1 to 10.")
    confidence: float = Field(description="0 to 1.")
    reasoning: str = Field(description="Why it is worth remembering, 10 to 300 characters.")
    expiration_hint: str = Field(description="contextual, preference, deadline or temporary.")
    deadline: str | None = Field(default=None, description="The date of a deadline, as YYYY-MM-DD.")


class Facts(BaseModel):
    """What a model finds; none where nothing is worth it."""

    facts: list[Said]


def by_model(asking: Asking) -> Extractor:
    """The extractor that asks."""
    return Extractor(asking.name, partial(facts, asking))


async def facts(asking: Asking, owner: Owner, window: Window, known: Sequence[str]) -> list[Fact]:
    """What the model finds in the person's own messages; raises JobFailed."""
    asked = prompt(
        "memories",
        known="\n".join(f"- {each}" for each in known) or "None.",
        earlier="\n".join(_told(each, "") for each in window.earlier) or "None.",
        messages="\n".join(_told(each, f"[{number}] ") for number, each in enumerate(window.messages, 1)),
    )
    answer = await asking.ask(owner, EXTRACTION.name, asked, Facts)
    found = (_fact(said, window) for said in answer.facts)
    return [fact for fact in found if fact is not None]


def _told(message: Message, number: str) -> str:
    who = "USER" if message.own else "SOMEBODY ELSE"
    return f"{number}{who}, {message.sent_time:%Y-%m-%d}: {clipped(message.text, TOLD)}"


def _fact(said: Said, window: Window) -> Fact | None:
    """The fact, if it is one about the person, from a message of theirs."""
    message = window.messages[said.message - 1] if 1 <= said.message <= len(window.messages) else None
    if message is None or not message.own or said.category not in list(Category):
        return None
    if said.expiration_hint not in list(Hint):
        return None
    return Fact(
        message.id,
        clipped(said.content, CONTENT[1]),
        Category(said.category),
        said.importance,
        said.confidence,
        clipped(said.reasoning, REASONING[1]),
        Hint(said.expiration_hint),
        _day(said.deadline or "", message.sent_time),
    )


def _day(text: str, said: datetime) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        return day if abs(day - said.date()) <= FARTHEST else None
    return None
