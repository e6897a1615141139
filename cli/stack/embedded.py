"""PostgreSQL and Redis as `cairn up` runs them: embedded ones, unless the settings name others."""

from dataclasses import dataclass, replace

from cli.settings import CliSettings
from cli.stack.postgres import Cluster
from cli.stack.redis import RedisServer
from cli.stack.supervisor import Supervisor


@dataclass(frozen=True)
class Embedded:
    """What of the two is ours to run."""

    postgres: Cluster | None
    redis: RedisServer | None

    @classmethod
    def of(cls, settings: CliSettings) -> "Embedded":
        """Those that the settings do not name."""
        folder = settings.data_dir
        postgres = Cluster(
            folder / "postgres", settings.postgres_port, settings.postgres_password, log=folder / "logs/postgres.log"
        )
        redis = RedisServer(
            folder / "redis", settings.redis_port, settings.redis_password, log=folder / "logs/redis.log"
        )
        return cls(None if settings.database_url else postgres, None if settings.redis_url else redis)

    def ports(self) -> dict[str, int]:
        """The ports they need, by the variable that moves each."""
        wanted = {"CAIRN_POSTGRES_PORT": self.postgres, "CAIRN_REDIS_PORT": self.redis}
        return {name: server.port for name, server in wanted.items() if server is not None}

    def start(self, supervisor: Supervisor) -> None:
        """Start them and wait until they answer."""
        servers = [server for server in (self.postgres, self.redis) if server is not None]
        for server in servers:
            server.create()
            supervisor.start(server.program())
        for server in servers:
            supervisor.wait_for(server.ready)

    def complete(self, settings: CliSettings) -> CliSettings:
        """The settings, with the addresses of what runs here."""
        return replace(
            settings,
            database_url=self.postgres.url() if self.postgres else settings.database_url,
            redis_url=self.redis.url if self.redis else settings.redis_url,
        )
