"""Do-Not-Disturb and the one rule for senders, through the server: rows B15, B22-B24, B37, H08."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from cairn.presence.v1 import dnd_pb2 as pb
from cairn.presence.v1 import presence_pb2
from chassis.times import to_time
from tests.chassis.conftest import eventually
from tests.services.presence.client import Service

Ask, Answer = pb.ShouldNotifyRequest, pb.ShouldNotifyResponse
Day = pb.Window.Day
ALL_DAYS = Day.keys()[1:]
HOUR = timedelta(hours=1)


def window_round(now: datetime) -> pb.Window:
    """A daily window that began an hour ago and ends in an hour."""
    return pb.Window(days=ALL_DAYS, start=f"{now - HOUR:%H:%M}", end=f"{now + HOUR:%H:%M}")


async def decisions(service: Service, *recipients: str, kind: Any = Ask.KIND_MESSAGE, sender: str = "bob") -> list[Any]:
    request = Ask(recipient_ids=recipients, kind=kind, sender_id=sender)
    return list((await service.ask(service.as_service(), request)).decisions)


async def decision(service: Service, kind: Any = Ask.KIND_MESSAGE, sender: str = "bob") -> Any:
    return (await decisions(service, "ann", kind=kind, sender=sender))[0]


async def test_nothing_is_set_at_first(service: Service) -> None:
    assert await service.ask("ann", pb.GetDndRequest()) == pb.Dnd()
    assert await decision(service) == Answer.Decision(
        recipient_id="ann", notify=True, reason=Answer.REASON_NOT_DISTURBED
    )


async def test_a_snooze_for_a_while(service: Service) -> None:
    before = datetime.now(UTC)
    dnd = await service.ask("ann", pb.SetDndRequest(snooze_for="25m"))
    assert (dnd.active, dnd.snoozed, dnd.active_until_time) == (True, True, dnd.snooze_until_time)
    assert abs(to_time(dnd.snooze_until_time) - before - timedelta(minutes=25)) < timedelta(seconds=30)
    assert await service.ask("ann", pb.GetDndRequest()) == dnd
    (seen,) = await service.seen("bob", "ann")
    assert (seen.dnd, seen.dnd_until_time) == (True, dnd.snooze_until_time)
    held = await decision(service)
    assert (held.notify, held.reason, held.held_until_time) == (False, Answer.REASON_SNOOZED, dnd.snooze_until_time)


async def test_a_snooze_ends_at_its_moment(service: Service) -> None:
    until = datetime.now(UTC) + timedelta(seconds=1.5)
    dnd = await service.ask("ann", pb.SetDndRequest(snooze_until_time=until))
    assert to_time(dnd.snooze_until_time) == until
    await eventually(lambda: datetime.now(UTC) > until)
    assert await service.ask("ann", pb.GetDndRequest()) == pb.Dnd()
    assert (await decision(service)).notify
    assert not (await service.seen("bob", "ann"))[0].dnd


async def test_a_snooze_until_switched_off(service: Service) -> None:
    dnd = await service.ask("ann", pb.SetDndRequest(snooze_indefinitely=True))
    assert dnd == pb.Dnd(active=True, snoozed=True)
    held = await decision(service)
    assert (held.notify, held.HasField("held_until_time")) == (False, False)
    assert await service.ask("ann", pb.SetDndRequest(snooze_indefinitely=False)) == pb.Dnd()


async def test_a_schedule_comes_back_as_it_was_set(service: Service) -> None:
    nights = pb.Window(days=[Day.DAY_FRIDAY, Day.DAY_MONDAY], start="22:00", end="07:30")
    noon = pb.Window(days=[Day.DAY_SUNDAY], start="00:00", end="23:59")
    request = pb.SetDndRequest(schedule=[nights, noon], time_zone="America/St_Johns")
    await service.ask("ann", request)
    dnd = await service.ask("ann", pb.GetDndRequest())
    assert dnd.time_zone == "America/St_Johns"
    assert [(list(each.days), each.start, each.end) for each in dnd.schedule] == [
        ([1, 5], "22:00", "07:30"),
        ([7], "00:00", "23:59"),
    ]


@pytest.mark.parametrize("hours", [-11, -4, 0, 5.75, 13])
async def test_a_schedule_holds_in_the_zone_of_the_person(service: Service, hours: float) -> None:
    zone = {-11: "Pacific/Pago_Pago", -4: "America/Puerto_Rico", 0: "UTC", 5.75: "Asia/Kathmandu"}
    local = datetime.now(UTC) + timedelta(hours=hours)
    request = pb.SetDndRequest(schedule=[window_round(local)], time_zone=zone.get(hours, "Etc/GMT-13"))
    dnd = await service.ask("ann", request)
    assert (dnd.active, dnd.snoozed) == (True, False)
    end = to_time(dnd.active_until_time) + timedelta(hours=hours)
    assert f"{end:%H:%M}" == dnd.schedule[0].end
    assert timedelta(minutes=58) < end - local <= HOUR
    held = await decision(service)
    assert (held.reason, held.held_until_time) == (Answer.REASON_SCHEDULED, dnd.active_until_time)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        ({"snooze_until_time": {"seconds": 1577836800}}, "EXPIRY_INVALID", "snooze_until_time"),
        ({"snooze_until_time": {"seconds": 253402300800}}, "VALIDATION_FAILED", "snooze_until_time"),
        ({"snooze_for": "0m"}, "EXPIRY_INVALID", "snooze_for"),
        ({"snooze_for": "367d"}, "EXPIRY_INVALID", "snooze_for"),
        ({"snooze_for": "NaN"}, "VALIDATION_FAILED", "snooze_for"),
        ({"schedule": [("09:00", "17:00"), ("09:00", "09:00")]}, "SCHEDULE_INVALID", "schedule[1].end"),
        ({"schedule": [("09:00", "17:00")], "time_zone": ""}, "SCHEDULE_INVALID", "time_zone"),
        ({"schedule": [("09:00", "17:00")], "time_zone": "Mars/Base"}, "SCHEDULE_INVALID", "time_zone"),
        ({"time_zone": "../etc/passwd"}, "VALIDATION_FAILED", "time_zone"),
        ({"schedule": [("24:00", "17:00")]}, "VALIDATION_FAILED", "schedule[0].start"),
        ({"schedule": [("09:00", "9:30")]}, "VALIDATION_FAILED", "schedule[0].end"),
        ({"schedule": [("09:00", "17:00")] * 29}, "VALIDATION_FAILED", "schedule"),
        ({"allow_user_ids": ["x"] * 201}, "VALIDATION_FAILED", "allow_user_ids"),
    ],
    ids=str,
)
async def test_bad_settings_name_the_field(service: Service, request_: dict[str, Any], reason: str, field: str) -> None:
    await service.ask("ann", pb.SetDndRequest(snooze_indefinitely=True))
    windows = [pb.Window(days=ALL_DAYS, start=start, end=end) for start, end in request_.pop("schedule", [])]
    zone = {"time_zone": "UTC"} if windows else {}
    refusal = await service.refused("ann", pb.SetDndRequest(schedule=windows, **{**zone, **request_}))
    assert (refusal.code, refusal.reason, refusal.fields) == (StatusCode.INVALID_ARGUMENT, reason, (field,))
    assert (await service.ask("ann", pb.GetDndRequest())).snoozed


@pytest.mark.parametrize("days", [[], [0], [8], [1, 1]], ids=str)
async def test_bad_days_are_refused(service: Service, days: list[int]) -> None:
    window: Any = pb.Window(start="09:00", end="17:00")
    window.days.extend(days)
    refusal = await service.refused("ann", pb.SetDndRequest(schedule=[window], time_zone="UTC"))
    assert refusal.reason == "VALIDATION_FAILED"
    assert refusal.fields[0].startswith("schedule[0].days")


async def test_setting_replaces_everything(service: Service) -> None:
    everything = pb.SetDndRequest(
        snooze_for="1h",
        schedule=[window_round(datetime.now(UTC))],
        time_zone="UTC",
        allow_mentions=True,
        allow_user_ids=["cy", "bob", "cy"],
    )
    dnd = await service.ask("ann", everything)
    assert (dnd.allow_mentions, list(dnd.allow_user_ids)) == (True, ["cy", "bob"])
    dnd = await service.ask("ann", pb.SetDndRequest(allow_mentions=True))
    assert dnd == pb.Dnd(allow_mentions=True)
    assert await service.ask("ann", pb.SetDndRequest()) == pb.Dnd()


async def test_settings_and_visibility_leave_each_other_alone(service: Service) -> None:
    assert not (await service.ask("ann", presence_pb2.GetVisibilityRequest())).invisible
    await service.ask("ann", presence_pb2.SetVisibilityRequest(invisible=True))
    assert (await service.ask("ann", presence_pb2.GetVisibilityRequest())).invisible
    await service.ask("ann", pb.SetDndRequest(snooze_indefinitely=True))
    await service.ask("ann", presence_pb2.SetVisibilityRequest(invisible=False))
    assert (await service.ask("ann", pb.GetDndRequest())).snoozed
    await service.ask("ann", presence_pb2.HeartbeatRequest(device_id="phone"))
    (seen,) = await service.seen("bob", "ann")
    assert (seen.dnd, seen.online) == (True, presence_pb2.Presence.ONLINE_ACTIVE)


async def test_who_passes(service: Service) -> None:
    """B23: mentions and people pass where the person says so, and nothing else does."""
    await service.ask("ann", pb.SetDndRequest(snooze_for="1h", allow_mentions=True, allow_user_ids=["boss"]))
    assert (await decision(service, Ask.KIND_MENTION)).reason == Answer.REASON_MENTION_ALLOWED
    assert (await decision(service, sender="boss")).reason == Answer.REASON_PERSON_ALLOWED
    assert (await decision(service, Ask.KIND_REMINDER, "boss")).notify
    for kind in (Ask.KIND_MESSAGE, Ask.KIND_REMINDER):
        assert not (await decision(service, kind)).notify
        assert not (await decision(service, kind, sender="")).notify
    await service.ask("ann", pb.SetDndRequest(snooze_for="1h"))
    assert not (await decision(service, Ask.KIND_MENTION, "boss")).notify


async def test_urgent_passes_and_is_written_down(service: Service, database_url: str) -> None:
    await service.ask("ann", pb.SetDndRequest(snooze_indefinitely=True))
    passed = await decisions(service, "ann", "cy", kind=Ask.KIND_URGENT, sender="boss")
    assert [(each.notify, each.reason) for each in passed] == [(True, Answer.REASON_URGENT)] * 2
    await decision(service)
    connection = await asyncpg.connect(database_url)
    query = "select service, sender_id, recipient_ids from presence.urgent_notices where workspace = $1"
    rows = await connection.fetch(query, service.workspace)
    await connection.close()
    assert [tuple(row) for row in rows] == [("calendar", "boss", ["ann", "cy"])]


async def test_a_status_holds_for_as_long_as_it_lives(service: Service) -> None:
    """H08: at the moment of its expiry nothing is held any more, whoever is there to delete it."""
    status = await service.set("ann", text="Focusing", dnd=True, expires_in="2s")
    until = status.effective.expires_time
    held = await decision(service)
    assert (held.notify, held.reason, held.held_until_time) == (False, Answer.REASON_STATUS, until)
    assert (await service.ask("ann", pb.GetDndRequest())) == pb.Dnd(active=True, active_until_time=until)
    await eventually(lambda: datetime.now(UTC) > to_time(until))
    assert (await decision(service)).notify
    assert (await service.ask("ann", pb.GetDndRequest())) == pb.Dnd()


async def test_holds_that_follow_each_other_are_one(service: Service) -> None:
    await service.set("ann", dnd=True, expires_in="1h")
    dnd = await service.ask("ann", pb.SetDndRequest(snooze_for="2h"))
    assert dnd.active_until_time == dnd.snooze_until_time


async def test_a_claim_holds_whichever_shows(service: Service) -> None:
    """To join a call does not let through what somebody has paused for their work; the one that ends last counts."""
    status = await service.set("ann", text="Deep work", dnd=True, expires_in="2h")
    call = presence_pb2.SetClaimRequest(claim_id="call", priority=90, text="In a call", expires_in="1h")
    await service.ask(service.as_service("ann"), call)
    held = await decision(service)
    assert (held.reason, held.held_until_time) == (Answer.REASON_STATUS, status.effective.expires_time)
    [seen] = await service.seen("bob", "ann")
    assert (seen.text, seen.dnd, seen.dnd_until_time) == ("In a call", True, status.effective.expires_time)
    await service.ask(service.as_service("ann"), presence_pb2.SetClaimRequest(claim_id="out", dnd=True))
    assert not (await decision(service)).HasField("held_until_time")


async def test_the_last_moment_of_all_breaks_nobodys_reading(service: Service) -> None:
    last = Timestamp(seconds=253402300799)
    await service.set("ann", text="For ever", dnd=True, expires_time=last)
    night = pb.Window(days=[pb.Window.DAY_MONDAY], start="22:00", end="07:00")
    dnd = await service.ask("ann", pb.SetDndRequest(schedule=[night], time_zone="Asia/Tokyo"))
    assert dnd.active_until_time == last
    assert [each.text for each in await service.seen("bob", "ann", "ben")] == ["For ever", ""]


async def test_a_thousand_recipients_in_one_call(service: Service) -> None:
    await service.ask("user-7", pb.SetDndRequest(snooze_for="1h"))
    await service.set("user-8", dnd=True)
    ids = [f"user-{number}" for number in range(999)]
    answers = await decisions(service, *ids, "user-7")
    assert [each.recipient_id for each in answers] == [*ids, "user-7"]
    assert [each.recipient_id for each in answers if not each.notify] == ["user-7", "user-8", "user-7"]
    for wrong in ([*ids, "a", "b"], []):
        refusal = await service.refused(service.as_service(), Ask(recipient_ids=wrong, kind=Ask.KIND_MESSAGE))
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("recipient_ids",))


async def test_only_services_ask_and_say_what_for(service: Service) -> None:
    request = Ask(recipient_ids=["ann"], kind=Ask.KIND_MESSAGE)
    assert (await service.refused("bob", request)).code is StatusCode.PERMISSION_DENIED
    assert (await service.refused((), request)).code is StatusCode.UNAUTHENTICATED
    unkind = await service.refused(service.as_service(), Ask(recipient_ids=["ann"]))
    assert (unkind.reason, unkind.fields) == ("VALIDATION_FAILED", ("kind",))
