"""A Cairn in parts, each of which can be started, frozen and killed by itself."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx

from cairn.feed.v1 import feed_pb2 as pb
from chassis.channels import open_channel
from cli.credentials import Person, ensure_secrets, service_key, sign
from cli.settings import CliSettings
from cli.stack.processes import PROCESSES, process_environ
from gateway.upstreams import SERVED_BY
from tests.conftest import OPEN_HANDED
from tests.faults.load import ALL
from tests.faults.world import SECONDS, Killable, says_it_serves

USER, WORKSPACE = "ann", "demo"
BY_NAME = {process.name: process for process in PROCESSES}
# What the gateway calls; bookmarks, of which most is asked here, is the first.
SERVICES = sorted({name for names in SERVED_BY.values() for name in names})


@dataclass
class Cairn:
    """A Cairn in parts: none of its processes runs before it is started."""

    settings: CliSettings
    environ: dict[str, str]
    keep: Callable[[Killable], Killable]
    made: int = 0

    def process(self, name: str, **environ: str) -> Killable:
        """One process of its, not yet started."""
        self.made += 1
        log = self.settings.data_dir / f"{name}-{self.made}.log"
        program = BY_NAME[name].program({**self.environ, **environ})
        return self.keep(Killable(replace(program, log=log), says_it_serves))

    @property
    def token(self) -> str:
        """The token of the person who saves."""
        return sign(self.settings, Person(USER, WORKSPACE), timedelta(hours=1))

    def client(self, user: str = USER) -> httpx.AsyncClient:
        """Somebody at the gateway."""
        token = sign(self.settings, Person(user, WORKSPACE), timedelta(hours=1))
        return httpx.AsyncClient(
            base_url=self.settings.gateway_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=SECONDS,
            trust_env=False,
        )

    async def saved(self) -> dict[str, int]:
        """What is in the database, and how often."""
        connection = await asyncpg.connect(self.settings.database_url)
        try:
            rows = await connection.fetch("SELECT target_id FROM bookmarks.bookmarks")
        finally:
            await connection.close()
        return dict(Counter(row["target_id"] for row in rows))

    @asynccontextmanager
    async def standstill(self) -> AsyncIterator[None]:
        """Nobody can write bookmarks in this block: statements that would wait for its end."""
        connection = await asyncpg.connect(self.settings.database_url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE bookmarks.bookmarks IN EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()

    async def someone_waits(self) -> bool:
        """Whether a statement waits for a lock."""
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        connection = await asyncpg.connect(self.settings.database_url)
        try:
            return bool(await connection.fetchval(waits))
        finally:
            await connection.close()

    async def feed(self) -> None:
        """Tell the service of the messages that are saved under load."""
        key = service_key(self.settings, "feed")
        metadata = (("authorization", f"Service {key}"), ("x-cairn-workspace", WORKSPACE))
        async with open_channel(f"127.0.0.1:{self.settings.bookmarks_port}") as channel:
            apply = channel.unary_unary(
                "/cairn.feed.v1.FeedService/Apply",
                request_serializer=pb.ApplyRequest.SerializeToString,
                response_deserializer=pb.ApplyResponse.FromString,
            )
            changes = facts()
            for start in range(0, len(changes), 1000):
                await apply(pb.ApplyRequest(changes=changes[start : start + 1000]), metadata=metadata)


def facts() -> list[pb.Change]:
    """A person, member of a conversation with many messages."""
    sent = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    return [
        pb.Change(conversation=pb.Conversation(id="general", kind=pb.Conversation.KIND_CHANNEL, name="General")),
        pb.Change(membership=pb.Membership(conversation_id="general", user_id=USER)),
        *(
            pb.Change(message=pb.Message(id=id_, conversation_id="general", author_id="bob", text="Hi", sent_at=sent))
            for id_ in ALL
        ),
    ]


def assemble(settings: CliSettings, keep: Callable[[Killable], Killable]) -> Cairn:
    """A Cairn whose processes have what they need to know."""
    # Nobody searches; without an address of another model the local one would be loaded.
    kept = {**OPEN_HANDED, "CAIRN_DRAIN_SECONDS": "5", "CAIRN_EMBEDDINGS_URL": "http://127.0.0.1:9/"}
    kept |= ensure_secrets(settings.data_dir)
    return Cairn(settings, process_environ(settings, kept), keep)
