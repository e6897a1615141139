"""PresenceService: decode, one use case, encode."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from google.protobuf.empty_pb2 import Empty

from cairn.presence.v1 import dnd_pb2
from cairn.presence.v1 import presence_pb2 as pb
from chassis.interceptors import Call
from chassis.times import from_time
from services.presence import encode, encode_dnd
from services.presence.domain import MANUAL, PRESETS
from services.presence.use_cases import People, Statuses
from services.presence.use_cases_dnd import Disturbance
from services.presence.use_cases_online import Devices


class PresenceServicer:
    """cairn.presence.v1.PresenceService."""

    def __init__(
        self,
        statuses: Statuses,
        people: People,
        disturbance: Disturbance,
        devices: Devices,
        now: Callable[[], datetime],
    ) -> None:
        """The use cases; `now` is aware of its time zone, and says only which day it is."""
        self._statuses = statuses
        self._people = people
        self._disturbance = disturbance
        self._devices = devices
        self._now = now

    async def GetStatus(self, _request: pb.GetStatusRequest, call: Call) -> pb.Status:
        """One's own status."""
        return encode.from_claims(call.require_caller().user, await self._statuses.get(call.require_caller()))

    async def SetStatus(self, request: pb.SetStatusRequest, call: Call) -> pb.Status:
        """Replace the manual status."""
        draft = encode.to_manual(request, self._now())
        return encode.from_claims(call.require_caller().user, await self._statuses.put(call.require_caller(), draft))

    async def UpdateStatus(self, request: pb.UpdateStatusRequest, call: Call) -> pb.Status:
        """Change parts of the manual status."""
        draft, fields = encode.to_change(request, self._now())
        return encode.from_claims(
            call.require_caller().user, await self._statuses.update(call.require_caller(), draft, fields)
        )

    async def ClearStatus(self, _request: pb.ClearStatusRequest, call: Call) -> Empty:
        """Clear the manual status."""
        await self._statuses.clear(call.require_caller(), MANUAL, MANUAL)
        return Empty()

    async def SetClaim(self, request: pb.SetClaimRequest, call: Call) -> pb.Status:
        """Set a claim for a person."""
        draft = encode.to_claim(request, call.require_caller().service, self._now())
        return encode.from_claims(call.require_caller().user, await self._statuses.put(call.require_caller(), draft))

    async def ClearClaim(self, request: pb.ClearClaimRequest, call: Call) -> Empty:
        """End a claim."""
        caller = call.require_caller()
        await self._statuses.clear(caller, caller.service, request.claim_id)
        return Empty()

    async def GetPresence(self, request: pb.GetPresenceRequest, call: Call) -> pb.Presence:
        """One person."""
        found = await self._people.batch(call.require_caller(), [request.user_id])
        return encode.from_presence(found[0])

    async def BatchGetPresence(self, request: pb.BatchGetPresenceRequest, call: Call) -> pb.BatchGetPresenceResponse:
        """Many people."""
        found = await self._people.batch(call.require_caller(), list(request.user_ids))
        response = pb.BatchGetPresenceResponse()
        for each in found:
            encode.put_presence(response.people.add(), each)
        return response

    async def ListPresets(self, _request: pb.ListPresetsRequest, _call: Call) -> pb.ListPresetsResponse:
        """Ready-made statuses."""
        presets = [pb.Preset(key=key, **saying._asdict()) for key, saying in PRESETS.items()]
        return pb.ListPresetsResponse(presets=presets)

    async def ListRecents(self, _request: pb.ListRecentsRequest, call: Call) -> pb.ListRecentsResponse:
        """The caller's last manual statuses."""
        found = await self._statuses.recents(call.require_caller())
        recents = [pb.Recent(emoji=each.emoji, text=each.text, used_time=from_time(each.used_time)) for each in found]
        return pb.ListRecentsResponse(recents=recents)

    async def GetDnd(self, _request: dnd_pb2.GetDndRequest, call: Call) -> dnd_pb2.Dnd:
        """The caller's Do-Not-Disturb."""
        return encode_dnd.from_settings(*await self._disturbance.get(call.require_caller()))

    async def SetDnd(self, request: dnd_pb2.SetDndRequest, call: Call) -> dnd_pb2.Dnd:
        """Replace the caller's Do-Not-Disturb."""
        settings, after = encode_dnd.to_settings(request)
        return encode_dnd.from_settings(*await self._disturbance.set(call.require_caller(), settings, after))

    async def ShouldNotify(self, request: dnd_pb2.ShouldNotifyRequest, call: Call) -> dnd_pb2.ShouldNotifyResponse:
        """Whom to notify now."""
        recipients, kind = list(request.recipient_ids), encode_dnd.KINDS[request.kind]
        decisions = await self._disturbance.should_notify(call.require_caller(), recipients, request.sender_id, kind)
        return encode_dnd.from_decisions(recipients, decisions)

    async def GetVisibility(self, _request: pb.GetVisibilityRequest, call: Call) -> pb.Visibility:
        """Whether the caller hides."""
        return pb.Visibility(invisible=await self._disturbance.is_invisible(call.require_caller()))

    async def SetVisibility(self, request: pb.SetVisibilityRequest, call: Call) -> pb.Visibility:
        """Hide, or show again."""
        await self._disturbance.set_invisible(call.require_caller(), request.invisible)
        return pb.Visibility(invisible=request.invisible)

    async def Heartbeat(self, request: pb.HeartbeatRequest, call: Call) -> pb.HeartbeatResponse:
        """A device is there."""
        online = await self._devices.beat(call.require_caller(), request.device_id, encode.BEATS[request.state])
        next_in = timedelta(seconds=self._devices.beat_seconds)
        return pb.HeartbeatResponse(online=encode.ONLINE[online], next_in=next_in)

    async def WatchPresence(self, request: pb.WatchPresenceRequest, call: Call) -> AsyncIterator[bytes]:
        """People as they are, then every change; serialised once for all who watch."""
        watching = self._devices.watch(call.require_caller(), request.user_ids, request.resume_token, request.device_id)
        async with aclosing(watching):
            async for event in watching:
                yield event
