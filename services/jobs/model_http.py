"""A chat model behind an address that speaks as OpenAI's /chat/completions does, with structured output."""

import base64
import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from services.jobs.domain_model import Answer, ModelAnswerInvalid, ModelRefused, Prompt, Shape, Usage
from services.jobs.model_server import Limits, ModelServer

ANSWER_BYTES = 1 << 20
# A token has about four characters; no more than that is taken for a token where the server counts none.
TOKEN_CHARACTERS = 4
Count = Annotated[int, Field(ge=0, le=100_000_000)]


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class _Counted(BaseModel):
    prompt_tokens: Count
    completion_tokens: Count


class HttpChatModel:
    """Asks a chat model. `aclose` it."""

    def __init__(
        self, url: str, key: str, model: str, timeout_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        """`url` is what stands before `/chat/completions`; `now` tells seconds since 1970."""
        self.name = model
        self._server = ModelServer(url, key, Limits(timeout_seconds, ANSWER_BYTES), now)

    async def answer(self, prompt: Prompt, shape: Shape) -> Answer:
        """What it says; raises ModelAway, ModelRefused or ModelAnswerInvalid."""
        said = await self._server.post("chat/completions", json=_asked(self.name, prompt, shape))
        try:
            choice = _Completion.model_validate(said, strict=True).choices[0]
        except ValidationError:
            raise ModelAnswerInvalid("no completion") from None
        text = choice.message.content or ""
        usage = _usage(said.get("usage"), prompt, text)
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise ModelRefused("it does not want to", usage)
        if choice.finish_reason == "length":
            raise ModelAnswerInvalid("it did not come to an end", usage)
        return Answer(text, usage)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()


def _asked(model: str, prompt: Prompt, shape: Shape) -> dict[str, Any]:
    said = [{"role": "system", "content": prompt.system}, {"role": "user", "content": _content(prompt)}]
    schema = {"name": shape.name, "strict": True, "schema": shape.schema}
    return {
        "model": model,
        "messages": said,
        "max_tokens": prompt.max_tokens,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _content(prompt: Prompt) -> str | list[dict[str, Any]]:
    if not prompt.image:
        return prompt.user
    url = f"data:image/jpeg;base64,{base64.b64encode(prompt.image).decode()}"
    return [{"type": "text", "text": prompt.user}, {"type": "image_url", "image_url": {"url": url}}]


def _usage(counted: object, prompt: Prompt, text: str) -> Usage:
    """What the server counted, or a guess where it did not: else a budget would never be spent."""
    try:
        counts = _Counted.model_validate(counted, strict=True)
    except ValidationError:
        return Usage((len(prompt.system) + len(prompt.user)) // TOKEN_CHARACTERS, len(text) // TOKEN_CHARACTERS)
    return Usage(counts.prompt_tokens, counts.completion_tokens)
