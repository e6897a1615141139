"""Do-Not-Disturb from the wire to the domain and back."""

from collections.abc import Sequence
from datetime import timedelta

from cairn.presence.v1 import dnd_pb2 as pb
from chassis.times import to_time
from services.presence.dnd import Decision, Hold, Kind, Reason, Settings, Window, days_of, parse_time
from services.presence.domain import duration
from services.presence.encode import maybe

KINDS = {
    pb.ShouldNotifyRequest.KIND_MESSAGE: Kind.MESSAGE,
    pb.ShouldNotifyRequest.KIND_MENTION: Kind.MENTION,
    pb.ShouldNotifyRequest.KIND_REMINDER: Kind.REMINDER,
    pb.ShouldNotifyRequest.KIND_URGENT: Kind.URGENT,
}
REASONS = {reason: pb.ShouldNotifyResponse.Reason.Name(number) for number, reason in enumerate(Reason, start=1)}


def to_settings(request: pb.SetDndRequest) -> tuple[Settings, timedelta | None]:
    """What the person asks for; a length of the snooze is counted from now by the database."""
    snooze = request.WhichOneof("snooze")
    after = duration(request.snooze_for, "snooze_for") if snooze == "snooze_for" else None
    settings = Settings(
        snoozed=snooze in ("snooze_until_time", "snooze_for") or request.snooze_indefinitely,
        snooze_until=to_time(request.snooze_until_time) if snooze == "snooze_until_time" else None,
        schedule=tuple(_to_window(window) for window in request.schedule),
        time_zone=request.time_zone,
        allow_mentions=request.allow_mentions,
        allow_user_ids=tuple(dict.fromkeys(request.allow_user_ids)),
    )
    return settings, after


def from_settings(settings: Settings, held: Hold | None) -> pb.Dnd:
    """What the person set, and what holds now."""
    return pb.Dnd(
        active=held is not None,
        active_until_time=maybe(held.until) if held else None,
        snoozed=settings.snoozed,
        snooze_until_time=maybe(settings.snooze_until),
        schedule=[_from_window(window) for window in settings.schedule],
        time_zone=settings.time_zone,
        allow_mentions=settings.allow_mentions,
        allow_user_ids=settings.allow_user_ids,
    )


def from_decisions(recipients: Sequence[str], decisions: Sequence[Decision]) -> pb.ShouldNotifyResponse:
    """Whom to notify, in the order asked."""
    one = pb.ShouldNotifyResponse.Decision
    pairs = zip(recipients, decisions, strict=True)
    return pb.ShouldNotifyResponse(
        decisions=[
            one(
                recipient_id=id_,
                notify=each.notify,
                reason=REASONS[each.reason],
                held_until_time=maybe(each.held_until),
            )
            for id_, each in pairs
        ]
    )


def _to_window(window: pb.Window) -> Window:
    return Window(days_of(window.days), parse_time(window.start), parse_time(window.end))


def _from_window(window: Window) -> pb.Window:
    days = [pb.Window.Day.Name(day + 1) for day in window.days]
    return pb.Window(days=days, start=f"{window.start:%H:%M}", end=f"{window.end:%H:%M}")
