"""Setting, changing and clearing a status, and claims of services: rows B01-B08, B12-B17, B19, B35, H01-H07."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode

from cairn.feed.v1 import feed_pb2
from cairn.presence.v1 import presence_pb2 as pb
from chassis.times import from_time, to_time
from tests.services.presence.client import OTHER_KEY, SERVICE_KEY, Service
from tests.services.presence.there import eventually


async def test_stat_01_emoji_and_text(service: Service) -> None:
    status = await service.set("ann", emoji="🎯", text="Focusing", dnd=True)
    assert (status.effective.emoji, status.effective.text, status.effective.dnd) == ("🎯", "Focusing", True)
    assert not status.effective.HasField("expires_time")
    assert (status.effective.id, status.effective.source, status.effective.priority) == ("manual", "manual", 50)
    assert (await service.ask("ann", pb.GetStatusRequest())) == status


async def test_setting_replaces_whole(service: Service) -> None:
    await service.set("ann", emoji="🎯", text="Focusing", dnd=True, expires_in="1h")
    status = await service.set("ann", text="Lunch")
    assert (status.effective.emoji, status.effective.dnd) == ("", False)
    assert not status.effective.HasField("expires_time")
    assert len(status.claims) == 1


async def test_stat_02_others_see_it_beside_the_name(service: Service) -> None:
    await service.set("ann", emoji="🎯", text="Focusing", expires_in="25m")
    (ann, nobody) = await service.seen("bob", "ann", "nobody")
    assert (ann.user_id, ann.emoji, ann.text) == ("ann", "🎯", "Focusing")
    assert ann.HasField("status_expires_time")
    assert nobody == pb.Presence(user_id="nobody", online=pb.Presence.ONLINE_OFFLINE)


async def test_stat_03_it_ends_when_it_should(service: Service) -> None:
    until = datetime.now(UTC) + timedelta(seconds=1)
    status = await service.set("ann", text="Tea", dnd=True, expires_time=until)
    assert to_time(status.effective.expires_time) == until
    (ann,) = await service.seen("bob", "ann")
    assert (ann.text, ann.dnd) == ("Tea", True)
    await eventually(lambda: _passed(until))
    (ann,) = await service.seen("bob", "ann")
    assert (ann.text, ann.dnd) == ("", False)
    assert not (await service.ask("ann", pb.GetStatusRequest())).claims


async def _passed(moment: datetime) -> bool:
    return datetime.now(UTC) > moment


async def test_stat_04_presets(service: Service) -> None:
    presets = await service.ask((), pb.ListPresetsRequest())
    assert [each.key for each in presets.presets] == ["meeting", "sick", "vacation", "focusing"]
    status = await service.set("ann", preset="vacation", text="In Norway", expires="never")
    assert (status.effective.emoji, status.effective.text) == ("🌴", "In Norway")
    refusal = await service.refused("ann", pb.SetStatusRequest(preset="lunch"))
    assert (refusal.reason, refusal.fields) == ("PRESET_UNKNOWN", ("preset",))


async def test_stat_05_clearing_is_idempotent(service: Service) -> None:
    await service.set("ann", text="Tea")
    for _ in range(2):
        await service.ask("ann", pb.ClearStatusRequest())
    assert not (await service.ask("ann", pb.GetStatusRequest())).claims


async def test_stat_06_do_not_disturb_with_a_status(service: Service) -> None:
    await service.set("ann", dnd=True, expires_in="1h")
    (ann,) = await service.seen("bob", "ann")
    assert ann.dnd
    assert ann.dnd_until_time == ann.status_expires_time


async def test_a_change_keeps_the_rest(service: Service) -> None:
    first = await service.set("ann", emoji="🎯", text="Focusing", dnd=True, expires_in="1h")
    request = pb.UpdateStatusRequest(text="Writing", update_mask=FieldMask(paths=["text"]))
    status = await service.ask("ann", request)
    assert (status.effective.emoji, status.effective.text, status.effective.dnd) == ("🎯", "Writing", True)
    assert status.effective.expires_time == first.effective.expires_time
    gone = await service.ask("ann", pb.UpdateStatusRequest(update_mask=FieldMask(paths=["expires_time"])))
    assert not gone.effective.HasField("expires_time")
    refusal = await service.refused("ann", pb.UpdateStatusRequest(update_mask=FieldMask(paths=["source"])))
    assert (refusal.reason, refusal.fields) == ("FIELD_MASK_INVALID", ("update_mask",))


@pytest.mark.parametrize(
    ("status", "reason", "field"),
    [
        ({}, "STATUS_EMPTY", "text"),
        ({"emoji": "🎯🎯"}, "EMOJI_INVALID", "emoji"),
        ({"emoji": "x"}, "EMOJI_INVALID", "emoji"),
        ({"text": "x" * 101}, "VALIDATION_FAILED", "text"),
        ({"text": "a\0"}, "VALIDATION_FAILED", "text"),
        ({"text": "a", "expires_time": {"seconds": 1577836800}}, "EXPIRY_INVALID", "expires_time"),
        ({"text": "a", "expires_time": {"seconds": 253402300800}}, "VALIDATION_FAILED", "expires_time"),
        ({"text": "a", "expires_time": {"seconds": -1}}, "VALIDATION_FAILED", "expires_time"),
        ({"text": "a", "expires_in": "NaN"}, "VALIDATION_FAILED", "expires_in"),
        ({"text": "a", "expires_in": "0s"}, "EXPIRY_INVALID", "expires_in"),
        ({"text": "a", "expires": "tomorrow"}, "VALIDATION_FAILED", "expires"),
        ({"text": "a", "expires": "today", "time_zone": "Mars/Base"}, "EXPIRY_INVALID", "time_zone"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(service: Service, status: dict[str, Any], reason: str, field: str) -> None:
    refusal = await service.refused("ann", pb.SetStatusRequest(**status))
    assert (refusal.code, refusal.reason, refusal.fields) == (StatusCode.INVALID_ARGUMENT, reason, (field,))
    assert not (await service.ask("ann", pb.GetStatusRequest())).claims


async def test_text_counts_characters_not_bytes(service: Service) -> None:
    assert (await service.set("ann", text="🎯" * 100)).effective.text == "🎯" * 100


async def test_claims_end_in_any_order(service: Service) -> None:
    await service.set("ann", text="Writing")
    call = pb.SetClaimRequest(claim_id="call", priority=90, text="call", expires_in="1h")
    meeting = pb.SetClaimRequest(claim_id="meeting", priority=70, text="meeting", expires_in="1h")
    await service.ask(service.as_service("ann"), call)
    status = await service.ask(service.as_service("ann"), meeting)
    assert [claim.text for claim in status.claims] == ["call", "meeting", "Writing"]
    assert status.effective.source == "calendar"
    await service.ask(service.as_service("ann"), pb.ClearClaimRequest(claim_id="meeting"))
    assert (await service.ask("ann", pb.GetStatusRequest())).effective.text == "call"
    await service.ask(service.as_service("ann"), pb.ClearClaimRequest(claim_id="call"))
    assert (await service.ask("ann", pb.GetStatusRequest())).effective.text == "Writing"


async def test_claims_are_for_services_that_say_for_whom(service: Service) -> None:
    claim = pb.SetClaimRequest(claim_id="call", priority=1, text="In a call")
    assert (await service.refused("ann", claim)).code is StatusCode.PERMISSION_DENIED
    assert (await service.refused(service.as_service(), claim)).reason == "USER_REQUIRED"
    manual = pb.SetClaimRequest(claim_id="manual", priority=1, text="In a call")
    assert (await service.refused(service.as_service("ann"), manual)).fields == ("claim_id",)


async def test_services_set_at_most_twenty_claims_of_a_person(service: Service) -> None:
    """Also at once; and the person's own status has room all the same."""
    ask = [service.ask(service.as_service("ann"), pb.SetClaimRequest(claim_id=f"c{n}", text="x")) for n in range(30)]
    answers = await asyncio.gather(*ask, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert {error.code() for error in refused} == {StatusCode.RESOURCE_EXHAUSTED}
    status = await service.set("ann", text="Mine")
    assert (len(status.claims), len(refused)) == (21, 10)
    again = pb.SetClaimRequest(claim_id=status.claims[-1].id, text="again")
    await service.ask(service.as_service("ann"), again)


async def test_a_service_has_its_own_names(service: Service) -> None:
    """Two services may choose the same name; neither takes away what the other has set."""
    other = tuple((name, value.replace(SERVICE_KEY, OTHER_KEY)) for name, value in service.as_service("ann"))
    await service.ask(service.as_service("ann"), pb.SetClaimRequest(claim_id="m1", text="calendar's"))
    await service.ask(other, pb.SetClaimRequest(claim_id="m1", text="phone's"))
    await service.ask(service.as_service("ann"), pb.ClearClaimRequest(claim_id="m1"))
    claims = (await service.ask("ann", pb.GetStatusRequest())).claims
    assert [(claim.source, claim.text) for claim in claims] == [("phone", "phone's")]


@pytest.mark.parametrize("first", [pb.SetStatusRequest(text="whole"), pb.UpdateStatusRequest(text="whole")])
async def test_a_change_loses_nothing_to_another(service: Service, first: Any) -> None:
    """Where nothing is set, a set or a change and another change at once: in one order or the other."""
    second = pb.UpdateStatusRequest(emoji="🎯")
    users = [f"user-{number}" for number in range(60)]
    await asyncio.gather(*(service.ask(user, request) for user in users for request in (second, first)))
    in_turn = [("🎯", "whole"), *([("", "whole")] if isinstance(first, pb.SetStatusRequest) else [])]
    for person in await service.seen("viewer", *users):
        assert (person.emoji, person.text) in in_turn


async def test_recents_are_the_last_ten_each_once(service: Service) -> None:
    for number in [*range(12), 5]:
        await service.set("ann", emoji="🎯", text=str(number))
    await service.set("ann", dnd=True)
    recents = (await service.ask("ann", pb.ListRecentsRequest())).recents
    assert [each.text for each in recents] == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]


