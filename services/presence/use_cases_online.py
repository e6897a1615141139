"""What a device may say, and what a person may watch."""

from collections.abc import AsyncGenerator, Sequence

from chassis.identity import Caller
from services.presence.domain import Online
from services.presence.hub import Hub
from services.presence.hub_holds import BEATS_A_LEASE
from services.presence.online import Sessions
from services.presence.use_cases import owner_of


class Devices:
    """The use cases of being there."""

    def __init__(self, sessions: Sessions, hub: Hub) -> None:
        """Where leases are, and who watches."""
        self._sessions = sessions
        self._hub = hub

    @property
    def beat_seconds(self) -> float:
        """How long a device may wait before it says again that it is there."""
        return self._sessions.lease_seconds / BEATS_A_LEASE

    async def beat(self, caller: Caller, device: str, state: Online) -> Online:
        """Take a device's word; what the person is now, over all devices."""
        return await self._sessions.beat(*owner_of(caller), device, state)

    def watch(self, caller: Caller, ids: Sequence[str], resume_token: str, device: str) -> AsyncGenerator[bytes, None]:
        """Serialised events: people as they are, then every change."""
        return self._hub.watch(caller, ids, resume_token, device)
