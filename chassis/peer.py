"""Calls from one of our processes to another, in the name of a person, with the key that the processes share."""

from typing import Any, TypeVar
from urllib.parse import quote

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from chassis.channels import open_channel
from chassis.errors import Unavailable

T = TypeVar("T", bound=Message)
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class PeerAway(Unavailable):
    """Another process of ours cannot be reached, or takes too long"""

    reason = "PEER_AWAY"


class PeerRefused(Exception):
    """The other process answered, and said no; `reason` is the one that it promises, else empty."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, retry_after: float | None = None) -> None:
        """`retry_after` counts seconds, where it said when to come again."""
        super().__init__(f"{code.name} {reason}")
        self.code = code
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class Peer:
    """One of our own servers. Needs a running event loop."""

    def __init__(self, address: str, key: str, ca_file: str = "") -> None:
        """`key` is the one that all processes share; with `ca_file`, calls go over TLS."""
        self._channel = open_channel(address, ca_file)
        self._authorization = f"Service {key}"

    async def call(
        self, path: str, request: Message, answer: type[T], person: tuple[str, str], seconds: float = 10.0
    ) -> T:
        """Make a unary call for a person (workspace and id); raises PeerRefused, or PeerAway where there is no answer.

        `path` is such as /cairn.jobs.v1.JobsService/GetJob.
        """
        method: Any = self._channel.unary_unary(path)
        # Ids may hold any printable character, metadata only ASCII: chassis.identity undoes this.
        workspace, user = (quote(each) for each in person)
        metadata = (("authorization", self._authorization), ("x-cairn-workspace", workspace), ("x-cairn-user", user))
        try:
            given = await method(request.SerializeToString(), metadata=metadata, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise _told(error) from error
        return answer.FromString(given)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close()


def _told(error: grpc.aio.AioRpcError) -> PeerRefused | PeerAway:
    if error.code() in AWAY:
        return PeerAway(retry_after=1)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    for detail in status.details if status else ():
        # Each detail is of one kind; that of the other leaves its message as it is.
        _ = detail.Unpack(info) or detail.Unpack(retry)
    delay = retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None
    return PeerRefused(error.code(), info.reason, error.details() or "", delay)
