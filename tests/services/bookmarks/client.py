"""A client of a running bookmarks service, and what its refusals say."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sqlalchemy import text

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.bookmarks.v1 import enrichment_pb2, link_service_pb2
from cairn.feed.v1 import feed_pb2
from chassis.database import Database, Statement

JWT_SECRET = "a secret for tests, 32 characters"
SERVICE_KEY = "a-key-for-tests-0123456789"
INTERNAL_KEY = "the key that our processes share, for tests"
SERVICES: list[ServiceDescriptor] = [
    pb.DESCRIPTOR.services_by_name["BookmarkService"],
    link_service_pb2.DESCRIPTOR.services_by_name["LinkService"],
    enrichment_pb2.DESCRIPTOR.services_by_name["EnrichmentService"],
    feed_pb2.DESCRIPTOR.services_by_name["FeedService"],
]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]
# Every request belongs to one method.
METHOD_OF = {method.input_type.full_name: method for method in METHODS}
SENT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NOBODYS_ID = "01998a2e-0000-7000-8000-000000000000"
NUMBERS = itertools.count(1)
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Refusal:
    """How a call failed, as a client sees it."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    # All of the status but the request id: what must be the same where two refusals must not be told apart.
    raw: bytes = b""


@dataclass
class Service:
    """A client of the service, in a workspace of its own."""

    channel: grpc.aio.Channel
    database: Database
    workspace: str = field(default_factory=lambda: f"workspace-{next(NUMBERS)}")
    objects_url: str = ""

    def as_user(self, user: str) -> Metadata:
        """The credential of a person."""
        claims = {"sub": user, "workspace": self.workspace, "iss": "cairn", "aud": "cairn"}
        token = jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)
        return (("authorization", f"Bearer {token}"),)

    def as_service(self) -> Metadata:
        """The credential of the host's feed."""
        return (("authorization", f"Service {SERVICE_KEY}"), ("x-cairn-workspace", self.workspace))

    async def send(self, method: MethodDescriptor, data: bytes, credential: Metadata) -> bytes:
        """Call with bytes, which need not make sense."""
        call: Any = self.channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}")
        answer: bytes = await call(data, metadata=credential, timeout=30)
        return answer

    async def ask(self, who: str | Metadata, request: Message) -> Any:
        """The response to a request of a person, or with a credential as it is given."""
        method = METHOD_OF[request.DESCRIPTOR.full_name]
        credential = self.as_user(who) if isinstance(who, str) else who
        data = await self.send(method, request.SerializeToString(), credential)
        return GetMessageClass(method.output_type).FromString(data)

    async def refused(self, who: str | Metadata, request: Message) -> Refusal:
        """How a call that must fail fails."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(who, request)
        return refusal(caught.value)

    async def feed(self, *changes: dict[str, Any]) -> None:
        """Tell the service facts of the workspace."""
        request = feed_pb2.ApplyRequest(changes=[feed_pb2.Change(**each) for each in changes])
        await self.ask(self.as_service(), request)

    async def save(self, user: str, **target: str) -> pb.Bookmark:
        """Save a target for a person."""
        saved: pb.SaveBookmarkResponse = await self.ask(user, pb.SaveBookmarkRequest(target=pb.Target(**target)))
        return saved.bookmark

    async def listed(self, user: str, **filters: Any) -> pb.ListBookmarksResponse:
        """A page of a person's bookmarks."""
        page: pb.ListBookmarksResponse = await self.ask(user, pb.ListBookmarksRequest(**filters))
        return page

    async def walked(self, user: str, **filters: Any) -> list[str]:
        """The targets of every page of a list, in order."""
        token, found = "", list[str]()
        while True:
            page = await self.listed(user, page_token=token, **filters)
            found += [target_id(each) for each in page.bookmarks]
            token = page.next_page_token
            if not token:
                return found

    async def count(self, user: str) -> int:
        """The number on the person's badge."""
        counted: pb.CountBookmarksResponse = await self.ask(user, pb.CountBookmarksRequest())
        return counted.count

    async def execute(self, sql: str, **values: Any) -> list[Any]:
        """Run SQL behind the back of the service; `:workspace` is this one."""
        return await self.database.rows(Statement(text(sql)), workspace=self.workspace, **values)


def target_id(bookmark: pb.Bookmark) -> str:
    """The id of what is saved."""
    return bookmark.target.message_id or bookmark.target.file_id or bookmark.target.url


def message(id_: str, text: str = "text", where: str = "general", **more: Any) -> dict[str, Any]:
    """A message of Bob's, as the feed brings it."""
    fields = {"id": id_, "conversation_id": where, "author_id": "bob", "text": text, "sent_at": SENT}
    return {"message": {**fields, **more}}


def membership(where: str, who: str, removed: bool = False) -> dict[str, Any]:
    """Somebody comes or goes."""
    return {"membership": {"conversation_id": where, "user_id": who, "removed": removed}}


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """What an error says, its details read."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad)
    fields = tuple(each.field for each in bad.field_violations)
    raw = status.SerializeToString(deterministic=True) if status else b""
    return Refusal(error.code(), error.details() or "", info.reason, fields, raw)


def worker(service: Service, user: str = "ann", key: str = INTERNAL_KEY) -> Any:
    """As our own processes speak for a person."""
    sent = (("authorization", f"Service {key}"), ("x-cairn-workspace", service.workspace), ("x-cairn-user", user))
    return tuple((name, value) for name, value in sent if value)
