"""Finds a title by asking a model. What it says counts only if it has the form of a title."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from services.jobs.asking import Asking
from services.jobs.domain import Failure, JobFailed, Owner
from services.jobs.domain_titles import TITLE, Finder, tidied
from services.jobs.prompts import prompt

NO_TITLE = Failure("MODEL_ANSWER_INVALID", "The model's answer is not a title.", True)


class Proposed(BaseModel):
    """What a model proposes."""

    title: str = Field(description="Three to six words in Title Case, without quotes and without a period.")


def by_model(asking: Asking) -> Finder:
    """Asks the model, where anything is said at all."""

    async def find(owner: Owner, texts: Sequence[str]) -> str | None:
        return await _title(asking, owner, texts) if texts else None

    return Finder(asking.name, find)


async def _title(asking: Asking, owner: Owner, texts: Sequence[str]) -> str:
    said = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(texts, 1))
    proposed = await asking.ask(owner, TITLE.name, prompt("title", messages=said), Proposed)
    found = tidied(proposed.title)
    if found is None:
        raise JobFailed(NO_TITLE)
    return found
