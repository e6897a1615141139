"""A gateway on real sockets, in front of a service that it learns of from a contract compiled for these tests."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import uvicorn
from google.api import httpbody_pb2
from grpc_tools import protoc  # type: ignore[import-untyped]

from chassis.identity import IdentitySettings
from chassis.telemetry import TelemetrySettings
from gateway.__main__ import application
from gateway.contract import Contract, load
from gateway.settings import EdgeSettings, Settings
from gateway.upstreams import Backends
from tests.gateway.library import SERVICE, Library, library_server

HERE = Path(__file__).parent
SECRET = "only-for-tests-only-for-tests-only-for-tests"
SERVICE_KEY = "feed-key-for-the-tests"
IDENTITY = IdentitySettings(jwt_secret=SECRET, service_keys=(f"feed:{SERVICE_KEY}",))
OPEN_HANDED = EdgeSettings(user_rate_limit=1_000_000, address_rate_limit=1_000_000)


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The contract of the library."""
    out = tmp_path_factory.mktemp("contract") / "library.binpb"
    known = HERE.parents[1] / "gen" / "cairn.binpb"
    well_known = Path(protoc.__file__).parent / "_proto"
    google = Path(httpbody_pb2.__file__).parents[2]
    places = [f"-I{path}" for path in (HERE, well_known, google)]
    arguments = [f"--descriptor_set_in={known}", *places, f"--descriptor_set_out={out}"]
    assert protoc.main(["protoc", *arguments, "--include_imports", "--include_source_info", "library.proto"]) == 0
    return load(out.read_bytes())


@dataclass
class Running:
    """A gateway and the service behind it, in a thread of their own."""

    library: Library = field(repr=False)
    settings: Settings
    url: str = ""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self, user: str = "") -> httpx.Client:
        """A client, of a person if one is named."""
        headers = {"authorization": f"Bearer {token(user)}"} if user else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=10)


def token(user: str, workspace: str = "w") -> str:
    claims = {"iss": "cairn", "aud": "cairn", "exp": time.time() + 600, "sub": user, "workspace": workspace}
    return jwt.encode(claims, SECRET, "HS256")


@pytest.fixture(scope="session")
def run_gateway(
    contract: Contract, redis_url: str
) -> Callable[[EdgeSettings], contextlib.AbstractContextManager[Running]]:
    """Starts a gateway with given rules at its edge."""
    settings = Settings(redis_url, IDENTITY, TelemetrySettings(), OPEN_HANDED, drain_seconds=5)

    @contextlib.contextmanager
    def run(edge: EdgeSettings, redis: str = redis_url, identity: IdentitySettings = IDENTITY) -> Iterator[Running]:
        running = Running(Library(contract), replace(settings, edge=edge, redis_url=redis, identity=identity))
        ready = threading.Event()
        thread = threading.Thread(target=lambda: running.loop.run_until_complete(_run(running, ready)))
        thread.start()
        ready.wait(10)
        yield running
        running.loop.call_soon_threadsafe(running.stopping.set)
        thread.join(10)
        running.loop.close()

    return run


async def _run(running: Running, ready: threading.Event) -> None:
    server, port = await library_server(running.library)
    backends = Backends(running.library.contract, {SERVICE: ("library",)}, {"library": f"127.0.0.1:{port}"})
    async with application(running.settings, backends, running.stopping) as app:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            running.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            web = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", http="httptools", log_config=None))
            serving = asyncio.ensure_future(web.serve([listener]))
            ready.set()
            await running.stopping.wait()
            web.should_exit = True
            await serving
    await server.stop(0)


@pytest.fixture(scope="session")
def gateway(run_gateway: Callable[..., Any]) -> Iterator[Running]:
    """One gateway for all tests that need nothing special."""
    with run_gateway(OPEN_HANDED) as running:
        yield running


@pytest.fixture
def client(gateway: Running) -> Iterator[httpx.Client]:
    """A client without a credential."""
    with gateway.client() as client:
        yield client


@pytest.fixture
def library(gateway: Running) -> Library:
    """The service behind the gateway."""
    return gateway.library
