"""Titles: what they look like, what they are found from, and whose name wins."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from chassis.identity import Caller
from services.jobs import title_rules
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_conversations import ConversationIncognito, ConversationNotFound
from services.jobs.domain_titles import READ, Kept, Made, excerpt, tidied
from services.jobs.title_model import Proposed, by_model
from services.jobs.use_cases_titles import Titles
from tests.services.jobs.library import Library, membership, message, opened

DEFAULTS = ("New Chat", "Untitled")
SAID = "How do I keep the limewash on the outer wall from peeling? The limewash was new."


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Ann is in a new chat, in which she has asked something."""
    async with opened(database_url) as library:
        await library.feed(named("New Chat"), membership("chat", "ann"), message("m1", SAID, "chat", author_id="ann"))
        yield library


def named(name: str, **more: Any) -> dict[str, Any]:
    """The host tells the name of the chat."""
    return {"conversation": {"id": "chat", "kind": 3, "name": name, **more}}


async def find(library: Library, person: str = "ann", asking: Any = None) -> Made:
    """What the job comes to."""
    finder = by_model(asking) if asking else title_rules.RULES_ONLY
    return await Titles(library.database, DEFAULTS, finder).find(Owner(library.workspace, person), "chat")


async def shown(library: Library, person: str = "ann") -> tuple[str, str]:
    """The title, and what the conversation is called."""
    found, name = await Titles(library.database, DEFAULTS, title_rules.RULES_ONLY).get(
        Caller(library.workspace, person), "chat"
    )
    return found.title, name


class Model:
    """Proposes one title; before it answers, something happens."""

    name = "clever"

    def __init__(self, title: str, meanwhile: Any = None) -> None:
        """What it says."""
        self._title, self._meanwhile = title, meanwhile

    async def ask(self, _owner: Owner, _kind: str, _prompt: object, _shape: object) -> Proposed:
        """Its answer."""
        if self._meanwhile:
            await self._meanwhile()
        return Proposed(title=self._title)


@pytest.mark.parametrize(
    ("texts", "title"),
    [
        ([SAID], "Limewash Outer Wall Peeling"),
        (["Help me plan a trip to Norway in June with two kids"], "Plan Trip Norway June Kids"),
        (["Is iOS 17 slow?", "The GPS drains the battery on iOS."], "iOS Slow GPS Drains Battery"),
        (["How many people may be in the lamp room at once?"], "People Lamp Room"),
        (["> Quoted words of somebody else\n@**Bob Stone** see [the lighthouse](x)", "hi"], None),
        (["```\nimport antigravity spam eggs\n```\nhi"], None),
        (["hi", "hello", "?!"], None),
        ([], None),
    ],
)
def test_rules(texts: Sequence[str], title: str | None) -> None:
    assert title_rules.title(texts) == title


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("painting the outer wall", "Painting the Outer Wall"),
        ('"A Plan for the Lamp."', "A Plan for the Lamp"),
        ("Upgrading  iOS\nto v17.2 now", "Upgrading iOS to v17.2 Now"),
        ("Two words", None),
        ("\N{PARTY POPPER} \N{SPARKLES} \N{COLLISION SYMBOL}", None),
        ("The Lamp \N{RIGHT-TO-LEFT OVERRIDE}Room Sign", None),
        ("<b>The</b> Lamp Room", None),
        ("the \x1b[31mred lamp", None),
        ("v17 for 3 lamps", "v17 for 3 Lamps"),
        ("one two three four five six seven", None),
        (f"{'x' * 60} {'y' * 60} z", None),
        ("", None),
    ],
)
def test_the_form_of_a_title(said: str, title: str | None) -> None:
    assert tidied(said) == title


def test_the_first_message_and_the_newest_are_read() -> None:
    assert excerpt([]) == []
    assert excerpt(["a" * (READ + 1), "b"]) == ["a" * READ]
    long = "n" * 5000
    assert excerpt(["first", *([long] * 5)]) == ["first", long[: READ - 15005], long, long, long]
    # A part that is too short to tell anything is left out.
    assert excerpt(["f" * (READ - 199), "x" * 200, "y" * 100]) == ["f" * (READ - 199), "y" * 100]


async def test_a_title_is_found_and_shown(library: Library) -> None:
    assert await shown(library) == ("", "New Chat")
    assert await find(library) == Made("Limewash Outer Wall Peeling", Kept.NOT, "rules")
    assert await shown(library) == ("Limewash Outer Wall Peeling",) * 2
    # Again: the latest one counts.
    assert (await find(library, asking=Model("the peeling wall"))).title == "The Peeling Wall"
    assert await shown(library) == ("The Peeling Wall",) * 2


async def test_a_name_that_a_person_gave_wins_whenever_they_gave_it(library: Library) -> None:
    await library.feed(named("Our wall"))
    assert await find(library) == Made("Our wall", Kept.NAMED, "rules")
    await library.feed(named(""))
    assert (await find(library)).kept is Kept.NOT
    await library.feed(named("Mine again"))
    assert (await shown(library))[1] == "Mine again"


async def test_a_rename_while_a_title_is_found_wins(library: Library) -> None:
    async def rename() -> None:
        await library.feed(named("Our wall"))

    made = await find(library, asking=Model("the peeling wall", rename))
    assert made == Made("Our wall", Kept.NAMED, "clever")
    assert await shown(library) == ("", "Our wall")


async def test_what_becomes_incognito_meanwhile_gets_none(library: Library) -> None:
    async def hide() -> None:
        await library.feed(named("New Chat", incognito=True))

    with pytest.raises(ConversationIncognito):
        await find(library, asking=Model("the peeling wall", hide))
    with pytest.raises(ConversationIncognito):
        await find(library)
    assert await shown(library) == ("", "New Chat")
    await library.feed(named("New Chat"))
    assert (await find(library)).kept is Kept.NOT


async def test_only_members_ask_and_see(library: Library) -> None:
    for attempt in (find, shown):
        with pytest.raises(ConversationNotFound):
            await attempt(library, "bob")
    await library.feed(membership("chat", "ann", removed=True))
    for attempt in (find, shown):
        with pytest.raises(ConversationNotFound):
            await attempt(library)


async def test_where_little_is_said_and_what_is_no_title(library: Library) -> None:
    with pytest.raises(JobFailed, match="MODEL_ANSWER_INVALID"):
        await find(library, asking=Model("Chat"))
    await library.feed({"message_deleted": {"id": "m1"}})
    assert await find(library) == Made("", Kept.LITTLE, "rules")
    assert await find(library, asking=Model("the peeling wall")) == Made("", Kept.LITTLE, "clever")


async def test_a_title_goes_with_its_conversation(library: Library) -> None:
    await find(library)
    await library.feed({"conversation_deleted": {"id": "chat"}})
    assert await library.rows("select * from jobs.titles where workspace = :workspace") == []
    with pytest.raises(ConversationNotFound):
        await shown(library)
