"""What the feed brings, as this service keeps it."""

from enum import StrEnum

from chassis.facts import Fact, rounds

__all__ = ["Fact", "Kind", "rounds"]


class Kind(StrEnum):
    """What a fact is about. In this order they are taken: what others hang on comes first."""

    USER = "user"
    CONVERSATION = "conversation"
    MEMBERSHIP = "membership"
    MESSAGE = "message"
    FILE = "file"
