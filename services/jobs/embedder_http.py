"""A model behind an address that speaks as OpenAI's /embeddings does."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from services.jobs.domain_search import DIMENSIONS, EmbedderAway, EmbedderRefused, Vector
from services.jobs.pauses import Pauses

AT_ONCE = 64
# About as many as the smallest of the usual limits, 2,000 tokens, allows.
MAX_CHARACTERS = 8_000
REFUSED = (httpx.codes.BAD_REQUEST, httpx.codes.REQUEST_ENTITY_TOO_LARGE, httpx.codes.UNPROCESSABLE_ENTITY)


class HttpEmbedder:
    """Asks for vectors. While the server has asked us to wait, it is not asked."""

    def __init__(
        self, url: str, key: str, model: str, timeout_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        """`url` is what stands before `/embeddings`; `now` tells seconds since 1970."""
        self.model = f"{model}@{DIMENSIONS}"
        self._name = model
        self._pauses = Pauses(now)
        self._seconds = timeout_seconds
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout_seconds)

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length one for each text."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), AT_ONCE):
            vectors += await self._some([text[:MAX_CHARACTERS] for text in texts[start : start + AT_ONCE]])
        return vectors

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _some(self, texts: list[str]) -> list[Vector]:
        if wait := self._pauses.left:
            raise EmbedderAway("it asked us to wait", wait)
        asked = {"model": self._name, "input": texts, "dimensions": DIMENSIONS, "encoding_format": "float"}
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.post("embeddings", json=asked)
        except (httpx.HTTPError, TimeoutError) as error:
            raise EmbedderAway(type(error).__name__) from error
        if answer.status_code in REFUSED:
            raise EmbedderRefused(f"status {answer.status_code}")
        if answer.status_code != httpx.codes.OK:
            pause = self._pauses.told(answer.headers.get("retry-after", ""))
            raise EmbedderAway(f"status {answer.status_code}", pause)
        return _vectors(answer, len(texts))


def _vectors(answer: httpx.Response, count: int) -> list[Vector]:
    """The vectors in the order of the texts, whatever order they came in."""
    try:
        data = sorted(answer.json()["data"], key=lambda each: each["index"])
        vectors = [_unit(each["embedding"]) for each in data]
    except (KeyError, TypeError, ValueError) as error:
        raise EmbedderAway(f"an answer that makes no sense: {type(error).__name__}") from error
    if len(vectors) != count:
        raise EmbedderAway(f"{len(vectors)} vectors for {count} texts")
    return vectors


def _unit(numbers: Any) -> Vector:
    length = math.hypot(*numbers)
    if len(numbers) != DIMENSIONS or not math.isfinite(length) or length == 0:
        raise ValueError(f"{len(numbers)} numbers of length {length}")
    return [number / length for number in numbers]
