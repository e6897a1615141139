"""What the bookmarks service reads from the environment."""

from dataclasses import dataclass

from chassis.database import DatabaseSettings
from chassis.server import ServerSettings

MIN_SECRET_LENGTH = 32


@dataclass(frozen=True)
class Settings:
    """All of it."""

    server: ServerSettings
    database: DatabaseSettings
    page_token_secret: str
    bookmarks_port: int = 50051

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed."""
        if len(self.page_token_secret) < MIN_SECRET_LENGTH:
            raise ValueError("CAIRN_PAGE_TOKEN_SECRET must have at least 32 characters")
