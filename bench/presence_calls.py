"""The calls that people of the made-up workspace make to presence."""

from collections.abc import Iterator, Sequence
from functools import partial

from google.protobuf.timestamp_pb2 import Timestamp

from bench.wire import grpc_message, header_block
from bench.workspace import Call, token
from cairn.presence.v1 import dnd_pb2
from cairn.presence.v1 import presence_pb2 as pb

SERVICE = "/cairn.presence.v1.PresenceService/"
# How many statuses a person changes between.
STATUSES = 8
# One in so many people has a schedule for Do-Not-Disturb.
SCHEDULED = 5


class Callers:
    """People with credentials."""

    def __init__(self, users: Sequence[str], secret: str) -> None:
        """Give everybody a token."""
        self.users = users
        self._tokens = {user: token(user, secret) for user in users}

    def set_status(self, run: int, count: int) -> list[Call]:
        """One person after the other sets a status for an hour."""
        return [self._status(number) for number in range(run * count, (run + 1) * count)]

    def _status(self, number: int) -> Call:
        turn, person = divmod(number, len(self.users))
        text = f"Working on number {turn % STATUSES}"
        return self._call("SetStatus", self.users[person], pb.SetStatusRequest(emoji="🎯", text=text, expires_in="1h"))

    def expiring(self, moments: Sequence[float]) -> list[Call]:
        """Each person sets a status that expires at their moment, in seconds since 1970."""
        return [
            self._call("SetStatus", user, pb.SetStatusRequest(text="Focusing", expires_time=_timestamp(at)))
            for user, at in zip(self.users, moments, strict=True)
        ]

    def beats(self) -> list[Call]:
        """A heartbeat of everybody."""
        return [self._call("Heartbeat", user, pb.HeartbeatRequest(device_id="phone")) for user in self.users]

    def schedules(self) -> list[Call]:
        """Some do not want to be disturbed at night."""
        night = dnd_pb2.Window(days=range(1, 8), start="22:00", end="07:00")
        request = dnd_pb2.SetDndRequest(schedule=[night], time_zone="Europe/Berlin")
        return [self._call("SetDnd", user, request) for user in self.users[::SCHEDULED]]

    def batch(self, size: int, _run: int, count: int) -> list[Call]:
        """The first so many people, asked for again and again."""
        request = pb.BatchGetPresenceRequest(user_ids=self.users[:size])
        return [self._call("BatchGetPresence", self.users[0], request)] * count

    def batches(self, size: int) -> partial[list[Call]]:
        """`batch` of one size."""
        return partial(self.batch, size)

    def watch(self, viewer: str, ids: Sequence[str]) -> tuple[bytes, bytes]:
        """A stream, as headers and message."""
        message = pb.WatchPresenceRequest(user_ids=ids).SerializeToString()
        return header_block(SERVICE + "WatchPresence", self._tokens[viewer]), grpc_message(message)

    def _call(self, rpc: str, user: str, request: object) -> Call:
        message: bytes = request.SerializeToString()  # type: ignore[attr-defined]
        return Call(SERVICE + rpc, message, self._tokens[user], "", "")


def names(prefix: str, count: int, step: int = 1) -> Iterator[str]:
    """Ids of people."""
    return (f"{prefix}{number * step}" for number in range(count))


def _timestamp(at: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(round(at * 1e6))
    return stamp
