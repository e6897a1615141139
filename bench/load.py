"""One slot of load: a number of calls in flight at one address, for a while."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.wire import GrpcConnection, HttpConnection, Tally, grpc_message, header_block
from bench.workspace import Call

TICKS_PER_SECOND = 100
CONNECTIONS = 4


@dataclass(frozen=True)
class Arm:
    """A server under load: where it listens, what it speaks, and the processes whose CPU time it costs."""

    name: str
    port: int
    rest: bool
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Slot:
    """What one slot measured."""

    per_second: float
    p50: float
    cpu_us: float


async def run(arm: Arm, calls: Sequence[Call], in_flight: int, seconds: float) -> Slot:
    """Keep `in_flight` calls under way at the arm for `seconds`, or until there are no more."""
    requests = _http_requests(calls) if arm.rest else _grpc_requests(calls)
    tally = Tally(time.perf_counter() + seconds)
    cpu, started = _cpu_seconds(arm.pids), time.perf_counter()
    await _drive(arm, requests, in_flight, tally)
    elapsed, cpu = time.perf_counter() - started, _cpu_seconds(arm.pids) - cpu
    done = len(tally.seconds)
    if tally.failures or not done:
        raise RuntimeError(f"{arm.name}: {len(tally.failures)} of {done} calls failed: {tally.failures[:1]}")
    return Slot(done / elapsed, statistics.median(tally.seconds), cpu / done * 1e6)


async def _drive(arm: Arm, requests: Iterator[Any], in_flight: int, tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    connections = []
    for lanes in _lanes(in_flight, in_flight if arm.rest else CONNECTIONS):
        connect = (lambda: HttpConnection(requests, tally)) if arm.rest else _grpc_factory(requests, lanes, tally)
        _, connection = await loop.create_connection(connect, "127.0.0.1", arm.port)
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    for connection in connections:
        connection.close()


def _grpc_factory(requests: Iterator[Any], lanes: int, tally: Tally) -> Any:
    return lambda: GrpcConnection(requests, lanes, tally)


def _lanes(in_flight: int, connections: int) -> list[int]:
    used = min(in_flight, connections)
    return [in_flight // used] * used


def _grpc_requests(calls: Sequence[Call]) -> Iterator[tuple[bytes, bytes]]:
    return iter([(header_block(call.rpc, call.authorization), grpc_message(call.message)) for call in calls])


def _http_requests(calls: Sequence[Call]) -> Iterator[bytes]:
    return iter([_http_request(call) for call in calls])


def _http_request(call: Call) -> bytes:
    head = f"{call.verb} {call.path} HTTP/1.1\r\nhost: bench\r\nauthorization: {call.authorization}\r\n"
    if call.body:
        head += f"content-type: application/json\r\ncontent-length: {len(call.body)}\r\n"
    return head.encode() + b"\r\n" + call.body


def _cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time that the processes have used so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND
