"""What a person may do with the titles of conversations that they are in."""

from collections.abc import Sequence

from chassis.database import Database
from chassis.identity import Caller
from services.jobs import store_conversations, store_titles
from services.jobs.domain import Owner
from services.jobs.domain_conversations import Conversation
from services.jobs.domain_titles import Finder, Kept, Made, excerpt
from services.jobs.use_cases import owner_of


class Titles:
    """The use cases of titles."""

    def __init__(self, database: Database, defaults: Sequence[str], finder: Finder) -> None:
        """`defaults` are names that every new conversation gets."""
        self._database = database
        self._defaults = tuple(defaults)
        self._finder = finder

    async def may_find(self, owner: Owner, conversation_id: str) -> None:
        """Raise where no title may be found for this person."""
        await store_conversations.readable(self._database, owner, conversation_id)

    async def get(self, caller: Caller, conversation_id: str) -> tuple[Conversation, str]:
        """A conversation that the caller is in, and what to show as its name."""
        found = await store_conversations.member(self._database, owner_of(caller), conversation_id)
        return found, found.shown(self._defaults)

    async def find(self, owner: Owner, conversation_id: str) -> Made:
        """Find a title and keep it, unless a person has named the conversation by then; raises JobFailed."""
        conversation = await store_conversations.readable(self._database, owner, conversation_id)
        extractor = self._finder.name
        if conversation.named(self._defaults):
            return Made(conversation.name, Kept.NAMED, extractor)
        texts = excerpt(await store_conversations.texts(self._database, owner.workspace, conversation_id))
        title = await self._finder.find(owner, texts)
        if title is None:
            return Made("", Kept.LITTLE, extractor)
        if await store_titles.write(
            self._database, (owner.workspace, conversation_id), title, extractor, self._defaults
        ):
            return Made(title, Kept.NOT, extractor)
        now = await store_conversations.readable(self._database, owner, conversation_id)
        return Made(now.name, Kept.NAMED, extractor)
