"""Times on the wire and in rows, exact to the microsecond, which is what PostgreSQL keeps."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldViolation, InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=1)


class OccurredInFuture(InvalidInput):
    """A change cannot have happened more than one hour ahead of the server's clock"""

    reason = "OCCURRED_IN_FUTURE"


def to_time(value: Timestamp) -> datetime:
    """A time of a request; validation has kept it between 1970 and 9999."""
    return EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)


def from_time(value: datetime) -> Timestamp:
    """A time for an answer."""
    since = value - EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def check_occurred(times: Iterable[datetime | None], now: datetime) -> None:
    """Refuse a batch of the feed with a change from the future: nothing could ever follow it."""
    for index, time in enumerate(times):
        if time and time > now + MAX_AHEAD:
            field = f"changes[{index}].occurred_at"
            raise OccurredInFuture(fields=(FieldViolation(field, "more than one hour ahead of the server's clock"),))
