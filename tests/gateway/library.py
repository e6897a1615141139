"""The service of library.proto: keeps nothing, answers with what it was asked, and remembers how it was called."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import message_factory
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2_grpc
from grpc_status import rpc_status

from gateway.contract import Contract, Method

SERVICE = "library.v1.Library"
BOOKS = 50
CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass
class Library:
    """A running service. `seen` are the requests, the last one last."""

    contract: Contract
    seen: list[Any] = field(default_factory=list)
    # Scans that were sent to their end, and how many are on their way.
    kept: list[Any] = field(default_factory=list)
    uploading: int = 0
    cancelled: int = 0
    sent: int = 0

    def new(self, name: str, **fields: Any) -> Any:
        """A message of the contract."""
        return message_factory.GetMessageClass(self.contract.pool.FindMessageTypeByName(f"library.v1.{name}"))(**fields)

    def book(self, book_id: str = "b-1") -> Any:
        return self.new("Book", id=book_id, title="Emma", genre=1, etag="e1", authors=[{"name": "Jane Austen"}])

    async def create_book(self, request: Any, _: Any) -> Any:
        known = request.book.title == "Known"
        refused = request.book.title == "Refused"
        book = None if refused else self.new("Book", id="b 1", title=request.book.title, etag="e1")
        return self.new(
            "CreateBookResponse",
            book=book,
            known=known,
            parent=request.parent,
            request_id=request.request_id,
            replayed=request.request_id == "again",
        )

    async def get_book(self, request: Any, _: Any) -> Any:
        return self.book(request.id)

    async def list_books(self, request: Any, _: Any) -> Any:
        books = [self.book(f"b-{number}") for number in range(request.page_size or BOOKS)]
        return self.new("ListBooksResponse", books=books, next_page_token="next", total_size=BOOKS)

    async def count_books(self, _request: Any, _: Any) -> Any:
        return self.new("CountBooksResponse", count=2**53 + 1)

    async def delete_book(self, _request: Any, _: Any) -> Any:
        empty = self.contract.pool.FindMessageTypeByName("google.protobuf.Empty")
        return message_factory.GetMessageClass(empty)()

    async def archive_book(self, request: Any, _: Any) -> Any:
        return self.book(request.id)

    async def import_books(self, request: Any, _: Any) -> Any:
        return self.new("CountBooksResponse", count=len(request.books))

    async def same(self, request: Any, _: Any) -> Any:
        return request

    update_book = read_file = echo = repeat = same

    async def fail(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        if request.status:
            rich = rpc_status.to_status(status_pb2.Status.FromString(request.status))
            await context.abort(rich.code, rich.details, rich.trailing_metadata)
        await context.abort(CODES.get(request.code, grpc.StatusCode.UNKNOWN), request.message)

    async def headers(self, _request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        return self.new("HeadersResponse", metadata=metadata, seconds_left=context.time_remaining())

    async def watch(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        start = int(request.resume_token or 0)
        try:
            for number in range(start + 1, request.count + 1):
                if number == request.fail_at:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "secret address")
                kind = 1 if number == start + 1 else 2
                self.sent += 1
                yield self.new(
                    "WatchEvent", resume_token=str(number), event=kind, number=number, padding="x" * request.size
                )
            if request.silent:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def upload_scan(self, parts: AsyncIterator[Any], context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        self.uploading += 1
        try:
            return await self._uploaded(parts, context)
        finally:
            self.uploading -= 1

    async def _uploaded(self, parts: AsyncIterator[Any], context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        scan = self.new("Scan", meta=(await anext(parts)).meta)
        if scan.meta.title == "Refused":
            await _refuse(context, "meta.title")
        if scan.meta.title == "Slow":
            await asyncio.Event().wait()
        digest = hashlib.sha256()
        async for part in parts:
            if not part.chunk or scan.meta.title == "Enough":
                scan.sha256 = digest.hexdigest()
                self.kept.append(scan)
                break
            digest.update(part.chunk)
            scan.size += len(part.chunk)
            scan.chunks += 1
            scan.largest_chunk = max(scan.largest_chunk, len(part.chunk))
        return scan

    upload_cover = upload_scan

    async def add_scan(self, request: Any, _: Any) -> Any:
        return self.new("Scan", meta={"book": request.book, "title": request.url})

    async def read_scan(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        if request.content_type == "none":
            await context.abort(grpc.StatusCode.NOT_FOUND, "nothing")
        body = message_factory.GetMessageClass(self.contract.pool.FindMessageTypeByName("google.api.HttpBody"))
        return body(content_type=request.content_type, data=b"\0\xff<b>")

    read_plate = read_scan
    count_plates = count_books

    async def export(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        body = message_factory.GetMessageClass(self.contract.pool.FindMessageTypeByName("google.api.HttpBody"))
        types = {1: "text/csv; charset=utf-8; name=books.csv"}
        async for event in self.watch(request, context):
            data = f"{event.number}{event.padding}\n".encode()
            yield body(content_type=types.get(event.number, ""), data=data)

    def remember(self, behaviour: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        async def answer(request: Any, context: Any) -> Any:
            self.seen.append(request)
            return await behaviour(request, context)

        return answer


async def _refuse(context: grpc.aio.ServicerContext[Any, Any], field_name: str) -> None:
    status = status_pb2.Status(code=code_pb2.PERMISSION_DENIED, message=f"{field_name}: is closed")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="LIBRARY_CLOSED"))
    violation = {"field": field_name, "description": "is closed"}
    status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    rich = rpc_status.to_status(status)
    await context.abort(rich.code, rich.details, rich.trailing_metadata)


async def library_server(library: Library, port: int = 0) -> tuple[grpc.aio.Server, int]:
    """Start it; says at which port."""
    server = grpc.aio.server()
    handlers = {
        method.name: _handler(library, method) for method in library.contract.methods if method.service == SERVICE
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


def _handler(library: Library, method: Method) -> Any:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method.name)[1:]
    behaviour = getattr(library, name, library.delete_book)
    codec = {
        "request_deserializer": message_factory.GetMessageClass(method.input).FromString,
        "response_serializer": lambda message: message.SerializeToString(),
    }
    if method.streams:
        return grpc.unary_stream_rpc_method_handler(behaviour, **codec)
    if method.policy.http.multipart:
        return grpc.stream_unary_rpc_method_handler(behaviour, **codec)
    return grpc.unary_unary_rpc_method_handler(library.remember(behaviour), **codec)
