"""What the gateway can be told by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.identity import IdentitySettings
from chassis.settings import Port, RedisUrl
from chassis.telemetry import TelemetrySettings


@dataclass(frozen=True)
class EdgeSettings:
    """What holds for every request, whichever method it is for."""

    # Origins whose pages may call us, such as https://chat.example.com, or * for all. None without it.
    cors_origins: tuple[str, ...] = ()
    # How many proxies of yours stand in front, each adding an address to X-Forwarded-For.
    trusted_proxy_hops: int = 0
    # Bytes of a request body; methods for services take whole batches. Neither may exceed the message size that the
    # services themselves take (chassis.server), else what is let in here is refused there.
    body_limit: int = 1 << 20
    service_body_limit: int = 16 << 20
    # Bytes of a file that is sent as part of a form.
    upload_limit: int = 25 << 20
    # Requests a minute: of a verified caller, and of an address without a valid credential.
    user_rate_limit: int = 600
    address_rate_limit: int = 100

    def __post_init__(self) -> None:
        """Refuse limits under which nothing would work."""
        sizes = (self.body_limit, self.service_body_limit, self.upload_limit)
        if min(*sizes, self.user_rate_limit, self.address_rate_limit) < 1 or self.trusted_proxy_hops < 0:
            raise ValueError("CAIRN_…_LIMIT must be at least 1 and CAIRN_TRUSTED_PROXY_HOPS at least 0")


@dataclass(frozen=True)
class Settings:
    """The gateway process."""

    redis_url: RedisUrl
    identity: IdentitySettings
    telemetry: TelemetrySettings
    edge: EdgeSettings
    listen_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    bookmarks_address: str = "127.0.0.1:50051"
    presence_address: str = "127.0.0.1:50052"
    jobs_address: str = "127.0.0.1:50053"
    # PEM file with the certificates to trust where services speak TLS; plain HTTP/2 without it.
    upstream_ca: str = ""
    # Seconds that a call to a service may take.
    call_timeout: float = 15.0
    # How long requests may still run after SIGTERM.
    drain_seconds: float = 10.0


def addresses(settings: Settings, upstreams: set[str]) -> Mapping[str, str]:
    """The address of each upstream."""
    return {name: getattr(settings, f"{name}_address") for name in sorted(upstreams)}
