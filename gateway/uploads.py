"""Forms with a file over HTTP, as client streams: the file goes on to the service while it is being read."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import grpc
from google.protobuf import message_factory

from gateway.contract import Method
from gateway.edge import ClientGone, Request
from gateway.errors import TABLE, HttpError
from gateway.forms import OVERHEAD, Form, FormReader, file_too_large, is_form
from gateway.request import Requests

Call = grpc.aio.StreamUnaryCall[bytes, bytes]
CHUNK = 64 << 10
# This long the next bytes of a body may take, and the service to take them or to answer at the end.
PATIENCE = 30.0


class Uploads:
    """Relays the uploads of one method."""

    def __init__(self, method: Method, requests: Requests, limit: int) -> None:
        """`limit`: bytes of a file."""
        self._part = message_factory.GetMessageClass(method.input)
        self._requests = requests
        self._limit = limit

    async def relay(self, request: Request, variables: Mapping[str, str], start: Callable[[], Call]) -> bytes:
        """What the service answers; `start` begins the call. An answer that comes early is not kept waiting."""
        body = Body(request, self._limit)
        form = await body.up_to_the_file()
        meta = self._requests.build_meta(form, variables, request.query, request.headers)
        call = start()
        answered = asyncio.ensure_future(_answer(call))
        feeding = asyncio.ensure_future(self._feed(call, self._part(meta=meta).SerializeToString(), body))
        try:
            await asyncio.wait({feeding, answered}, return_when=asyncio.FIRST_COMPLETED)
            # What went wrong here tells more than that the call was therefore canceled.
            if feeding.done() and not feeding.cancelled() and (answered.cancelled() or not answered.done()):
                feeding.result()
            async with asyncio.timeout(PATIENCE):
                return await answered
        except TimeoutError:
            status, code, message = TABLE[grpc.StatusCode.DEADLINE_EXCEEDED]
            raise HttpError(status, "DEADLINE_EXCEEDED", message, code) from None
        finally:
            feeding.cancel()
            # Of what was sent but for its end, the service keeps nothing.
            call.cancel()
            await asyncio.gather(feeding, answered, return_exceptions=True)

    async def _feed(self, call: Call, meta: bytes, body: "Body") -> None:
        try:
            await call.write(meta)
            while chunk := await body.chunk():
                async with asyncio.timeout(PATIENCE):
                    await call.write(self._chunk(chunk))
            await call.write(self._chunk(b""))
            await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return  # the service has answered, and the answer says how

    def _chunk(self, data: bytes) -> bytes:
        return self._part(chunk=data).SerializeToString()


class Body:
    """The body of a request, as a form."""

    def __init__(self, request: Request, limit: int) -> None:
        """`limit`: bytes of the file."""
        if not is_form(request.headers):
            raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be multipart/form-data")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit + OVERHEAD:
            raise file_too_large(limit)
        self._receive = request.receive
        self._reader = FormReader(request.headers["content-type"], limit)
        self._more = True

    async def up_to_the_file(self) -> Form:
        """The form as far as it is known when its file begins."""
        form = self._reader.form
        while self._more and not form.file:
            await self._read()
        return form

    async def chunk(self) -> bytes:
        """The next bytes of the file; empty at its end, when the whole form was there."""
        data = self._reader.form.data
        while self._more and len(data) < CHUNK:
            await self._read()
        chunk = bytes(data[:CHUNK])
        del data[:CHUNK]
        return chunk

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                message = await self._receive()
        except TimeoutError:
            raise HttpError(408, "UPLOAD_STALLED", "The rest of the form did not come") from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        self._reader.feed(message.get("body", b""))
        self._more = message.get("more_body", False)
        if not self._more:
            self._reader.end()


async def _answer(call: Call) -> bytes:
    """What the service says; a write that comes after its end may put an error of gRPC's own before or over that.

    It is gRPC's issue 36066: whichever of both is not that error is what was said.
    """
    ends: list[grpc.aio.AioRpcError] = []
    call.add_done_callback(lambda ended: ends.append(_end_of(ended)))
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise next((each for each in (error, *ends) if each.code() is not grpc.StatusCode.INTERNAL), error) from None


def _end_of(call: Any) -> grpc.aio.AioRpcError:
    """How a call that is done stands at this moment, before anything else runs."""
    code, details, trailing = (_now(each) for each in (call.code(), call.details(), call.trailing_metadata()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details)


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What comes of one that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waits")
