"""From the wire to the domain and back."""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from cairn.feed.v1 import feed_pb2
from cairn.presence.v1 import presence_pb2 as pb
from chassis.masks import mask
from chassis.times import EPOCH, from_time, to_time
from services.presence.domain import (
    MANUAL,
    MANUAL_PRIORITY,
    Claim,
    Deletion,
    Draft,
    Expiry,
    Online,
    Presence,
    Saying,
    duration,
    named_expiry,
    preset,
    zone_of,
)

EXPIRIES = frozenset({"expires_time", "expires_in", "expires"})
# The zone is only there for what is named in it.
EDITABLE = frozenset({"emoji", "text", "dnd", "time_zone", *EXPIRIES})
ONLINE = {
    Online.ACTIVE: pb.Presence.ONLINE_ACTIVE,
    Online.AWAY: pb.Presence.ONLINE_AWAY,
    Online.OFFLINE: pb.Presence.ONLINE_OFFLINE,
}
BEATS = {
    pb.HeartbeatRequest.STATE_UNSPECIFIED: Online.ACTIVE,
    pb.HeartbeatRequest.STATE_ACTIVE: Online.ACTIVE,
    pb.HeartbeatRequest.STATE_AWAY: Online.AWAY,
    pb.HeartbeatRequest.STATE_OFFLINE: Online.OFFLINE,
}
Drafting = pb.SetStatusRequest | pb.UpdateStatusRequest | pb.SetClaimRequest


def to_expiry(request: Drafting, now: datetime) -> Expiry:
    """When a claim ends, resolved in the zone of the request."""
    zone = zone_of(request.time_zone)
    match request.WhichOneof("expiry"):
        case "expires_time":
            return Expiry(at=to_time(request.expires_time))
        case "expires_in":
            return Expiry(after=duration(request.expires_in, "expires_in"), field="expires_in")
        case "expires":
            return named_expiry(request.expires, zone, now)
    return Expiry()


def to_manual(request: pb.SetStatusRequest, now: datetime) -> Draft:
    """The manual status that a request asks for; what it says itself wins over its preset."""
    saying = preset(request.preset) if request.preset else Saying("", "", dnd=False)
    given = {name: getattr(request, name) for name in ("emoji", "text", "dnd") if request.HasField(name)}
    return Draft(MANUAL, MANUAL, MANUAL_PRIORITY, saying._replace(**given), to_expiry(request, now))


def to_change(request: pb.UpdateStatusRequest, now: datetime) -> tuple[Draft, frozenset[str]]:
    """The changes that a request asks for, and which of `emoji`, `text`, `dnd` and `expiry` they are."""
    saying = Saying(request.emoji, request.text, request.dnd)
    draft = Draft(MANUAL, MANUAL, MANUAL_PRIORITY, saying, to_expiry(request, now))
    named = mask(request, request.update_mask, EDITABLE)
    return draft, frozenset("expiry" if name in EXPIRIES else name for name in named - {"time_zone"})


def to_claim(request: pb.SetClaimRequest, service: str, now: datetime) -> Draft:
    """The claim that a service asks for."""
    saying = Saying(request.emoji, request.text, request.dnd)
    return Draft(request.claim_id, service, request.priority, saying, to_expiry(request, now))


def from_claims(user: str, claims: Sequence[Claim]) -> pb.Status:
    """One's own status; the claims come with the effective one first."""
    shown = [_from_claim(claim) for claim in claims]
    return pb.Status(user_id=user, effective=shown[0] if shown else None, claims=shown)


def _from_claim(claim: Claim) -> pb.Claim:
    return pb.Claim(
        id=claim.id,
        source=claim.source,
        priority=claim.priority,
        emoji=claim.saying.emoji,
        text=claim.saying.text,
        dnd=claim.saying.dnd,
        expires_time=maybe(claim.expires_time),
        set_time=from_time(claim.set_time),
    )


def from_presence(presence: Presence) -> pb.Presence:
    """One person, as somebody may see them."""
    message = pb.Presence()
    put_presence(message, presence)
    return message


def put_presence(message: pb.Presence, presence: Presence) -> None:
    """The same, into a message that is empty yet: of a thousand people, field by field takes half as long."""
    user_id, emoji, text, status_expires_time, dnd, dnd_until_time, online, last_active_time, _ = presence
    message.user_id, message.emoji, message.text, message.dnd = user_id, emoji, text, dnd
    message.online = ONLINE[online]
    if status_expires_time is not None:
        put_time(message.status_expires_time, status_expires_time)
    if dnd_until_time is not None:
        put_time(message.dnd_until_time, dnd_until_time)
    if last_active_time is not None:
        put_time(message.last_active_time, last_active_time)


def put_time(stamp: Timestamp, value: datetime) -> None:
    """Set a time of a message in place."""
    since = value - EPOCH
    stamp.seconds = since.days * 86_400 + since.seconds
    stamp.nanos = since.microseconds * 1000


def to_deletions(changes: Sequence[feed_pb2.Change]) -> list[Deletion]:
    """Who was deleted, and when, of a batch; the rest of it is for others."""
    return [
        Deletion(change.user_deleted.id, to_time(change.occurred_at) if change.HasField("occurred_at") else None)
        for change in changes
        if change.HasField("user_deleted")
    ]


def to_times(changes: Sequence[feed_pb2.Change]) -> list[datetime | None]:
    """When each change of a batch happened, where it says so."""
    return [to_time(change.occurred_at) if change.HasField("occurred_at") else None for change in changes]


def maybe(time: datetime | None) -> Timestamp | None:
    """A time, if there is one."""
    return None if time is None else from_time(time)
