"""What the rules make of sentences, and what they leave alone."""

from datetime import UTC, date, datetime

import pytest

from services.jobs.domain_memories import Category, Fact, Hint, Level, Message, Window, clipped, folded
from services.jobs.extract_dates import named_day
from services.jobs.extract_rules import facts

# A Monday.
SENT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SAID = {
    "I'm a software engineer at Acme and I live in Zurich.": [
        ("User lives in Zurich.", "identity", 8),
        ("User is a software engineer at Acme.", "identity", 8),
    ],
    "hi all, my name is Ada Lovelace!": [("User's name is Ada Lovelace.", "identity", 9)],
    "Please call me Ada": [("User wants to be called Ada.", "identity", 9)],
    "I work at CERN as a physicist, which is fun.": [("User works at CERN as a physicist.", "identity", 8)],
    "I\u2019m from Portugal; my native language is Portuguese.": [
        ("User is from Portugal.", "identity", 8),
        ("User's native language is Portuguese.", "identity", 8),
    ],
    "please remember that I'm allergic to peanuts": [("User is allergic to peanuts.", "identity", 9)],
    "Don't forget: the deploy key of my team rotates each March.": [
        ("User asks to remember: the deploy key of their team rotates each March.", "context", 9)
    ],
    "I prefer tabs over spaces, but that's just me.": [("User prefers tabs over spaces.", "preference", 8)],
    "I really like hiking in the Alps.": [("User likes hiking in the Alps.", "preference", 7)],
    "I am a vegan chef": [("User is a vegan.", "identity", 9)],
    "I live in Oslo as I work at Acme": [
        ("User works at Acme.", "identity", 8),
        ("User lives in Oslo.", "identity", 8),
    ],
    "I can't stand meetings before 10am": [("User cannot stand meetings before 10am.", "preference", 7)],
    "I don't like coffee": [("User does not like coffee.", "preference", 7)],
    "Please always answer in German.": [("User asks: always answer in German.", "preference", 8)],
    "My favourite language is OCaml 5.2": [("User's favourite language is OCaml 5.2.", "preference", 8)],
    "We are building a payment gateway in Rust 1.75.": [
        ("User's team is building a payment gateway in Rust 1.75.", "project", 7)
    ],
    "so I'm currently working on my thesis and have no time": [("User is working on their thesis.", "project", 7)],
    "I am building a compiler for Lean, with the\nhelp of friends": [
        ("User is building a compiler for Lean.", "project", 7)
    ],
    "My wife Anna works at Google.": [("User's wife Anna works at Google.", "relationship", 8)],
    "I have two kids.": [("User has two kids.", "relationship", 8)],
    "I use Emacs for everything": [("User uses Emacs for everything.", "preference", 6)],
}
NOT_SAID = (
    "Do I work at Acme?",
    "If I work at Acme, then so what.",
    "Suppose I live in Oslo",
    "> I work at Evil Corp",
    "```\nI live in Oslo\n```",
    'He said "I work at Foo Inc." and left',
    "I'm a bit confused.",
    "I like this idea a lot",
    "I like how it works",
    "I'd like a coffee",
    "I remember that it was bad",
    "I work on it.",
    "she lives in Rome and works at Acme",
    "never mind, I like it",
    "I prefer `simp` here",
    "Please remember that my password is hunter2",
)


def said(text: str, *others: str) -> list[Fact]:
    """The facts in a message, among messages of others."""
    own = Message("m1", "ann", text, SENT, human=True, own=True)
    rest = [Message(other, "bob", other, SENT, human=True, own=False) for other in others]
    return facts(Window([own, *rest], []))


@pytest.mark.parametrize("text", SAID)
def test_what_people_say_of_themselves(text: str) -> None:
    found = said(text)
    assert [(each.content, each.category.value, each.importance) for each in found] == SAID[text]
    assert all(each.kept(Level.ACTIVE) and each.message_id == "m1" for each in found)


@pytest.mark.parametrize("text", NOT_SAID)
def test_what_they_do_not_say(text: str) -> None:
    assert said(text) == []


def test_what_is_asked_to_be_remembered_counts_most() -> None:
    [fact] = said("Remember that I like long walks.")
    assert (fact.content, fact.importance, fact.confidence) == ("User likes long walks.", 9, 0.9)
    assert fact.kept(Level.PASSIVE)


def test_among_people_remember_that_may_be_said_to_somebody_else() -> None:
    assert [each.content for each in said("Remember that tactics are slow.")] == [
        "User asks to remember: tactics are slow."
    ]
    assert said("Remember that tactics are slow.", "Why is it slow?") == []
    assert said("Remember that our build is slow.", "Why is it slow?")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The deadline for the grant is May 20th.", date(2026, 5, 20)),
        ("We need to submit the paper by Friday.", date(2026, 5, 8)),
        ("I have to finish my thesis by 2026-09-01", date(2026, 9, 1)),
    ],
)
def test_a_deadline_has_its_day(text: str, day: date) -> None:
    [fact] = said(text)
    assert (fact.hint, fact.due) == (Hint.DEADLINE, day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on 3 March", date(2027, 3, 3)),
        ("Sept. 9, 2026", date(2026, 9, 9)),
        ("tomorrow", date(2026, 5, 5)),
        ("next Monday", date(2026, 5, 11)),
        ("end of the week", date(2026, 5, 10)),
        ("by the end of month", date(2026, 5, 31)),
        ("in 3 weeks", date(2026, 5, 25)),
        ("February 30", None),
        ("2062-01-01", None),
        ("soon", None),
    ],
)
def test_days_are_named_in_many_ways(text: str, day: date | None) -> None:
    assert named_day(text, SENT.date()) == day


def test_a_long_message_is_read_in_time() -> None:
    assert said("I work at " + "a" * 100_000) == []
    assert len(said("I work at Acme. " * 50_000)) < 2_000
    assert said("(" * 50_000 + "and " * 50_000) == []


@pytest.mark.parametrize(
    ("hint", "due", "days"),
    [
        (Hint.CONTEXTUAL, None, 7),
        (Hint.PREFERENCE, None, None),
        (Hint.TEMPORARY, None, 1),
        (Hint.DEADLINE, None, 7),
        (Hint.DEADLINE, date(2026, 5, 14), 17),
    ],
)
def test_how_long_a_fact_holds(hint: Hint, due: date | None, days: int | None) -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    expires = Fact("m1", "x" * 10, Category.CONTEXT, 7, 0.7, "y" * 10, hint, due).expire_time(now)
    assert (expires and (expires - now).days) == days


@pytest.mark.parametrize(
    ("level", "importance", "confidence"),
    [(Level.PASSIVE, 9, 0.9), (Level.MINIMAL, 8, 0.8), (Level.MODERATE, 7, 0.7), (Level.ACTIVE, 5, 0.6)],
)
def test_thresholds(level: Level, importance: int, confidence: float) -> None:
    def kept(importance: int, confidence: float) -> bool:
        return Fact("m", "x" * 10, Category.CONTEXT, importance, confidence, "y" * 10, Hint.CONTEXTUAL).kept(level)

    assert kept(importance, confidence)
    assert not kept(importance - 1, confidence)
    assert not kept(importance, confidence - 0.01)
    assert not kept(11, confidence)


def test_texts_are_brought_into_form() -> None:
    assert folded("User LIKES\u00a0caf\u00e9s, a lot!") == folded("user likes cafe\u0301s a lot")
    assert clipped("a\x00 b\n\ud800", 9) == "a b ?"
    assert clipped("abc def", 5) == "abc\u2026"
