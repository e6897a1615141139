"""The made-up workspace every arm serves, the same in every run, and the calls its people make."""

import json
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt

from cairn.bookmarks.v1 import bookmarks_pb2 as api

USERS, CONVERSATIONS, MESSAGES = 200, 100, 100_000
CONVERSATIONS_EACH, SAVED_EACH = 20, 100
NAME = "bench"
SERVICE = "/cairn.bookmarks.v1.BookmarkService/"
# Where in the list of what a person may read the messages to be saved, and those to be toggled, begin.
TO_SAVE, TO_TOGGLE, TOGGLED_EACH = 1_000, 18_000, 1_000
# How many targets later each one is toggled back: never while the first toggle is under way.
TOGGLED_BACK_AFTER = 20
WORDS = ["about", "build", "check", "deploy", "error", "first", "green", "house", "index", "known", "later", "never"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message, in the host's terms."""

    id: str
    conversation: str
    author: str
    text: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as gRPC and as HTTP."""

    rpc: str
    message: bytes
    authorization: str
    verb: str
    path: str
    body: bytes = b""


@dataclass
class Workspace:
    """Who and what exists. The first user is the collector: a member everywhere, who has saved every message."""

    users: list[str] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    readable: dict[str, list[str]] = field(default_factory=dict)

    @property
    def collector(self) -> str:
        """The one with 100,000 bookmarks."""
        return self.users[0]

    @property
    def ordinary(self) -> list[str]:
        """The others."""
        return self.users[1:]

    def saved(self, user: str) -> list[str]:
        """The messages that somebody has saved before the load begins."""
        return self.readable[user] if user == self.collector else self.readable[user][:SAVED_EACH]


def invent(seed: int = 7) -> Workspace:
    """Make the workspace up."""
    chance = random.Random(seed)  # noqa: S311 - data, not secrets
    space = Workspace(_ids(chance, USERS), _ids(chance, CONVERSATIONS))
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    by_conversation: dict[str, list[str]] = {name: [] for name in space.conversations}
    for number, message_id in enumerate(_ids(chance, MESSAGES)):
        text = " ".join(chance.choices(WORDS, k=chance.randint(3, 60)))
        conversation, author = chance.choice(space.conversations), chance.choice(space.users)
        message = Message(message_id, conversation, author, text, begin + timedelta(seconds=number))
        space.messages.append(message)
        by_conversation[conversation].append(message.id)
    for user in space.users:
        count = CONVERSATIONS if user == space.collector else CONVERSATIONS_EACH
        space.members[user] = chance.sample(space.conversations, count)
        space.readable[user] = [each for name in space.members[user] for each in by_conversation[name]]
        chance.shuffle(space.readable[user])
    return space


def _ids(chance: random.Random, count: int) -> list[str]:
    return [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(count)]


class People:
    """Makes the calls. `run` keeps the targets of one run apart from those of the next."""

    def __init__(self, space: Workspace, secret: str) -> None:
        """Give everybody a token."""
        self._space = space
        self._tokens = {user: token(user, secret) for user in space.users}
        self._ordinary = space.ordinary

    def save(self, run: int, count: int) -> list[Call]:
        """Distinct targets, many people."""
        return [self._act("SaveBookmark", "", TO_SAVE, number) for number in range(run * count, (run + 1) * count)]

    def toggle(self, run: int, count: int) -> list[Call]:
        """On, and a little later off again, many people."""
        targets = (run * count + at // 2 - at % 2 * TOGGLED_BACK_AFTER for at in range(count))
        pool = TOGGLED_EACH * len(self._ordinary)
        return [self._act("ToggleBookmark", "/toggle", TO_TOGGLE, number % pool) for number in targets]

    def _act(self, rpc: str, path: str, begin: int, number: int) -> Call:
        step, person = divmod(number, len(self._ordinary))
        user = self._ordinary[person]
        target = self._space.readable[user][begin + step]
        # The two requests have the target in the same field.
        message = api.SaveBookmarkRequest(target=api.Target(message_id=target)).SerializeToString()
        body = json.dumps({"target": {"messageId": target}}).encode()
        return Call(SERVICE + rpc, message, self._tokens[user], "POST", f"/api/v1/bookmarks{path}", body)

    def first_pages(self, _run: int, count: int) -> list[Call]:
        """The first 50, of one person after the other."""
        return [self.page(self._ordinary[k % len(self._ordinary)]) for k in range(count)]

    def page(self, user: str, page_token: str = "", size: int = 50) -> Call:
        """A page, of 50 unless said otherwise."""
        message = api.ListBookmarksRequest(page_size=size, page_token=page_token).SerializeToString()
        path = f"/api/v1/bookmarks?pageSize={size}" + (f"&pageToken={page_token}" if page_token else "")
        return Call(SERVICE + "ListBookmarks", message, self._tokens[user], "GET", path)

    def collector_page(self, page_token: str, size: int = 50) -> Call:
        """A page out of 100,000."""
        return self.page(self._space.collector, page_token, size)


def token(user: str, secret: str) -> str:
    """A credential for one hour."""
    claims = {"sub": user, "workspace": NAME, "iss": "cairn", "aud": "cairn", "exp": int(time.time()) + 3600}
    return "Bearer " + jwt.encode(claims, secret, algorithm="HS256")
