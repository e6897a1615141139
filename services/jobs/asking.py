"""Asking a model for somebody: within their budget of the day, in a shape, and counted.

A call is counted when its answer is there, whatever it is worth. What is lost: the counts of a worker that dies, or
of a job that is stopped, between the answer and its being written down, and of calls that hung or broke off. And
calls of one person that run at the same time all see the counts from before them, so they may overspend together.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from chassis.database import Queries
from services.jobs import store_usage
from services.jobs.domain import Failure, JobFailed, Owner
from services.jobs.domain_model import (
    Answer,
    ChatModel,
    ModelAnswerInvalid,
    ModelAway,
    ModelError,
    ModelRefused,
    Prompt,
    Shape,
)
from services.jobs.domain_usage import Spent, next_day

T = TypeVar("T", bound=BaseModel)
AWAY = Failure("MODEL_AWAY", "The model cannot be reached at the moment.", True)
REFUSED = Failure("MODEL_REFUSED", "The model does not answer this.", False)
INVALID = Failure("MODEL_ANSWER_INVALID", "The model's answer was of no use.", True)
# In JSON, after no or pairs of backslashes.
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
# What every server understands of a schema. Limits are checked by us.
UNDERSTOOD = ("type", "items", "enum", "const", "anyOf", "description")


class Asking:
    """The model that actions ask."""

    def __init__(self, queries: Queries, model: ChatModel, daily_tokens: int, now: Callable[[], datetime]) -> None:
        """`daily_tokens` is what a person may spend in a UTC day, 0 for any number."""
        self._queries = queries
        self._model = model
        self._daily_tokens = daily_tokens
        self._now = now

    @property
    def name(self) -> str:
        """Which model it is."""
        return self._model.name

    async def ask(self, owner: Owner, kind: str, prompt: Prompt, shape: type[T]) -> T:
        """The answer, in this shape; raises JobFailed, or CairnError where the database is away."""
        await self._check(owner)
        try:
            answer = await self._model.answer(prompt, Shape(shape.__name__, strict_schema(shape)))
            found = _read(answer, shape)
        except ModelError as error:
            structlog.get_logger().warning("no answer from the model", kind=kind, why=str(error))
            if not isinstance(error, ModelAway):
                await self._count(owner, kind, error)
            raise JobFailed(*failure(error)) from None
        await self._count(owner, kind, answer)
        return found

    async def _check(self, owner: Owner) -> None:
        if not self._daily_tokens:
            return
        now = self._now()
        if await store_usage.tokens(self._queries, owner, now.date()) >= self._daily_tokens:
            raise JobFailed(spent(now))

    async def _count(self, owner: Owner, kind: str, paid: Answer | ModelError) -> None:
        await store_usage.add(self._queries, owner, Spent(self._now().date(), kind, self.name, 1, paid.usage))


def spent(now: datetime) -> Failure:
    """What a person is told whose budget is spent."""
    until = f"{next_day(now.date()):%Y-%m-%dT%H:%M:%SZ}"
    return Failure(
        "MODEL_BUDGET_SPENT", f"Your budget for the model is spent for today. The next is from {until}.", False
    )


def failure(error: ModelError) -> tuple[Failure, float | None]:
    """What a job says of it, and the seconds after which to try again where the server said so."""
    if isinstance(error, ModelAway):
        return AWAY, error.retry_after
    return (REFUSED if isinstance(error, ModelRefused) else INVALID), None


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a shape in the part of the language that structured output takes: every field required."""
    whole = shape.model_json_schema()
    there = {name: _strict(part) for name, part in whole.get("$defs", {}).items()}
    return {**_strict(whole), **({"$defs": there} if there else {})}


def _strict(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:  # nothing may stand beside it
        return {"$ref": part["$ref"]}
    found = {key: value for key, value in part.items() if key in UNDERSTOOD}
    if "items" in found:
        found["items"] = _strict(found["items"])
    if "anyOf" in found:
        found["anyOf"] = [_strict(each) for each in found["anyOf"]]
    if "properties" in part:
        found["properties"] = {name: _strict(each) for name, each in part["properties"].items()}
        found |= {"required": list(part["properties"]), "additionalProperties": False}
    return found


def _read(answer: Answer, shape: type[T]) -> T:
    try:
        found = shape.model_validate_json(answer.text, strict=True)
    except ValidationError as error:  # it quotes the answer, so only its kinds are passed on
        kinds = sorted({each["type"] for each in error.errors(include_input=False)})
        raise ModelAnswerInvalid(f"another shape: {', '.join(kinds)}", answer.usage) from None
    if NUL.search(found.model_dump_json()):  # PostgreSQL does not take it
        raise ModelAnswerInvalid("a NUL in it", answer.usage)
    return found
