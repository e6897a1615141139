"""One stream: who is yet to be told of, and what ends it."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from cairn.presence.v1 import presence_pb2 as pb
from chassis.errors import CairnError, Conflict, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from services.presence.hub_room import Facet


class SlowReader(Conflict):
    """The reader took nothing for 30 seconds; come back with the resume token"""

    reason = "SLOW_READER"


class Draining(Unavailable):
    """The server is stopping; come back with the resume token"""

    reason = "DRAINING"


class UserDeleted(Unauthenticated):
    """This person was deleted"""

    reason = "USER_DELETED"


class Position(NamedTuple):
    """Up to where a watcher has everything: in one room, for one choice of people."""

    epoch: str
    seq: int
    scope: str

    @classmethod
    def read(cls, token: str) -> "Position | None":
        """None where the token is none of ours."""
        epoch, _, rest = token.partition(":")
        seq, _, scope = rest.partition(":")
        return cls(epoch, int(seq), scope) if seq.isascii() and seq.isdigit() else None

    def __str__(self) -> str:
        """The token."""
        return f"{self.epoch}:{self.seq}:{self.scope}"


class Watcher:
    """What one stream has yet to send: facets only, each once, so never more than there are people."""

    def __init__(self, user: str, ids: Iterable[str], epoch: str, clock: Callable[[], float]) -> None:
        """`ids`: none for the whole workspace."""
        self.user = user
        chosen = sorted(ids)
        self.whole = not chosen
        # A token is good for the same people only, seen by the same person.
        digest = hashlib.blake2b("\n".join([user, *chosen]).encode(), digest_size=6)
        self._epoch, self._scope = epoch, digest.hexdigest()
        self._clock = clock
        # Without a token: half a snapshot is nothing to go on from.
        self._snapshot_head = _event(pb.PresenceEvent.EVENT_SNAPSHOT)
        # In the order of their last changes: the number of the one sent is good for all sent before.
        self._pending: dict[Facet, None] = {}
        self._since = clock()
        self._wake: asyncio.Future[None] | None = None
        self._end: CairnError | None = None

    def push(self, facet: "Facet") -> None:
        """Have a change told; an older one of the same person is not told any more."""
        if self._end is not None:
            return
        self._pending.pop(facet, None)
        self._pending[facet] = None
        self._rouse()

    def end(self, error: CairnError) -> None:
        """End the stream with that error, as soon as its reader looks."""
        self._end = self._end or error
        self._pending.clear()
        self._rouse()

    @property
    def dropped(self) -> bool:
        """Whether nothing more will be told."""
        return self._end is not None

    def stuck(self, longest: float) -> bool:
        """Whether the reader has let something wait for too long."""
        return self._wake is None and self._clock() - self._since > longest

    async def next(self) -> bytes:
        """The next change."""
        await self._until(lambda: bool(self._pending))
        facet = next(iter(self._pending))
        del self._pending[facet]
        # Two messages one after the other are one, with the fields of both; so what is shared is encoded once.
        return _event(pb.PresenceEvent.EVENT_CHANGE, self.token(facet.seq)) + facet.encoded()

    async def wait(self, done: "asyncio.Future[None]") -> None:
        """Wait for what the stream needs before it can say anything, unless it ends before."""
        done.add_done_callback(lambda _: self._rouse())
        await self._until(done.done)
        done.result()

    def snapshot(self, facet: "Facet") -> bytes:
        """Somebody as they are now; a change that was yet to be told is told with it."""
        self._taken()
        self._pending.pop(facet, None)
        return self._snapshot_head + facet.encoded()

    def ready(self, seq: int) -> bytes:
        """The snapshot is complete, but for what is pending."""
        self._taken()
        first = next(iter(self._pending), None)
        return _event(pb.PresenceEvent.EVENT_READY, self.token(first.seq - 1 if first else seq))

    def resumes(self, token: str) -> int | None:
        """The number that a token of this room, for these people, stands for."""
        at = Position.read(token)
        return at.seq if at and (at.epoch, at.scope) == (self._epoch, self._scope) else None

    def token(self, seq: int) -> str:
        """What to come back with."""
        return str(Position(self._epoch, seq, self._scope))

    async def _until(self, ready: Callable[[], bool]) -> None:
        self._taken()
        while not ready():
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
            self._taken()

    def _taken(self) -> None:
        """The reader is here: it is not slow, and hears of the end if there is one."""
        self._since = self._clock()
        if self._end is not None:
            raise self._end

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _event(kind: "pb.PresenceEvent.Event", token: str = "") -> bytes:
    return pb.PresenceEvent(event=kind, resume_token=token).SerializeToString()
