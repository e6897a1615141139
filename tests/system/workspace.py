"""A workspace of its own on the running Cairn, and its people, as they use it through REST."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.conftest import Stack

FEED = "/api/v1/feed"
BOOKMARKS = "/api/v1/bookmarks"
COLLECTIONS = f"{BOOKMARKS}/collections"
PRESENCE = "/api/v1/presence"
WATCH = f"{PRESENCE}/watch"
SEARCH = "/api/v1/search"
START_SEARCH = "/api/v1/actions/search"
JOBS = "/api/v1/actions/jobs"
ADMIN = "/api/v1/admin"
DEAD_LETTER = r"""
    insert into jobs.jobs (
        id, workspace, user_id, kind, queue, status, input, result_seconds, attempt, max_attempts, created_at, turn,
        next_run_at, started_at, completed_at, died_at, archive_at, reason, message, retryable
    )
    values ($1, $2, $3, 'search', 'interactive', 'error', '\x0a0178', 3600, 3, 3, now(), 1, now(), now(), now(), now(),
            now() + interval '1 hour', 'INTERNAL', 'Something went wrong on our side.', true)
"""
MEMORY = """
    insert into jobs.memories (
        workspace, user_id, id, content, category, importance, confidence, reasoning, hint, conversation_id, message_id,
        extractor, job_id, folded, created_at
    )
    values ($2, $3, $1, 'User likes whales.', 'preference', 8, 0.9, 'They say so.', 'preference', 'general', 'm1',
            'rules', $1, 'user likes whales', now())
"""
TRANSCRIPT = """
    insert into jobs.transcripts (
        workspace, user_id, id, conversation_id, name, language, seconds, text, segments, extractor, made_at
    )
    values ($2, $3, $1, '', 'a.ogg', 'en', 1, 'hello', '[[0, 1, "hello"]]', 'pocketsphinx', now())
"""
# What a plan without limits has.
UNLIMITED = ("unlimited_interviews", "unlimited_questions")
SENT_AT = "2026-05-04T09:30:00Z"
# The id of nothing.
NOTHING = "4f9f68da-09f3-4046-a2ac-c0ce91aad4bc"


@dataclass(frozen=True)
class Person:
    """Somebody signed in; `http` carries their token."""

    http: httpx.Client

    def save(self, target: dict[str, str], **words: Any) -> dict[str, Any]:
        """Save a target: the bookmark."""
        answer = self.http.post(BOOKMARKS, json={"target": target, **words})
        assert answer.status_code in (200, 201), answer.text
        bookmark: dict[str, Any] = answer.json()["data"]["bookmark"]
        return bookmark

    def page(self, **filters: Any) -> dict[str, Any]:
        """A page of saved items, whole."""
        answer = self.http.get(BOOKMARKS, params=filters)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def saved(self, **filters: Any) -> list[dict[str, Any]]:
        """The items of a page."""
        return [item["data"] for item in self.page(**filters)["data"]]

    def count(self) -> int:
        """The number on the badge."""
        return int(self.http.get(f"{BOOKMARKS}/count").json()["data"]["count"])

    def collection(self, name: str) -> dict[str, Any]:
        """A new collection."""
        answer = self.http.post(COLLECTIONS, json={"name": name})
        assert answer.status_code == 201, answer.text
        collection: dict[str, Any] = answer.json()["data"]
        return collection


@dataclass(frozen=True)
class Workspace:
    """What a host application has: people with tokens, and a service that feeds."""

    stack: Stack
    name: str
    open: ExitStack

    def person(self, user: str, features: tuple[str, ...] = ()) -> Person:
        """Sign somebody in, with these features of a plan."""
        return Person(self.client({"Authorization": f"Bearer {self.stack.token(user, self.name, features)}"}))

    def service(self, user: str = "") -> httpx.Client:
        """The service of the host application, acting for `user` or alone."""
        key = {"Authorization": f"Service {self.stack.service_key()}", "X-Cairn-Workspace": self.name}
        return self.client({**key, "X-Cairn-User": user} if user else key)

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """Anybody: a client with these headers."""
        client = httpx.Client(base_url=self.stack.base_url, headers=headers, timeout=30, trust_env=False)
        return self.open.enter_context(client)

    def dead_letter(self, user: str) -> str:
        """The id of a search of a person that failed for good, which none does by itself."""
        return self._put(DEAD_LETTER, user)

    def memory(self, user: str) -> str:
        """The id of something that is remembered of a person."""
        return self._put(MEMORY, user)

    def transcript(self, user: str) -> str:
        """The id of a transcript of a person's."""
        return self._put(TRANSCRIPT, user)

    def _put(self, statement: str, user: str) -> str:
        id_ = uuid4()

        async def insert() -> None:
            connection = await asyncpg.connect(self.stack.settings.database_url)
            await connection.execute(statement, id_, self.name, user)
            await connection.close()

        asyncio.run(insert())
        return str(id_)

    def feed(self, *changes: dict[str, Any]) -> None:
        """Tell Cairn what happened."""
        answer = self.service().post(FEED, json={"changes": changes})
        assert answer.status_code == 200, answer.text


def joins(conversation: str, *users: str) -> list[dict[str, Any]]:
    """Changes that make people members."""
    return [{"membership": {"conversationId": conversation, "userId": user}} for user in users]


def leaves(conversation: str, user: str) -> dict[str, Any]:
    """A change that ends a membership."""
    return {"membership": {"conversationId": conversation, "userId": user, "removed": True}}


def message(id_: str, conversation: str, author: str, text: str) -> dict[str, Any]:
    """A change that says what somebody wrote."""
    fact = {"id": id_, "conversationId": conversation, "authorId": author, "text": text, "sentAt": SENT_AT}
    return {"message": fact}


def file(id_: str, uploader: str, name: str, message_id: str | None = None) -> dict[str, Any]:
    """A change that says what somebody uploaded."""
    fact = {"id": id_, "uploaderId": uploader, "name": name, "mediaType": "application/pdf", "sizeBytes": 1234}
    return {"file": {**fact, "messageId": message_id} if message_id else fact}


CHAT = [
    *({"user": {"id": user, "displayName": user.title()}} for user in ("ann", "bob", "eve")),
    {"conversation": {"id": "general", "kind": "channel", "name": "General"}},
    {"conversation": {"id": "dm", "kind": "dm"}},
    *joins("general", "ann", "bob"),
    *joins("dm", "ann", "bob"),
    message("m1", "general", "bob", "The lighthouse opens in June"),
    message("m2", "general", "ann", "Bring a torch " + "x" * 100),
    message("m3", "dm", "bob", "Happy birthday in advance"),
    file("f1", "bob", "floor-plan.pdf", "m1"),
    file("f2", "ann", "budget.pdf"),
    file("f3", "bob", "present.pdf", "m3"),
]
