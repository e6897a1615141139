"""Asking a model over a socket for somebody: shapes, budgets, and what is counted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import pytest
import structlog
from pydantic import BaseModel, Field

from services.jobs import store_usage
from services.jobs.asking import Asking, strict_schema
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_model import Prompt, Usage
from services.jobs.domain_usage import Spent
from services.jobs.model_http import HttpChatModel
from services.jobs.upkeep import Upkeep
from tests.services.jobs.chat_server import ChatServer, Fault, chat_serving
from tests.services.jobs.library import Library
from tests.services.jobs.stage import Stage

ANN = Owner("w", "ann")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOON.date()
SECRET = "the secret of a person"
PROMPT = Prompt("Be brief.", SECRET)


class Part(BaseModel):
    """A part of it."""

    kind: Literal["a", "b"]
    weight: float = Field(ge=0, description="In kilograms.")


class Whole(BaseModel):
    """All of it."""

    name: str = Field(max_length=10)
    parts: list[Part] = []
    note: str | None = None


@dataclass
class World:
    """Somebody who may ask."""

    server: ChatServer
    model: HttpChatModel
    stage: Stage
    daily_tokens: int = 0

    async def ask(self, owner: Owner = ANN, now: datetime = NOON) -> Whole:
        """The answer."""
        asking = Asking(self.stage.database, self.model, self.daily_tokens, lambda: now)
        return await asking.ask(owner, "title", PROMPT, Whole)

    async def failure(self, owner: Owner = ANN) -> tuple[str, bool, float | None]:
        """How asking fails; nothing that was asked or answered is in the log or the message."""
        with structlog.testing.capture_logs() as logs, pytest.raises(JobFailed) as caught:
            await self.ask(owner)
        told = f"{logs} {caught.value.failure} {caught.value.__cause__}"
        assert not [word for word in (SECRET, self.server.key, "Boats", "unexpected") if word in told], told
        return caught.value.failure.reason, caught.value.failure.retryable, caught.value.retry_after

    async def spent(self, owner: Owner = ANN) -> list[Any]:
        """What is written down of this person."""
        return list(await store_usage.between(self.stage.database, owner, date(2020, 1, 1), date(2030, 1, 1)))


@pytest.fixture
async def world(stage: Stage) -> AsyncIterator[World]:
    """Nothing is spent, and the model knows about boats."""
    await stage.sql("truncate jobs.usage")
    async with chat_serving() as server:
        server.says = lambda _: {"name": "Boats", "parts": [{"kind": "a", "weight": 1}], "note": None}
        model = HttpChatModel(server.url, server.key, "small", 5, lambda: 0.0)
        yield World(server, model, stage)
        await model.aclose()


def test_a_schema_says_what_every_server_understands() -> None:
    weight = {"type": "number", "description": "In kilograms."}
    assert strict_schema(Whole) == {
        "type": "object",
        "description": "All of it.",
        "properties": {
            "name": {"type": "string"},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["name", "parts", "note"],
        "additionalProperties": False,
        "$defs": {
            "Part": {
                "type": "object",
                "description": "A part of it.",
                "properties": {"kind": {"type": "string", "enum": ["a", "b"]}, "weight": weight},
                "required": ["kind", "weight"],
                "additionalProperties": False,
            }
        },
    }


async def test_an_answer_comes_in_its_shape_and_is_counted(world: World) -> None:
    for _ in range(2):
        assert await world.ask() == Whole(name="Boats", parts=[Part(kind="a", weight=1)])
    schema = world.server.asked[0]["response_format"]["json_schema"]
    assert schema == {"name": "Whole", "strict": True, "schema": strict_schema(Whole)}
    assert await world.spent() == [Spent(TODAY, "title", "small", 2, Usage(200, 40))]


async def test_failures_and_what_is_paid_of_them(world: World) -> None:
    invalid, calls = ("MODEL_ANSWER_INVALID", True, None), 0
    expected = {
        Fault.WRONG_SHAPE: invalid,
        Fault.TRUNCATED: invalid,
        Fault.REFUSAL: ("MODEL_REFUSED", False, None),
    }
    for fault, failure in expected.items():
        world.server.fault, calls = fault, calls + 1
        assert await world.failure() == failure, fault
        assert [(each.calls, each.usage) for each in await world.spent()] == [(calls, Usage(100 * calls, 20 * calls))]
    world.server.fault = None
    for said in (
        "Boats!",
        {"name": "Boats" * 9},
        {"name": "1", "parts": [{"kind": "a", "weight": "1"}]},
        {"name": "\0"},
        {"name": "Boats", "parts": [{"kind": "c"}]},
    ):
        world.server.says = lambda _, said=said: said  # type: ignore[misc]
        assert await world.failure() == invalid, said
    world.server.status, world.server.headers = 503, {"retry-after": "7"}
    assert await world.failure() == ("MODEL_AWAY", True, 7.0)
    assert [each.calls for each in await world.spent()] == [calls + 5]


async def test_a_spent_budget_is_one_persons_until_the_next_day(world: World) -> None:
    world.daily_tokens = 240
    await world.ask()
    await world.ask()
    assert await world.failure() == ("MODEL_BUDGET_SPENT", False, None)
    with pytest.raises(JobFailed) as caught:
        await world.ask(now=NOON.replace(hour=23))
    assert "2026-11-24T00:00:00Z" in caught.value.failure.message
    assert len(world.server.asked) == 2
    await world.ask(Owner("w", "bob"))
    await world.ask(Owner("other", "ann"))
    await world.ask(now=NOON.replace(day=24))
    assert len(world.server.asked) == 5


async def test_counts_go_with_the_person_and_after_a_year(world: World) -> None:
    bob = Owner("w", "bob")
    library = Library(world.stage.database, workspace="w")
    await library.feed({"user": {"id": "ann"}}, {"user": {"id": "bob"}})
    database, day = world.stage.database, datetime.now(UTC).date()
    for owner in (ANN, bob, Owner("other", "ann")):
        await store_usage.add(database, owner, Spent(day, "title", "small", 1, Usage(1, 1)))
    await library.feed({"user_deleted": {"id": "ann"}})
    await store_usage.add(database, ANN, Spent(day, "title", "small", 1, Usage(1, 1)))
    counted = [len(await world.spent(owner)) for owner in (ANN, bob, Owner("other", "ann"))]
    assert counted == [0, 1, 1]
    await world.stage.sql("update jobs.usage set day = day - 366 where user_id = 'bob'")
    await world.stage.sql("update jobs.usage set day = day - 365 where user_id = 'ann'")
    await Upkeep(database, lambda *_: None).tidy()
    assert [len(await world.spent(owner)) for owner in (bob, Owner("other", "ann"))] == [0, 1]
