"""Pages beside the API: is it up, is it ready, and what it offers."""

from collections.abc import Mapping

import orjson

from gateway.app import Page
from gateway.envelope import JSON, Answer
from gateway.upstreams import Upstreams


def pages_of(version: str, upstreams: Upstreams, documents: Mapping[str, Answer]) -> dict[str, Page]:
    """All pages by path; `documents` never change."""

    async def health() -> Answer:
        return Answer(200, [JSON], orjson.dumps({"status": "ok", "version": version}))

    async def ready() -> Answer:
        states = await upstreams.health()
        is_ready = set(states.values()) <= {"serving"}
        body = {"status": "ready" if is_ready else "unavailable", "upstreams": states}
        return Answer(200 if is_ready else 503, [JSON], orjson.dumps(body))

    return {"/healthz": health, "/readyz": ready} | {path: _fixed(answer) for path, answer in documents.items()}


def _fixed(answer: Answer) -> Page:
    async def page() -> Answer:
        return answer

    return page
