"""The client of a chat model, against a real server that speaks OpenAI's protocol well or badly."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from services.jobs.domain_model import (
    NOTHING,
    Answer,
    ModelAnswerInvalid,
    ModelAway,
    ModelRefused,
    Prompt,
    Shape,
    Usage,
)
from services.jobs.model_http import ANSWER_BYTES, HttpChatModel
from tests.services.jobs.chat_server import MEGABYTES_10, ChatServer, Fault, chat_serving

PROMPT = Prompt("Be brief.", "My secret is 1234.", 50)
MISTAKEN = (401, 403, 404)
AWAY = (*MISTAKEN, 307, 429, 500, 502, 503)
SHAPE = Shape("Title", {"type": "object"})


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    """It says the number of characters of the question."""
    async with chat_serving() as server:
        server.says = lambda asked: {"length": len(asked["messages"][1]["content"])}
        yield server


@pytest.fixture
async def model(server: ChatServer) -> AsyncIterator[HttpChatModel]:
    """A client whose clock stands still."""
    model = HttpChatModel(server.url, server.key, "small", 10, lambda: 0.0)
    yield model
    await model.aclose()


async def test_it_is_asked_for_a_shape_and_answers(server: ChatServer, model: HttpChatModel) -> None:
    assert await model.answer(PROMPT, SHAPE) == Answer('{"length":18}', Usage(100, 20))
    assert server.heads == [("/v1/chat/completions", "Bearer a-key")]
    schema = {"name": "Title", "strict": True, "schema": {"type": "object"}}
    roles: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "My secret is 1234."}]
    shape = {"type": "json_schema", "json_schema": schema}
    assert server.asked == [{"model": "small", "messages": roles, "max_tokens": 50, "response_format": shape}]


async def test_what_is_not_counted_is_guessed(server: ChatServer, model: HttpChatModel) -> None:
    for usage in (None, {"prompt_tokens": -5, "completion_tokens": 1}, {"prompt_tokens": 10**12}):
        server.usage = usage
        assert (await model.answer(PROMPT, SHAPE)).usage == Usage(6, 3), usage


PAID = Usage(100, 20)
WRONG: dict[Fault, tuple[Any, Usage]] = {
    Fault.BREAK: (ModelAway, NOTHING),
    Fault.GARBAGE: (ModelAnswerInvalid, NOTHING),
    Fault.ANOTHER: (ModelAnswerInvalid, NOTHING),
    Fault.LONG: (ModelAnswerInvalid, NOTHING),
    Fault.ENDLESS: (ModelAnswerInvalid, NOTHING),
    Fault.COMPRESSED: (ModelAnswerInvalid, NOTHING),
    Fault.TRUNCATED: (ModelAnswerInvalid, PAID),
    Fault.REFUSAL: (ModelRefused, PAID),
    Fault.FILTERED: (ModelRefused, PAID),
}


async def test_answers_that_go_wrong(server: ChatServer, model: HttpChatModel) -> None:
    for fault, (error, usage) in WRONG.items():
        server.fault = fault
        with pytest.raises(error) as caught:
            await model.answer(PROMPT, SHAPE)
        assert (caught.value.usage, caught.value.__cause__) == (usage, None), fault
    server.fault = None
    assert await model.answer(PROMPT, SHAPE)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP])
async def test_nobody_waits_for_ever(server: ChatServer, fault: Fault) -> None:
    model = HttpChatModel(server.url, server.key, "small", 0.3)
    server.fault = fault
    with pytest.raises(ModelAway):
        await model.answer(PROMPT, SHAPE)
    await model.aclose()


async def test_what_is_too_long_is_not_read_to_its_end(server: ChatServer, model: HttpChatModel) -> None:
    server.fault = Fault.ENDLESS
    with pytest.raises(ModelAnswerInvalid):
        await model.answer(PROMPT, SHAPE)
    # What lies in the buffers of the two sockets is sent as well.
    assert server.sent < MEGABYTES_10 - ANSWER_BYTES


async def test_statuses(server: ChatServer, model: HttpChatModel) -> None:
    expected = dict.fromkeys((400, 413, 422), ModelRefused) | dict.fromkeys(AWAY, ModelAway)
    for status, error in expected.items():
        server.status = status
        with structlog.testing.capture_logs() as logs, pytest.raises(error):
            await model.answer(PROMPT, SHAPE)
        assert [entry["log_level"] for entry in logs] == ["error"] * (status in MISTAKEN), status


async def test_a_redirect_is_not_followed(server: ChatServer, model: HttpChatModel) -> None:
    server.status, server.headers = 307, {"location": "/v1/elsewhere"}
    with pytest.raises(ModelAway):
        await model.answer(PROMPT, SHAPE)
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("header", "pause"), [("7", 7.0), ("Thu, 01 Jan 1970 00:00:09 GMT", 9.0), ("999999", 300.0), ("soon", None)]
)
async def test_while_told_to_wait_nobody_asks(
    server: ChatServer, model: HttpChatModel, header: str, pause: float | None
) -> None:
    server.status, server.headers = 429, {"retry-after": header}
    for _ in range(2):
        with pytest.raises(ModelAway) as caught:
            await model.answer(PROMPT, SHAPE)
        assert caught.value.retry_after == pause
    assert len(server.asked) == (1 if pause else 2)


async def test_nobody_there() -> None:
    model = HttpChatModel("http://127.0.0.1:1/v1", "", "small", 0.5)
    with pytest.raises(ModelAway):
        await model.answer(PROMPT, SHAPE)
    await model.aclose()
