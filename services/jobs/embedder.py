"""Which model reads messages: the local one, or one behind an address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import structlog

from chassis.settings import Rule
from services.jobs.domain_search import EmbedderAway, EmbedderMissing, Vector
from services.jobs.embedder_http import HttpEmbedder
from services.jobs.embedder_local import LocalEmbedder

Address = Annotated[
    str, Rule(lambda url: url.startswith(("http://", "https://")), "must start with http:// or https://")
]
Language = Annotated[
    str,
    Rule(lambda name: re.fullmatch(r"[a-z_]+", name) is not None, "must be a text search configuration of PostgreSQL"),
]


@dataclass(frozen=True)
class SearchSettings:
    """How messages are made to be found."""

    # How words are brought to their stems, such as english, german or simple (not at all).
    search_language: Language = "english"
    # A server that speaks as OpenAI's /embeddings; without it the local model is used.
    embeddings_url: Address = ""
    embeddings_key: str = ""
    embeddings_model: str = "text-embedding-3-small"
    embeddings_timeout_seconds: Annotated[float, Rule(lambda seconds: seconds > 0, "must be above 0")] = 10.0
    # Threads of the local model; 0: as many as there are processors.
    embeddings_threads: Annotated[int, Rule(lambda number: number >= 0, "must be 0 or more")] = 0


class Embedder(Protocol):
    """Makes vectors of texts."""

    @property
    def model(self) -> str:
        """What its vectors are of: only vectors of one model can be compared."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """A vector for each text; raises EmbedderAway or EmbedderRefused."""

    async def aclose(self) -> None:
        """Give up what it holds."""


class NoEmbedder:
    """Stands where no model is installed: searches go by words only."""

    model = "none"

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """None can be made."""
        raise EmbedderAway(f"no model is installed for {len(texts)} texts")

    async def aclose(self) -> None:
        """Nothing to give up."""


async def warm(embedder: Embedder) -> None:
    """Load the local model, lest the first search waits for it in vain."""
    if isinstance(embedder, LocalEmbedder):
        log = structlog.get_logger()
        try:
            await embedder.embed([""])
        except Exception:  # whatever breaks in the libraries of the model: everything else goes on
            log.exception("the model cannot be loaded")


def embedder(settings: SearchSettings) -> Embedder:
    """The model that the settings ask for."""
    if settings.embeddings_url:
        limits = settings.embeddings_timeout_seconds
        return HttpEmbedder(settings.embeddings_url, settings.embeddings_key, settings.embeddings_model, limits)
    try:
        return LocalEmbedder(settings.embeddings_threads)
    except EmbedderMissing as error:
        structlog.get_logger().warning("search by words only", error=str(error))
        return NoEmbedder()