async def test_workspaces_are_worlds_apart(service: Service) -> None:
    await service.set("ann", text="Here")
    other = Service(service.channel, service.parts)
    assert (await other.seen("ann", "ann"))[0].text == ""


async def test_a_hundred_at_once_leave_the_last_word(service: Service) -> None:
    """H05: set and clear in parallel, and nobody gets an error."""
    calls = [service.set("ann", text=str(number)) for number in range(50)]
    calls += [service.ask("ann", pb.ClearStatusRequest()) for _ in range(50)]
    await asyncio.gather(*calls)
    await service.set("ann", text="last")
    assert (await service.ask("ann", pb.GetStatusRequest())).effective.text == "last"


async def test_a_deleted_person_leaves_nothing(service: Service) -> None:
    await service.set("ann", text="Here", expires_in="1h")
    await service.ask("ann", pb.HeartbeatRequest(device_id="phone"))
    change = feed_pb2.Change(user_deleted=feed_pb2.Deleted(id="ann"))
    await service.ask(service.as_service(), feed_pb2.ApplyRequest(changes=[change]))
    assert (await service.seen("bob", "ann")) == [pb.Presence(user_id="ann", online=pb.Presence.ONLINE_OFFLINE)]
    assert not (await service.ask("ann", pb.ListRecentsRequest())).recents


