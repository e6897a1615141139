"""Settings of the `cairn` command: the environment, completed by the secrets that `cairn up` keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.settings import load

SECRETS_FILE = "secrets.env"


@dataclass(frozen=True)
class CliSettings:
    """All that one command or another reads; every field has a default, since no command needs them all."""

    data_dir: Path = Path(".data")
    # Where the gateway is; by default the one that `cairn up` starts.
    url: str = ""
    token: str = ""
    workspace: str = "demo"

    jwt_secret: str = ""
    jwt_issuer: str = "cairn"
    jwt_audience: str = "cairn"
    jwt_user_claim: str = "sub"
    jwt_workspace_claim: str = "workspace"
    jwt_features_claim: str = "features"
    service_keys: tuple[str, ...] = ()
    page_token_secret: str = ""

    # Set, they replace the embedded servers.
    database_url: str = ""
    redis_url: str = ""
    postgres_password: str = ""
    redis_password: str = ""

    listen_host: str = "127.0.0.1"
    gateway_port: int = 8080
    bookmarks_port: int = 50051
    presence_port: int = 50052
    presence_worker_port: int = 50056
    jobs_port: int = 50053
    jobs_interactive_port: int = 50057
    jobs_bulk_port: int = 50058
    postgres_port: int = 50054
    redis_port: int = 50055

    @property
    def gateway_url(self) -> str:
        """The address of the gateway, without a slash at the end."""
        return self.url.rstrip("/") or f"http://{reachable(self.listen_host)}:{self.gateway_port}"


@dataclass(frozen=True)
class Session:
    """What every command starts from; the environment itself only to hand it on to programs that it starts."""

    settings: CliSettings
    environ: Mapping[str, str]


def reachable(host: str) -> str:
    """The address under which a server that listens on `host` is called from here."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104


def cli_settings(environ: Mapping[str, str]) -> CliSettings:
    """Read the environment; raises chassis.settings.SettingsError."""
    data_dir = load(CliSettings, environ).data_dir
    return load(CliSettings, {**kept_secrets(data_dir), **environ})


def kept_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of an earlier `cairn up` in this data directory, by variable."""
    path = data_dir / SECRETS_FILE
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}
