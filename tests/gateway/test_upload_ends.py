"""What a service says while we still send is what is told, over a real connection."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc

from gateway.uploads import _answer

METHOD = "/library.Scans/Upload"


class Refusing(grpc.GenericRpcHandler):
    """A service that refuses whatever it is sent, and does not wait for it."""

    def service(self, _: grpc.HandlerCallDetails) -> Any:
        """The one method."""
        return grpc.stream_unary_rpc_method_handler(refuse)


async def refuse(_: AsyncIterator[bytes], context: grpc.aio.ServicerContext[Any, Any]) -> None:
    context.set_trailing_metadata((("why", "closed"),))
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "closed")


async def said(channel: grpc.aio.Channel) -> tuple[str, str | None, Any]:
    """How an upload ended, whose writes came too late."""
    call: Any = channel.stream_unary(METHOD)()
    answered = asyncio.ensure_future(_answer(call))
    try:
        for _ in range(64):
            await call.write(bytes(1 << 14))
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        pass
    [error] = await asyncio.gather(answered, return_exceptions=True)
    assert isinstance(error, grpc.aio.AioRpcError)
    return error.code().name, error.details(), error.trailing_metadata()["why"]


async def test_a_refusal_is_told_whatever_is_still_being_sent() -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    found = Counter[Any]()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for _ in range(25):
            found.update(await asyncio.gather(*(said(channel) for _ in range(16))))
    await server.stop(0)
    assert found == {("UNAUTHENTICATED", "closed", "closed"): 400}
