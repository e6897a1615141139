"""The server itself: what needs no credential, TLS, and a graceful end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from chassis.channels import OPTIONS, open_channel
from chassis.identity import IdentitySettings
from chassis.interceptors import Call
from chassis.server import Served, ServerSettings, TlsSettings, serve
from chassis.telemetry import TelemetrySettings
from tests.chassis.echo import SECRET, Client, Echo, running

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def settings(redis_url: str) -> ServerSettings:
    return ServerSettings(redis_url, IdentitySettings(jwt_secret=SECRET), TelemetrySettings())


@asynccontextmanager
async def served(
    contract: ServiceDescriptor, settings: ServerSettings, port: int, ca_file: str = ""
) -> AsyncIterator[tuple[Client, "asyncio.Task[None]"]]:
    """A process of ours, but for the process: it ends as it would, on SIGTERM."""
    echo = Echo(GetMessageClass(contract.methods_by_name["User"].output_type))
    task = asyncio.create_task(serve([Served(contract, echo)], settings, port))
    async with open_channel(f"localhost:{port}", ca_file) as channel:
        await asyncio.wait_for(channel.channel_ready(), 10)
        client = Client(contract, echo, channel)
        async with asyncio.timeout(10):
            while await health(client) != SERVING:
                pass
        yield client, task
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 10)


async def health(client: Client, service: str = "") -> Any:
    stub: Any = health_pb2_grpc.HealthStub(client.channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status


async def test_health_and_reflection_need_no_credential(
    contract: ServiceDescriptor, settings: ServerSettings, free_port: Callable[[], int]
) -> None:
    async with served(contract, settings, free_port()) as (client, _):
        assert await health(client, "echo.v1.Echo") == SERVING
        assert (await client.refused("User", metadata=())).code is grpc.StatusCode.UNAUTHENTICATED
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(client.channel)  # type: ignore[arg-type]
        asked = [
            reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(file_containing_symbol="echo.v1.Echo"),
        ]
        listed, file = [answer async for answer in stub.ServerReflectionInfo(iter(asked), timeout=5)]
        names = {service.name for service in listed.list_services_response.service}
        assert {"echo.v1.Echo", "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} <= names
        assert b"echo.proto" in file.file_descriptor_response.file_descriptor_proto[0]


async def test_a_signal_drains(
    contract: ServiceDescriptor, settings: ServerSettings, free_port: Callable[[], int]
) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def wait(request: Any, _call: Any) -> Any:
        arrived.set()
        await release.wait()
        return request

    async with served(contract, settings, free_port()) as (client, task):
        client.echo.answering = wait
        running = asyncio.ensure_future(client.call("User"))
        async with asyncio.timeout(10):
            await arrived.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            while await attempt(client) is not grpc.StatusCode.UNAVAILABLE:
                pass
        assert not running.done()
        assert not task.done()
        release.set()
        assert await running == ["hi"]
        await asyncio.wait_for(task, 10)


async def attempt(client: Client) -> grpc.StatusCode:
    """How a new call fails, which is not waited for long."""
    stub: Any = client.channel.unary_unary("/echo.v1.Echo/Public")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub(client.ask(), timeout=0.05)
    return caught.value.code()


async def test_the_end_comes_even_if_a_call_does_not_end(
    contract: ServiceDescriptor, settings: ServerSettings, free_port: Callable[[], int]
) -> None:
    arrived = asyncio.Event()

    async def never(_request: Any, _call: Any) -> None:
        arrived.set()
        await asyncio.Event().wait()

    hasty = replace(settings, drain_seconds=0.05)
    async with served(contract, hasty, free_port()) as (client, task):
        client.echo.answering = never
        running = asyncio.ensure_future(client.refused("User"))
        async with asyncio.timeout(10):
            await arrived.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            with capture_logs() as logs:
                await task
        assert (await running).code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
    assert [line["calls"] for line in logs if line["event"] == "still draining"] == [{"/echo.v1.Echo/User": 1}]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC) - timedelta(minutes=1)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(hours=1)
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    shape = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*shape))
    return str(certificate), str(private)


async def test_tls(
    contract: ServiceDescriptor,
    settings: ServerSettings,
    free_port: Callable[[], int],
    certificate: tuple[str, str],
) -> None:
    secure, port = replace(settings, tls=TlsSettings(*certificate)), free_port()
    async with served(contract, secure, port, certificate[0]) as (client, _):
        assert await client.call("User") == ["hi"]
        async with open_channel(f"localhost:{port}") as plain:
            refusal = await Client(contract, client.echo, plain).refused("User")
            assert refusal.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("half", [{"tls_certificate": "c.pem"}, {"tls_key": "k.pem"}], ids=["certificate", "key"])
def test_half_of_tls_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="CAIRN_TLS_CERTIFICATE and CAIRN_TLS_KEY must be set together"):
        TlsSettings(**half)


async def test_a_stream_may_be_quiet_for_as_long_as_it_likes(contract: ServiceDescriptor, redis_url: str) -> None:
    """Clients ask whether we are here; for doing that often, gRPC cuts the whole connection unless told otherwise."""
    speak = asyncio.Event()

    async def wait(request: Any, _call: Call) -> Any:
        await speak.wait()
        return request

    async with running(contract, redis_url) as (client, _):
        client.echo.answering = wait
        often = {"grpc.keepalive_time_ms": 20}
        options = [(name, often.get(name, value)) for name, value in OPTIONS]
        async with grpc.aio.insecure_channel(client.address, options=options) as channel:
            listening = asyncio.create_task(replace(client, channel=channel).call("Watch", client.ask("x")))
            # Questions go out once a second at most; by default the fourth is one too many.
            await asyncio.wait([listening], timeout=4.5)
            speak.set()
            assert await listening == ["x"]
