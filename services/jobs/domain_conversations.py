"""Conversations, as those who are in them may see them. No database and no wire format here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import NotFound, PreconditionFailed


class ConversationNotFound(NotFound):
    """There is no such conversation that you are in"""

    reason = "CONVERSATION_NOT_FOUND"


class ConversationIncognito(PreconditionFailed):
    """Nothing is drawn from an incognito conversation"""

    reason = "CONVERSATION_INCOGNITO"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation. `name` is the host's, `title` is ours; both may be empty."""

    id: str
    name: str
    incognito: bool
    title: str
    titled_time: datetime | None
    # What found the title.
    extractor: str

    def named(self, defaults: Collection[str]) -> bool:
        """Whether a person named it: the name is there, and none that every new conversation gets."""
        return self.name.strip() not in ("", *defaults)

    def shown(self, defaults: Collection[str]) -> str:
        """What people are shown: a name that a person gave comes first, whenever they gave it."""
        return self.name if self.named(defaults) else self.title or self.name
