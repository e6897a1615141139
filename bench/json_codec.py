"""Three ways from JSON to protobuf and back, on messages of ours: `python -m bench.json_codec`.

Each way does the whole work of the gateway: from the bytes of a gRPC response to JSON, and from JSON to the bytes of a
gRPC request. They take turns, and what counts is the ratio within one round; the table has the median of the rounds.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from google.protobuf import json_format, message_factory
from protobuf.wkt import FileDescriptorSet

from gateway.body import parse
from gateway.contract import Contract, load
from gateway.decode import Decoders
from gateway.encode import Encoders

CONTRACT = Path(__file__).parents[1] / "gen" / "cairn.binpb"
ROUNDS = 9
ROUND_SECONDS = 0.2
WAYS = ("json_format", "protobuf-py", "compiled")

Way = Callable[[bytes], bytes]


def main() -> None:
    """Measure, and print the table in Markdown."""
    contract = load(CONTRACT.read_bytes())
    print(f"| work | bytes of JSON | {' | '.join(f'{way}, µs (x)' for way in WAYS)} |")
    print(f"| --- | ---: |{' ---: |' * len(WAYS)}")
    for name, type_name, fields in (
        ("one bookmark", "cairn.bookmarks.v1.Bookmark", bookmark(1)),
        ("list of 50", "cairn.bookmarks.v1.ListBookmarksResponse", page()),
    ):
        message = new(contract, type_name, fields)
        size = len(encoder(contract, type_name)["compiled"](message))
        row(f"{name}, out", size, encoder(contract, type_name), dict.fromkeys(WAYS, message))
    for name, type_name, fields in (
        ("save, in", "cairn.bookmarks.v1.SaveBookmarkRequest", {"target": {"message_id": "m-1"}, "note": "read this"}),
        ("feed of 1,000, in", "cairn.feed.v1.ApplyRequest", feed()),
    ):
        message = new(contract, type_name, fields)
        written = sent(contract, type_name, message)
        row(name, len(written["compiled"]), decoder(contract, type_name), written)


def row(name: str, size: int, ways: dict[str, Way], inputs: dict[str, bytes]) -> None:
    """Measure all ways in turn and print a line."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way in WAYS:
            times[way].append(microseconds(ways[way], inputs[way]))
    cells = []
    for way in WAYS:
        ratios = [ours / base for ours, base in zip(times[way], times[WAYS[0]], strict=True)]
        cells.append(f"{statistics.median(times[way]):,.0f} ({statistics.median(ratios):.2f})")
    print(f"| {name} | {size:,} | {' | '.join(cells)} |", flush=True)


def microseconds(way: Way, data: bytes) -> float:
    """The mean CPU time of a call, over a slice of time: it is all computing, and other processes do not count."""
    way(data)
    calls = 0
    start = time.thread_time()
    while time.thread_time() - start < ROUND_SECONDS:
        way(data)
        calls += 1
    return (time.thread_time() - start) / calls * 1e6


def encoder(contract: Contract, type_name: str) -> dict[str, Way]:
    """From a message's bytes to JSON."""
    descriptor = contract.pool.FindMessageTypeByName(type_name)
    build = message_factory.GetMessageClass(descriptor)
    native = _native(type_name)
    compiled = Encoders(contract.pool).of(descriptor)
    return {
        "json_format": lambda data: json_format.MessageToJson(
            build.FromString(data), indent=None, always_print_fields_with_no_presence=True
        ).encode(),
        "protobuf-py": lambda data: native.from_binary(data).to_json(always_emit_implicit=True).encode(),
        "compiled": lambda data: orjson.dumps(compiled(build.FromString(data))),
    }


def decoder(contract: Contract, type_name: str) -> dict[str, Way]:
    """From JSON to a message's bytes."""
    descriptor = contract.pool.FindMessageTypeByName(type_name)
    build = message_factory.GetMessageClass(descriptor)
    native = _native(type_name)
    compiled = Decoders(contract.pool).of(descriptor)
    return {
        "json_format": lambda data: json_format.Parse(data, build()).SerializeToString(),
        "protobuf-py": lambda data: native.from_json(data).to_binary(),
        "compiled": lambda data: build(**compiled(parse(data))).SerializeToString(),
    }


def sent(contract: Contract, type_name: str, message: bytes) -> dict[str, bytes]:
    """What a client sends: the same message, its enums as each way knows them."""
    descriptor = contract.pool.FindMessageTypeByName(type_name)
    plain = json_format.MessageToJson(message_factory.GetMessageClass(descriptor).FromString(message), indent=None)
    return dict.fromkeys(WAYS, orjson.dumps(orjson.loads(plain)))


def new(contract: Contract, type_name: str, fields: dict[str, Any]) -> bytes:
    """The bytes of a message."""
    build = message_factory.GetMessageClass(contract.pool.FindMessageTypeByName(type_name))
    return build(**fields).SerializeToString()


def bookmark(number: int) -> dict[str, Any]:
    """A bookmark of a message, as a list shows it."""
    at = {"seconds": 1_769_860_800 + number * 77, "nanos": 123_456_000}
    preview = f"Number {number}: shall we meet before the release, or after? I would rather have it done, to be fair"
    return {
        "id": f"018f3f5e-7b6a-7c3d-8e21-{number:012d}",
        "type": 1,
        "target": {"message_id": f"m-{number}"},
        "tags": ["release", "to-do"],
        "state": 1,
        "create_time": at,
        "update_time": at,
        "etag": f"W{number}",
        "available": True,
        "message": {
            "id": f"m-{number}",
            "preview": preview[:80] + "...",
            "author": {"id": "u-7", "name": "Zoë Example"},
            "conversation": {"id": "c-3", "kind": 1, "name": "general"},
            "sent_time": {"seconds": 1_769_000_000 + number},
        },
    }


def page() -> dict[str, Any]:
    """A page of fifty."""
    return {"bookmarks": [bookmark(each) for each in range(50)], "next_page_token": "t" * 80, "total_size": 5000}


def feed() -> dict[str, Any]:
    """A thousand messages."""
    return {
        "changes": [
            {
                "occurred_at": {"seconds": 1_769_000_000 + each},
                "message": {
                    "id": f"m-{each}",
                    "conversation_id": "c-3",
                    "author_id": f"u-{each % 50}",
                    "text": f"Number {each}: I would rather have it done, to be fair; what do the others say?",
                    "sent_at": {"seconds": 1_769_000_000 + each, "nanos": 500_000_000},
                    "role": 1,
                },
            }
            for each in range(1000)
        ]
    }


def _native(type_name: str) -> Any:
    registry = FileDescriptorSet.from_binary(CONTRACT.read_bytes()).to_registry()
    message: Any = registry.message(type_name)
    return message.type


if __name__ == "__main__":
    main()
