"""What a person may ask of saved links by their address."""

from chassis.database import Database
from chassis.identity import Caller
from services.bookmarks import store_links
from services.bookmarks.domain_links import Canonical
from services.bookmarks.store_links import Known
from services.bookmarks.use_cases import owner_of


class Links:
    """The use cases of addresses."""

    def __init__(self, database: Database) -> None:
        """Nothing but the database is needed: what an address leads to is looked up elsewhere."""
        self._database = database

    async def known(self, caller: Caller, address: Canonical) -> Known | None:
        """The bookmark of an address, also if it lies in the trash."""
        return (await store_links.known_of(self._database, owner_of(caller), [address.key])).get(address.key)
