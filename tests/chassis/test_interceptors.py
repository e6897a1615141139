"""The chain round all four kinds of call, and its order: which error wins (row E01)."""

from typing import Any

import grpc
import pytest
from grpc import StatusCode

from chassis.errors import NotFound
from chassis.interceptors import bind
from tests.chassis.echo import Client, bearer

KINDS = ["User", "Watch", "Gather", "Chat"]
SECRET_TEXT = "a secret of the implementation"


@pytest.mark.parametrize(
    ("kind", "expected"), [("User", ["ab"]), ("Watch", ["a", "b"]), ("Gather", ["abcd"]), ("Chat", ["ab", "cd"])]
)
async def test_each_kind_of_call_is_answered(echo: Client, kind: str, expected: list[str]) -> None:
    assert await echo.call(kind, echo.ask("ab"), echo.ask("cd")) == expected
    assert {(call.require_caller().workspace, call.require_caller().user) for call in echo.echo.calls} == {("w", "ann")}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_nobody_foresaw_is_told_as_nothing_but_that(echo: Client, kind: str) -> None:
    echo.echo.failure = RuntimeError(SECRET_TEXT)
    refusal = await echo.refused(kind)
    assert (refusal.code, refusal.message) == (StatusCode.INTERNAL, "Internal error")
    assert len(refusal.status.details) == 0
    assert SECRET_TEXT not in str(refusal)
    assert refusal.trailing["x-request-id"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_there_yet_is_unimplemented(echo: Client, kind: str) -> None:
    echo.echo.failure = NotImplementedError(SECRET_TEXT)
    refusal = await echo.refused(kind)
    assert (refusal.code, refusal.message) == (StatusCode.UNIMPLEMENTED, "Not implemented")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_abort_of_grpc_passes(echo: Client, kind: str) -> None:
    async def abort(_request: Any, call: Any) -> None:
        await call.context.abort(StatusCode.DATA_LOSS, "as it was said")

    echo.echo.answering = abort
    refusal = await echo.refused(kind)
    assert (refusal.code, refusal.message) == (StatusCode.DATA_LOSS, "as it was said")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_named_error_is_told_after_what_was_answered_before_it(echo: Client, kind: str) -> None:
    class Gone(NotFound):
        """It is gone"""

        reason = "GONE"

    echo.echo.failure = Gone()
    refusal = await echo.refused(kind)
    assert (refusal.code, refusal.message, refusal.reason) == (StatusCode.NOT_FOUND, "It is gone", "GONE")


@pytest.mark.parametrize("kind", KINDS)
async def test_every_message_of_a_stream_is_validated(echo: Client, kind: str) -> None:
    asks = (echo.ask("ok"), echo.ask("x" * 21)) if kind in ("Gather", "Chat") else (echo.ask("x" * 21),)
    refusal = await echo.refused(kind, *asks)
    assert (refusal.code, refusal.fields) == (StatusCode.INVALID_ARGUMENT, ["text"])
    assert (await echo.refused(kind, b"\xff")).code is StatusCode.INVALID_ARGUMENT


async def test_responses_before_a_bad_message_arrive(echo: Client) -> None:
    coming = echo.stream("Chat", echo.ask("one"), echo.ask("two"), b"\xff")
    assert [await anext(coming), await anext(coming)] == ["one", "two"]
    with pytest.raises(grpc.aio.AioRpcError):
        await anext(coming)


async def test_e01_which_error_wins(echo: Client) -> None:
    wrong, right = echo.ask("x" * 21), echo.ask("ok")
    rich, poor = bearer(features=["echo"], sub="e01"), bearer(sub="e01")
    order = [
        (wrong, (), "CREDENTIALS_REQUIRED"),
        (wrong, (("authorization", "Bearer x"),), "CREDENTIALS_INVALID"),
        (wrong, poor, "FEATURE_REQUIRED"),
        (wrong, rich, "VALIDATION_FAILED"),
    ]
    for request, metadata, reason in order:
        assert (await echo.refused("Limited", request, metadata=metadata)).reason == reason
    for _ in range(2):
        await echo.call("Limited", right, metadata=rich)
    assert (await echo.refused("Limited", right, metadata=rich)).reason == "RATE_LIMITED"
    assert (await echo.refused("Limited", wrong, metadata=rich)).reason == "VALIDATION_FAILED"
    assert len(echo.echo.calls) == 2


def test_a_servicer_that_lacks_a_method_does_not_start(contract: Any) -> None:
    with pytest.raises(AttributeError, match="Public"):
        bind(contract, object(), [])
