"""Server streams of google.api.HttpBody: one plain body, sent piece by piece."""

import asyncio
from typing import Any

import grpc
import structlog
from google.api.httpbody_pb2 import HttpBody

from gateway.contract import Method
from gateway.edge import ClientGone, Request
from gateway.errors import Headers, from_rpc
from gateway.files import NO_STORE, file_headers
from gateway.streams import Call, Send, gone


class Files:
    """Relays the streams of one method, each of which is one file; its first message says of what type."""

    def __init__(self, method: Method) -> None:
        """What is read is passed on before more is read."""
        self._path = method.path

    async def relay(self, call: Call, request: Request, send: Send, headers: Headers) -> None:
        """Send the file. An error before its first piece is raised; after it, the connection breaks off.

        A body that is left without its end is how HTTP says that something is missing: the server closes then.
        """
        leaving = asyncio.ensure_future(gone(request.receive))
        try:
            first = await _next(call, leaving)
            start = [*file_headers(first.content_type if first else ""), *NO_STORE, *headers]
            await send({"type": "http.response.start", "status": 200, "headers": start})
            await self._send_all(call, first, leaving, send)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from error
        finally:
            leaving.cancel()
            call.cancel()

    async def _send_all(self, call: Call, piece: HttpBody | None, leaving: "asyncio.Future[None]", send: Send) -> None:
        try:
            while piece is not None:
                await send({"type": "http.response.body", "body": piece.data, "more_body": True})
                piece = await _next(call, leaving)
        except grpc.aio.AioRpcError as error:
            structlog.get_logger().warning("file broke off", method=self._path, code=error.code().name)
            return
        await send({"type": "http.response.body", "body": b""})


async def _next(call: Call, leaving: "asyncio.Future[None]") -> HttpBody | None:
    """The next piece; None at the end."""
    reading: asyncio.Future[Any] = asyncio.ensure_future(call.read())
    await asyncio.wait([reading, leaving], return_when=asyncio.FIRST_COMPLETED)
    if not reading.done():
        reading.cancel()
        raise ClientGone
    response: Any = reading.result()
    return None if response is grpc.aio.EOF else HttpBody.FromString(response)
