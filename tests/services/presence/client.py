"""A client of a running presence service, and what its refusals say."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cairn.feed.v1 import feed_pb2
from cairn.presence.v1 import presence_pb2 as pb
from services.presence.__main__ import Parts

JWT_SECRET = "a secret for tests, 32 characters"
SERVICE_KEY = "a-key-for-tests-0123456789"
OTHER_KEY = "another-key-for-tests-0123456789"
METHODS: list[MethodDescriptor] = [
    *pb.DESCRIPTOR.services_by_name["PresenceService"].methods,
    *feed_pb2.DESCRIPTOR.services_by_name["FeedService"].methods,
]
# Every request belongs to one method.
METHOD_OF = {method.input_type.full_name: method for method in METHODS}
NUMBERS = itertools.count(1)
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Refusal:
    """How a call failed, as a client sees it."""

    code: grpc.StatusCode
    reason: str
    fields: tuple[str, ...]


@dataclass
class Client:
    """A client of a presence service, in a workspace of its own."""

    channel: grpc.aio.Channel
    workspace: str = field(default_factory=lambda: f"workspace-{next(NUMBERS)}")

    def as_user(self, user: str) -> Metadata:
        """The credential of a person."""
        claims = {"sub": user, "workspace": self.workspace, "iss": "cairn", "aud": "cairn"}
        token = jwt.encode({**claims, "exp": datetime.now(UTC) + timedelta(hours=1)}, JWT_SECRET)
        return (("authorization", f"Bearer {token}"),)

    def as_service(self, user: str = "") -> Metadata:
        """The credential of a service of the host, acting for a person or alone."""
        acting = (("x-cairn-user", user),) if user else ()
        return (("authorization", f"Service {SERVICE_KEY}"), ("x-cairn-workspace", self.workspace), *acting)

    async def ask(self, who: str | Metadata, request: Message) -> Any:
        """The response to a request of a person, or with a credential as it is given."""
        method = METHOD_OF[request.DESCRIPTOR.full_name]
        credential = self.as_user(who) if isinstance(who, str) else who
        call: Any = self.channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}")
        data = await call(request.SerializeToString(), metadata=credential, timeout=30)
        return GetMessageClass(method.output_type).FromString(data)

    async def refused(self, who: str | Metadata, request: Message) -> Refusal:
        """How a call that must fail fails."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.ask(who, request)
        call: Any = caught.value
        status = rpc_status.from_call(call)
        info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for detail in status.details if status else ():
            detail.Unpack(info)
            detail.Unpack(violations)
        fields = tuple(each.field for each in violations.field_violations)
        return Refusal(caught.value.code(), info.reason, fields)

    async def set(self, user: str, **status: Any) -> Any:
        """Set a person's manual status."""
        return await self.ask(user, pb.SetStatusRequest(**status))

    async def seen(self, viewer: str, *users: str) -> list[Any]:
        """People, as a viewer sees them."""
        answer = await self.ask(viewer, pb.BatchGetPresenceRequest(user_ids=users))
        return list(answer.people)


class Service(Client):
    """A client of the service in this process."""

    def __init__(self, channel: grpc.aio.Channel, parts: Parts) -> None:
        """`parts` is what the service is made of."""
        super().__init__(channel)
        self.parts = parts
