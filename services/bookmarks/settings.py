"""What the bookmarks service reads from the environment."""

from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.server import ServerSettings
from chassis.settings import Port, Secret
from services.bookmarks.objects import ObjectsSettings


@dataclass(frozen=True)
class Settings:
    """All of it."""

    server: ServerSettings
    database: DatabaseSettings
    objects: ObjectsSettings
    page_token_secret: Secret
    bookmarks_port: Port = 50051
    # Who looks links up; and whom to trust where it speaks TLS.
    jobs_address: str = "127.0.0.1:50053"
    upstream_ca: str = ""