@pytest.mark.parametrize("order", [(1, -3600), (-3600, 1), (0, -3600)])
async def test_of_several_deletions_the_latest_counts(service: Service, order: tuple[int, ...]) -> None:
    """Whatever their order in a batch; 0 is one without a time."""
    await service.set("ann", text="Here")
    now = datetime.now(UTC)
    times = [from_time(now + timedelta(seconds=seconds)) if seconds else None for seconds in order]
    gone = [feed_pb2.Change(user_deleted=feed_pb2.Deleted(id="ann"), occurred_at=time) for time in times]
    await service.ask(service.as_service(), feed_pb2.ApplyRequest(changes=gone))
    assert not (await service.ask("ann", pb.GetStatusRequest())).claims


async def test_a_refused_batch_deletes_nobody(service: Service) -> None:
    """Every service that keeps facts refuses it for the same reason, so none has taken a part of it."""
    await service.set("ann", text="Here")
    ahead = from_time(datetime.now(UTC) + timedelta(hours=2))
    fine = feed_pb2.Change(user_deleted=feed_pb2.Deleted(id="ann"))
    early = feed_pb2.Change(user=feed_pb2.User(id="ben"), occurred_at=ahead)
    refusal = await service.refused(service.as_service(), feed_pb2.ApplyRequest(changes=[fine, early]))
    assert (refusal.reason, refusal.fields) == ("OCCURRED_IN_FUTURE", ("changes[1].occurred_at",))
    assert (await service.ask("ann", pb.GetStatusRequest())).effective.text == "Here"


async def test_a_zone_goes_with_a_named_expiry_in_a_change(service: Service) -> None:
    """Over HTTP the mask names every field of the body, and the zone is one."""
    change = pb.UpdateStatusRequest(text="x", expires="today", time_zone="Asia/Tokyo")
    change.update_mask.paths.extend(["text", "expires", "time_zone"])
    ends = to_time((await service.ask("ann", change)).effective.expires_time)
    assert ends.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M:%S") == "23:59:59"
