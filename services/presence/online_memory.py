"""What was read last of who is there, for when Redis is away."""

from collections.abc import Callable, Sequence

# People whose leases are remembered.
REMEMBERED = 20_000


class Memory:
    """The leases, as they were read, with the offset between the clocks. A lease cannot grow while Redis is away."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._offset = 0.0
        self._seen: dict[str, bytes] = {}

    def learn(self, now: float, members: Sequence[str], found: Sequence[bytes]) -> None:
        """Take what Redis said at its time `now`, in milliseconds."""
        self._offset = now - self._clock() * 1000
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen.update(zip(members, found, strict=True))

    def recall(self, members: Sequence[str]) -> tuple[float, list[bytes]]:
        """What Redis would say if nothing had happened since."""
        return self._clock() * 1000 + self._offset, [self._seen.get(member, b"") for member in members]

    def forget(self, member: str) -> None:
        """Leave nothing of a person."""
        self._seen.pop(member, None)
