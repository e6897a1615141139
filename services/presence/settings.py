"""What the presence service and its worker read from the environment."""

from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.server import ServerSettings
from chassis.settings import Port


@dataclass(frozen=True)
class Settings:
    """All of it."""

    server: ServerSettings
    database: DatabaseSettings
    presence_port: Port = 50052
    # How long a device counts as there without another heartbeat, and after it said that it closes.
    presence_lease_seconds: float = 60.0
    presence_grace_seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse leases that no heartbeat could keep."""
        if self.presence_lease_seconds < 1 or self.presence_grace_seconds < 0:
            raise ValueError("CAIRN_PRESENCE_LEASE_SECONDS must be at least 1, CAIRN_PRESENCE_GRACE_SECONDS at least 0")
