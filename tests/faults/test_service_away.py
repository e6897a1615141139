"""The gateway with nobody behind it: says so at once, names who is missing, and finds them when they come."""

import signal
import time

import httpx

from tests.faults.cairn import SERVICES, Cairn
from tests.faults.world import until

LIST = "/api/v1/bookmarks"
AT_ONCE = 5.0


async def timed(client: httpx.AsyncClient, method: str, path: str) -> tuple[httpx.Response, float]:
    """An answer, and how long it took."""
    began = time.monotonic()
    answer = await client.request(method, path)
    return answer, time.monotonic() - began


async def ready(client: httpx.AsyncClient) -> bool:
    """Whether the gateway says that all is well."""
    return (await client.get("/readyz")).status_code == 200


async def test_nobody_there(cairn: Cairn) -> None:
    services, gateway = [cairn.process(name) for name in SERVICES], cairn.process("gateway")
    await gateway.start()
    async with cairn.client() as ann:
        for method in ("GET", "POST"):
            answer, seconds = await timed(ann, method, LIST)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert answer.json()["error"]["code"] == "UNAVAILABLE"
            assert "127.0.0.1" not in answer.text
            assert seconds < AT_ONCE
        readiness, _ = await timed(ann, "GET", "/readyz")
        assert readiness.status_code == 503
        assert readiness.json() == {"status": "unavailable", "upstreams": dict.fromkeys(SERVICES, "unreachable")}
        assert (await ann.get("/healthz")).status_code == 200
        for service in services:
            await service.start()
        await until(lambda: ready(ann))
        assert (await ann.get(LIST)).status_code == 200


async def test_gone_and_back_again(cairn: Cairn) -> None:
    service, *others = (cairn.process(name) for name in (*SERVICES, "gateway"))
    for process in (service, *others):
        await process.start()
    async with cairn.client() as ann:
        assert (await ann.get(LIST)).status_code == 200
        await service.end(signal.SIGKILL)
        answer, seconds = await timed(ann, "GET", LIST)
        assert (answer.status_code, seconds < AT_ONCE) == (503, True)
        await service.start()
        await until(lambda: ready(ann))
        assert (await ann.get(LIST)).status_code == 200


async def test_there_but_silent(cairn: Cairn) -> None:
    service, *others = (cairn.process(name) for name in SERVICES)
    for process in (service, *others, cairn.process("gateway", CAIRN_CALL_TIMEOUT="0.5")):
        await process.start()
    async with cairn.client() as ann:
        assert (await ann.get(LIST)).status_code == 200
        service.send(signal.SIGSTOP)
        answer, seconds = await timed(ann, "GET", LIST)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "TIMEOUT")
        assert seconds < AT_ONCE
        states = dict.fromkeys(SERVICES, "serving") | {"bookmarks": "unreachable"}
        assert (await ann.get("/readyz")).json()["upstreams"] == states
        service.send(signal.SIGCONT)
        await until(lambda: ready(ann))
        assert (await ann.get(LIST)).status_code == 200
