"""Titles: what they are found from, and what they must look like. No database and no wire format here."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.jobs.domain import Kind, Owner, Queue

TITLE = Kind("title", Queue.INTERACTIVE, run_seconds=60.0)

FEWEST, MOST = 3, 6
MOST_CHARACTERS = 80
# What a title is found from; a part of a message only where it is at least so long.
READ, LEAST = 16_000, 100
# In the middle of a title these stay small.
SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "but",
        "by",
        "for",
        "from",
        "in",
        "into",
        "nor",
        "of",
        "on",
        "or",
        "over",
        "per",
        "the",
        "to",
        "up",
        "via",
        "vs",
        "with",
        "without",
    ]
)
WRAPPING = " \t\n\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb\u201e*_#:;,.!?\u2026-\u2013\u2014"


# Control, format, surrogate, private use.
UNSEEN = ("Cc", "Cf", "Cs", "Co")
MARKUP = re.compile("[<>]")


class Finder(NamedTuple):
    """What finds titles: its name, and a title in texts, or none; it raises JobFailed."""

    name: str
    find: Callable[[Owner, Sequence[str]], Awaitable[str | None]]


class Kept(StrEnum):
    """Why a conversation gets no title."""

    NOT = ""
    NAMED = "NAMED_BY_PERSON"
    LITTLE = "TOO_LITTLE_SAID"


class Made(NamedTuple):
    """What came of it. `title` is what the conversation is called, or nothing."""

    title: str
    kept: Kept
    extractor: str


def excerpt(texts: Sequence[str]) -> list[str]:
    """The first message and the newest, in order, as far as there is room."""
    if not texts:
        return []
    first, room = texts[0][:READ], READ - len(texts[0][:READ])
    newest: list[str] = []
    for text in reversed(texts[1:]):
        if len(text) > room:
            newest += [text[:room]] if room >= LEAST else []
            break
        newest.append(text)
        room -= len(text)
    return [first, *reversed(newest)]


def tidied(said: str) -> str | None:
    """What somebody proposes, as a title; None where it is none."""
    words = re.sub(r"\s+", " ", said).strip(WRAPPING).split(" ")
    # Everybody in the conversation sees it: no codes, and no pictures or tags in the place of words.
    plain = all(unicodedata.category(each) not in UNSEEN for each in said if not each.isspace())
    told = sum(any(each.isalnum() for each in word) and not MARKUP.search(word) for word in words)
    if not (FEWEST <= len(words) <= MOST and plain and told >= FEWEST):
        return None
    title = cased(words)
    return title if len(title) <= MOST_CHARACTERS else None


def cased(words: Sequence[str]) -> str:
    """In title case. What has capitals or digits of its own, such as iOS or v2, stays as it is written."""
    last = len(words) - 1
    return " ".join(_cased(word, 0 < place < last) for place, word in enumerate(words))


def _cased(word: str, inside: bool) -> str:
    if word != word.lower() or any(character.isdigit() for character in word):
        return word
    return word if inside and word in SMALL else word[:1].upper() + word[1:]
