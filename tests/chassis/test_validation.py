"""Only requests that parse and keep every rule of the contract get through, and a refusal names the field."""

from typing import Any

import pytest
from grpc import StatusCode

from tests.chassis.echo import Client

GOOD = {"id": "01998a2e-0000-7000-8000-000000000000"}
BAD = {"id": "x"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"text": "x" * 21}, ["text"]),
        ({"parts": [GOOD, GOOD, BAD]}, ["parts[2].id"]),
        ({"parts": [BAD, GOOD, BAD], "text": "x" * 21}, ["text", "parts[0].id", "parts[2].id"]),
        ({"named": {"a": GOOD, "b": BAD}}, ["named[b].id"]),
        ({"yes": None}, ["choice"]),
    ],
)
async def test_the_field_is_named_by_its_path(echo: Client, fields: dict[str, Any], named: list[str]) -> None:
    refusal = await echo.refused("User", echo.ask(**fields))
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert sorted(refusal.fields) == sorted(named)
    assert refusal.message.startswith(refusal.fields[0])
    assert not echo.echo.calls


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05abc", b"\x0a\x02\xc3\x28", b"\x0b"])
async def test_what_does_not_parse_is_the_callers_mistake(echo: Client, data: bytes) -> None:
    refusal = await echo.refused("User", data)
    assert (refusal.code, refusal.reason, refusal.fields) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED", [])


async def test_a_field_that_a_newer_client_sends_is_passed_over(echo: Client) -> None:
    assert await echo.call("User", echo.ask("hi") + b"\x98\x06\x01") == ["hi"]


async def test_an_upload_is_meta_and_chunks_up_to_an_empty_one(echo: Client) -> None:
    meta, chunks = echo.piece(meta={"text": "m", "yes": True}), [echo.piece(chunk=data) for data in (b"a", b"b")]
    assert await echo.call("Upload", meta, *chunks, echo.piece(chunk=b"")) == ["m a b"]
    cut_off = await echo.refused("Upload", meta, *chunks)
    assert (cut_off.reason, cut_off.message) == ("VALIDATION_FAILED", "The file is cut off: an empty chunk ends it")
    assert (await echo.refused("Upload", meta, meta)).reason == "VALIDATION_FAILED"


async def test_a_stream_with_a_bad_beginning_is_not_served(echo: Client) -> None:
    for first in (echo.piece(meta={"text": "x" * 21, "yes": True}), echo.piece(chunk=b"a"), echo.piece()):
        assert (await echo.refused("Upload", first)).reason == "VALIDATION_FAILED"
    assert not echo.echo.calls
