"""A server with models that speaks as OpenAI's does: one request, and every way in which it can go wrong."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import orjson
import structlog

from services.jobs.domain_model import ModelAnswerInvalid, ModelAway, ModelRefused
from services.jobs.pauses import Pauses

REFUSED = (httpx.codes.BAD_REQUEST, httpx.codes.REQUEST_ENTITY_TOO_LARGE, httpx.codes.UNPROCESSABLE_ENTITY)
# The operator can mend these, by a setting: the key, or the address and the model.
MISTAKEN = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)


class Limits(NamedTuple):
    """Of one call: seconds in all, however busy the server seems, and bytes of the answer."""

    seconds: float
    answer_bytes: int


class ModelServer:
    """Asks, and reads JSON. While the server has asked us to wait, it is not asked. Redirects are not followed."""

    def __init__(self, url: str, key: str, limits: Limits, now: Callable[[], float]) -> None:
        """`url` is what stands before `/chat/completions`; `now` tells seconds since 1970."""
        self._limits = limits
        self._pauses = Pauses(now)
        # Not compressed: what is small on the way could be of any size here.
        headers = {"accept-encoding": "identity"} | ({"authorization": f"Bearer {key}"} if key else {})
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=limits.seconds)

    async def post(self, path: str, **content: Any) -> Any:
        """What it answers; raises ModelAway, ModelRefused or ModelAnswerInvalid."""
        if wait := self._pauses.left:
            raise ModelAway("it asked us to wait", wait)
        try:
            async with asyncio.timeout(self._limits.seconds), self._client.stream("POST", path, **content) as answer:
                self._check(answer)
                body = await self._body(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ModelAway(type(error).__name__) from None
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise ModelAnswerInvalid("not JSON") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == httpx.codes.OK:
            return
        if status in REFUSED:
            raise ModelRefused(f"status {status}")
        if status in MISTAKEN:
            structlog.get_logger().error("the model server does not take our key, path or model", status=status)
        raise ModelAway(f"status {status}", self._pauses.told(answer.headers.get("retry-after", "")))

    async def _body(self, answer: httpx.Response) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise ModelAnswerInvalid("compressed, though nobody asked for it")
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > self._limits.answer_bytes:
                raise ModelAnswerInvalid("too long")
        return bytes(body)
