"""The local model: the same vectors as the original's, without holding up the event loop."""

import asyncio
import importlib.util
import json
import math
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from services.jobs import embedder_local
from services.jobs.domain_search import EmbedderAway, EmbedderMissing, Vector
from services.jobs.embedder import NoEmbedder, SearchSettings, embedder, warm
from services.jobs.embedder_http import HttpEmbedder
from services.jobs.embedder_local import AT_ONCE, LocalEmbedder, _parts

REFERENCE = json.loads((Path(__file__).parent / "minilm.json").read_text())
there = all(importlib.util.find_spec(name) for name in (*embedder_local.LIBRARIES, embedder_local.PACKAGE))
installed = pytest.mark.skipif(not there, reason="the local model is not installed")


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


@pytest.fixture
async def local() -> AsyncIterator[LocalEmbedder]:
    """The model, on one thread."""
    local = LocalEmbedder(1)
    yield local
    await local.aclose()


@installed
async def test_its_vectors_are_those_of_the_original(local: LocalEmbedder) -> None:
    vectors = await local.embed([each["text"] for each in REFERENCE["vectors"]])
    for vector, each in zip(vectors, REFERENCE["vectors"], strict=True):
        assert cosine(vector, each["vector"]) > 0.999
        assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-5)


@installed
async def test_a_text_has_the_same_vector_in_any_company(local: LocalEmbedder) -> None:
    texts = ["lunch", "", "a long text " * 300, "Grüße", "x" * 5000]
    alone: list[Vector] = [(await local.embed([text]))[0] for text in texts]
    together = await local.embed(texts * 2)
    assert all(cosine(one, other) > 0.99999 for one, other in zip(alone * 2, together, strict=True))
    assert await local.embed([]) == []


@installed
async def test_others_go_on_while_it_reads(local: LocalEmbedder) -> None:
    await local.embed(["warm"])
    reading = asyncio.create_task(local.embed(["some words to be read " * 40] * 8))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0.001)
    await reading
    assert turns > 20


class Encoder:
    """Stands in for the model, and remembers each time it was loaded."""

    loaded: ClassVar[list[int]] = []

    def __init__(self, threads: int) -> None:
        self.loaded.append(threads)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [[0] for _ in texts]

    def vectors(self, tokens: Sequence[Sequence[int]]) -> list[Vector]:
        return [[1.0] for _ in tokens]


async def test_the_model_is_loaded_once_and_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder_local, "_Encoder", Encoder)
    monkeypatch.setattr(embedder_local, "LIBRARIES", ())
    monkeypatch.setattr(embedder_local, "PACKAGE", "json")
    local = LocalEmbedder(3)
    assert Encoder.loaded == []
    await warm(local)
    assert Encoder.loaded == [3]
    await asyncio.gather(warm(local), local.embed(["x"]))
    await local.aclose()
    assert Encoder.loaded == [3]


async def test_a_model_that_cannot_be_loaded_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder_local, "_Encoder", lambda _: json.loads("broken"))
    monkeypatch.setattr(embedder_local, "LIBRARIES", ())
    monkeypatch.setattr(embedder_local, "PACKAGE", "json")
    local = LocalEmbedder(3)
    with capture_logs() as logs:
        await warm(local)
    assert [line["log_level"] for line in logs] == ["error"]
    await local.aclose()


async def test_only_the_local_model_is_loaded_beforehand() -> None:
    elsewhere = HttpEmbedder("http://127.0.0.1:1", "", "small", 1)
    for each in (elsewhere, NoEmbedder()):
        await warm(each)
    await elsewhere.aclose()


def test_texts_of_a_length_go_together() -> None:
    tokens = [[0] * length for length in (200, 3, 256, 3, 100, 256, 256, 256, 256)]
    parts = _parts(tokens)
    assert sorted(place for part in parts for place in part) == list(range(9))
    sizes = [len(part) * max(len(tokens[place]) for place in part) for part in parts]
    assert max(sizes) <= AT_ONCE


async def test_where_no_model_is_installed_searches_go_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder_local, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(EmbedderMissing, match="a_package_that_is_not_there"):
        LocalEmbedder()
    chosen = embedder(SearchSettings())
    assert isinstance(chosen, NoEmbedder)
    with pytest.raises(EmbedderAway):
        await chosen.embed(["x"])


async def test_an_address_is_asked_instead_of_the_local_model() -> None:
    chosen = embedder(SearchSettings(embeddings_url="http://127.0.0.1:1", embeddings_model="big"))
    assert isinstance(chosen, HttpEmbedder)
    assert chosen.model != HttpEmbedder("http://127.0.0.1:1", "", "small", 1).model
    await chosen.aclose()
