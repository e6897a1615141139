"""The service of echo.proto in this process, behind the real chain of interceptors, and a client of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from grpc_tools import protoc  # type: ignore[import-untyped]

from buf.validate import validate_pb2
from cairn.policy.v1 import policy_pb2
from chassis import server
from chassis.identity import Caller, IdentitySettings
from chassis.interceptors import Call
from chassis.limits import Limits
from chassis.server import Served, ServerSettings
from chassis.telemetry import TelemetrySettings

HERE = Path(__file__).parent
SECRET = "only for tests, and long enough for them"
KEY = "key-of-the-tests-0123456789"
PERSON = Caller("w", "ann")
Metadata = tuple[tuple[str, str], ...]


def compile_contract(folder: Path) -> ServiceDescriptor:
    """Compile echo.proto, as `protos/generate.py` does it for ours, into the pool that our options live in."""
    out, known = folder / "echo.binpb", HERE.parents[1] / "gen" / "cairn.binpb"
    arguments = [f"--descriptor_set_in={known}", f"-I{HERE}", f"--descriptor_set_out={out}", "echo.proto"]
    assert protoc.main(["protoc", *arguments]) == 0
    assert validate_pb2.DESCRIPTOR.pool is policy_pb2.DESCRIPTOR.pool is Default(), "what echo.proto imports is there"
    (file,) = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    Default().Add(file)
    found: ServiceDescriptor = Default().FindServiceByName("echo.v1.Echo")
    return found


def token(secret: str = SECRET, **claims: Any) -> str:
    """A token of Ann's; claims that are None are left out."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    given = {"sub": "ann", "workspace": "w", "iss": "cairn", "aud": "cairn", "exp": expires, **claims}
    return jwt.encode({name: value for name, value in given.items() if value is not None}, secret)


def bearer(**claims: Any) -> Metadata:
    return (("authorization", f"Bearer {token(**claims)}"),)


def service_key(user: str = "", workspace: str = "w", key: str = KEY) -> Metadata:
    sent = (("authorization", f"Service {key}"), ("x-cairn-workspace", workspace), ("x-cairn-user", user))
    return tuple((name, value) for name, value in sent if value)


@dataclass
class Echo:
    """Answers with the text it was asked, and remembers its callers. `failure` is raised instead, where set."""

    response: Any
    failure: BaseException | None = None
    calls: list[Call] = field(default_factory=list)
    # What to do with a request, where it is something else.
    answering: Callable[[Any, Call], Awaitable[Any]] | None = None

    async def answer(self, request: Any, call: Call) -> Any:
        self.calls.append(call)
        if self.failure:
            raise self.failure
        if self.answering:
            return await self.answering(request, call)
        return self.response(text=request.text)

    Public = User = Service = Closed = Limited = answer

    async def watch(self, request: Any, call: Call) -> AsyncIterator[Any]:
        for letter in request.text:
            yield await self.answer(self.response(text=letter), call)

    async def gather(self, requests: AsyncIterator[Any], call: Call) -> Any:
        text = "".join([request.text async for request in requests])
        return await self.answer(self.response(text=text), call)

    async def upload(self, parts: AsyncIterator[Any], call: Call) -> Any:
        self.calls.append(call)
        return self.response(text=" ".join([part.meta.text or part.chunk.decode() async for part in parts]))

    async def chat(self, requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
        async for request in requests:
            yield await self.answer(request, call)

    Watch, Gather, Upload, Chat = watch, gather, upload, chat


@dataclass
class Client:
    """A client of a running Echo. Calls are made with Ann's token unless told otherwise."""

    service: ServiceDescriptor
    echo: Echo
    channel: grpc.aio.Channel
    address: str = ""

    def ask(self, text: str = "hi", **fields: Any) -> bytes:
        """A request, as bytes."""
        given = {"text": text, "yes": True, **fields}
        data: bytes = GetMessageClass(self.service.methods_by_name["User"].input_type)(**given).SerializeToString()
        return data

    def piece(self, **part: Any) -> bytes:
        """A part of an upload, as bytes."""
        data: bytes = GetMessageClass(self.service.methods_by_name["Upload"].input_type)(**part).SerializeToString()
        return data

    async def call(self, method: str, *asks: bytes, metadata: Metadata | None = None) -> list[str]:
        """The texts of the responses to a call of any kind."""
        return [text async for text in self.stream(method, *asks, metadata=metadata)]

    async def stream(self, method: str, *asks: bytes, metadata: Metadata | None = None) -> AsyncIterator[str]:
        """The texts as they come."""
        kinds = self.service.methods_by_name[method]
        kind: Any = {
            (False, False): self.channel.unary_unary,
            (False, True): self.channel.unary_stream,
            (True, False): self.channel.stream_unary,
            (True, True): self.channel.stream_stream,
        }[kinds.client_streaming, kinds.server_streaming]
        sent: Any = iter(asks or (self.ask(),)) if kinds.client_streaming else (asks or (self.ask(),))[0]
        decode = GetMessageClass(kinds.output_type).FromString
        multi = kind(f"/echo.v1.Echo/{method}", response_deserializer=decode)
        running = multi(sent, metadata=bearer() if metadata is None else metadata, timeout=10)
        if not kinds.server_streaming:
            yield (await running).text
            return
        async for response in running:
            yield response.text

    async def refused(self, method: str, *asks: bytes, metadata: Metadata | None = None) -> "Refusal":
        """How a call that must fail fails."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, *asks, metadata=metadata)
        return Refusal.of(caught.value)


@dataclass(frozen=True)
class Refusal:
    """How a call failed, as a client sees it."""

    code: grpc.StatusCode
    message: str
    status: status_pb2.Status
    trailing: dict[str, Any]

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "Refusal":
        """Read the details of an error."""
        status = rpc_status.from_call(error) or status_pb2.Status()  # type: ignore[arg-type]
        trailing = {key: value for key, value in error.trailing_metadata() or () if isinstance(key, str)}
        return cls(error.code(), error.details() or "", status, trailing)

    def detail(self, kind: Callable[[], Any]) -> Any:
        """The detail of a kind; an empty one where there is none."""
        found = kind()
        for each in self.status.details:
            each.Unpack(found)
        return found

    @property
    def reason(self) -> str:
        """What programs go by."""
        return str(self.detail(error_details_pb2.ErrorInfo).reason)

    @property
    def fields(self) -> list[str]:
        """The fields that were wrong."""
        return [each.field for each in self.detail(error_details_pb2.BadRequest).field_violations]


@asynccontextmanager
async def running(service: ServiceDescriptor, redis_url: str) -> AsyncIterator[tuple[Client, grpc.aio.Server]]:
    """An Echo on a port of its own."""
    identity = IdentitySettings(jwt_secret=SECRET, service_keys=(f"tests:{KEY}",))
    settings = ServerSettings(redis_url, identity, TelemetrySettings())
    echo = Echo(GetMessageClass(service.methods_by_name["User"].output_type))
    limits = Limits(redis_url, lambda: 0.0)
    listening = server.make_server([Served(service, echo)], server.interceptors(settings, limits))
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(service, echo, channel, f"127.0.0.1:{port}"), listening
    await listening.stop(None)
    await limits.aclose()
