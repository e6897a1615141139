"""Asking a chat model: what is asked, what comes back, and how it fails. No wire format here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

# Of an answer, unless a prompt says otherwise.
MAX_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: `system` is ours, `user` holds what people wrote, as data."""

    system: str
    user: str
    max_tokens: int = MAX_TOKENS
    # A picture that goes with it, as WebP.
    image: bytes = b""


class Usage(NamedTuple):
    """What one call costs."""

    input_tokens: int = 0
    output_tokens: int = 0
    audio_seconds: float = 0.0


NOTHING = Usage()


class Shape(NamedTuple):
    """What an answer must look like: a JSON schema, and its name."""

    name: str
    schema: Mapping[str, Any]


class Answer(NamedTuple):
    """What a model said: JSON as text, not yet looked at."""

    text: str
    usage: Usage


class ModelError(Exception):
    """It has no answer for us. `usage` is paid all the same."""

    def __init__(self, why: str, usage: Usage = NOTHING) -> None:
        """`why` is for the log, so it tells nothing of what was asked or answered."""
        super().__init__(why)
        self.usage = usage


class ModelAway(ModelError):
    """It cannot be asked now; perhaps it said for how many seconds."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        """Nothing is paid."""
        super().__init__(why)
        self.retry_after = retry_after


class ModelRefused(ModelError):
    """It never answers this."""


class ModelAnswerInvalid(ModelError):
    """What it said is of no use; the next answer may be another one."""


class ChatModel(Protocol):
    """A model that answers in a shape."""

    @property
    def name(self) -> str:
        """Which one it is."""

    async def answer(self, prompt: Prompt, shape: Shape) -> Answer:
        """What it says; raises ModelAway, ModelRefused or ModelAnswerInvalid."""

    async def aclose(self) -> None:
        """Give up what it holds."""
