"""What the feed brings, as this service keeps it."""

from enum import StrEnum


class Kind(StrEnum):
    """What a fact is about. In this order they are taken: what others hang on comes first. Files are not kept."""

    USER = "user"
    CONVERSATION = "conversation"
    MEMBERSHIP = "membership"
    MESSAGE = "message"
    FILE = "file"
