"""What a person may do about being disturbed, and the one rule for every sender."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from chassis.database import Database
from chassis.identity import Caller
from services.presence import store_people
from services.presence.dnd import Decision, Hold, Kind, Settings, decide, hold
from services.presence.domain import invalid_expiry
from services.presence.online import OnlineAway, Sessions
from services.presence.use_cases import owner_of


class Disturbance:
    """The use cases of Do-Not-Disturb."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        """Where settings are kept, and where devices."""
        self._database = database
        self._sessions = sessions

    async def get(self, caller: Caller) -> tuple[Settings, Hold | None]:
        """The caller's settings, and what holds now."""
        owner = owner_of(caller)
        said = (await store_people.read(self._database, owner.workspace, [owner.user]))[owner.user]
        return said.settings, hold(said.settings, said.status_hold, said.now)

    async def set(self, caller: Caller, settings: Settings, after: timedelta | None) -> tuple[Settings, Hold | None]:
        """Replace the caller's settings; `after` ends the snooze so long from now."""
        owner = owner_of(caller)
        if await store_people.set_dnd(self._database, owner, settings.checked(), after) is None:
            raise invalid_expiry("snooze_until_time", "must be in the future")
        return await self.get(caller)

    async def is_invisible(self, caller: Caller) -> bool:
        """Whether the caller hides from everybody else."""
        owner = owner_of(caller)
        return (await store_people.read(self._database, owner.workspace, [owner.user]))[owner.user].invisible

    async def set_invisible(self, caller: Caller, invisible: bool) -> None:
        """Hide the caller from everybody else, or show them again."""
        owner = owner_of(caller)
        said = (await store_people.read(self._database, owner.workspace, [owner.user]))[owner.user]
        if invisible and not said.invisible:
            # Before others are told, so that it is there when they look; without Redis nobody sees anything of it.
            with suppress(OnlineAway):
                await self._sessions.hide(owner.workspace, owner.user)
        await store_people.set_invisible(self._database, owner, invisible)

    async def should_notify(self, caller: Caller, recipients: Sequence[str], sender: str, kind: Kind) -> list[Decision]:
        """Whom to notify now, in the order asked."""
        if kind is Kind.URGENT:
            await store_people.note_urgent(self._database, caller.workspace, caller.service, sender, recipients)
        said = await store_people.read(self._database, caller.workspace, list(dict.fromkeys(recipients)))
        decisions = {
            id_: decide(each.settings, hold(each.settings, each.status_hold, each.now), kind, sender)
            for id_, each in said.items()
        }
        return [decisions[id_] for id_ in recipients]
