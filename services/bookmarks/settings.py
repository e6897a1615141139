"""What the bookmarks service reads from the environment."""

from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.server import ServerSettings
from chassis.settings import Port, Secret


@dataclass(frozen=True)
class Settings:
    """All of it."""

    server: ServerSettings
    database: DatabaseSettings
    page_token_secret: Secret
    bookmarks_port: Port = 50051
