"""Draws facts from what somebody wrote in English, by plain patterns: no model is asked.

It knows what people say of themselves in the usual words, and misses everything else. Questions, conditions, quotes
and code are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.jobs.domain import Owner
from services.jobs.domain_memories import CONTENT, REASONING, Category, Extractor, Fact, Hint, Message, Window, clipped
from services.jobs.extract_dates import named_day
from services.jobs.extract_patterns import BEGINS, REMEMBER, RULES, Rule

# Of a message, and of a sentence: nobody tells of themselves at that length.
LOOKED_AT, LONGEST = 20_000, 400
ASKED_FOR = (9, 0.9)
# Code, quotes, formulas and links: not what the person says of themselves.
NOT_SAID = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|\$\$.*?\$\$|^[ \t]*>[^\n]*|`[^`\n]*`|\"[^\"\n]*\"|“[^”]*”|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
GAP = "\x1a"
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
SENTENCE = re.compile(r"(?:[^\n.!?]|[.!?](?=[^\s.!?]))+[.!?]*")
# What makes of a statement something that may not be so.
SUPPOSED = re.compile(
    r"\b(?:if|unless|whether|suppose|supposing|imagine|pretend|assume|assuming|would|wish|when|whenever|as though)\b",
    re.IGNORECASE,
)
# What nobody says of themselves without.
OWN_WORDS = re.compile(
    r"\b(?:I|I'm|Im|I've|my|me|we|we're|our|please|pls|from now on|in (?:the )?future|deadline)\b", re.IGNORECASE
)
POLITE = re.compile(r"\b(?:please|pls|kindly|I|I'm|my|me|we|our)\b", re.IGNORECASE)
# Never kept, whoever asks for it.
SECRET = re.compile(
    r"\b(?:passwords?|passphrase|passcode|pin (?:code|number)|(?:api|private|secret|access) keys?|access tokens?|"
    r"credit card|card number|iban|account number|social security)\b",
    re.IGNORECASE,
)
# Where a statement ends at the latest, lest two become one.
ENDS = re.compile(
    r"\s*(?:[;:()\u2013\u2014]|\s-+\s|,?\s+(?:but|because|since|although|though|so that|while|whereas|if)\b|"
    r",\s*(?:and |so |or )?(?:I|we|it|this|that|there|they|you|he|she|what|is|do|can|so|which|as)\b|,\s*$|"
    r"\s+(?:and|so|as) (?:I|I'm|we|it|this|that|there|they|you|he|she|the|am|are|is|was|have|had|do|don't|tried|trying|"
    r"using|just|would|will|can|could|want|need|now)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
# What only means something where it was said, or says little.
POINTING = re.compile(
    r"(?:at |for |on |in |with |as |about |by |to )?(?:this|that|it|these|those|them|your?|yours|him|her|he|she|how|"
    r"what|when|where|both|either|option|one|some|such|something|a lot|as)\b|"
    r"the (?:idea|fact|way|same|first|second|last|latter|former|other|new|problem|notation|compact)\b|"
    r"to (?:see|be|know|think|understand|add|ask|say|mention|note|point|thank)\b",
    re.IGNORECASE,
)
DANGLING = re.compile(
    r"(?:,?\s+(?:involving|including|such as|and|or|of|to|the|an?|with|in|on|for|at|by|that|so))+$", re.IGNORECASE
)
THIRD = {
    "i": "they",
    "i'm": "they are",
    "i've": "they have",
    "i'd": "they would",
    "i'll": "they will",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
    "am": "are",
    "we": "they",
    "we're": "they are",
    "our": "their",
    "us": "them",
}
FIRST = re.compile(rf"(?<![\w'])(?:{'|'.join(sorted(THIRD, key=len, reverse=True))})(?![\w'])", re.IGNORECASE)
VERBS = {
    "have": "has",
    "are": "is",
    "do": "does",
    "don't": "does not",
    "can't": "cannot",
    **{same: same for same in ("cannot", "must", "should", "will", "promised")},
}
WHY = {
    Category.IDENTITY: "They say who they are",
    Category.PREFERENCE: "They say what they like or want",
    Category.PROJECT: "They say what they work on",
    Category.CONTEXT: "They say how things are with them",
    Category.RELATIONSHIP: "They speak of somebody close to them",
}


async def _draw(_owner: Owner, window: Window, _known: Sequence[str]) -> list[Fact]:
    return facts(window)


RULES_ONLY = Extractor("rules", _draw)


def facts(window: Window) -> list[Fact]:
    """What the person says of themselves in their own messages."""
    alone = not any(each.human and not each.own for each in (*window.messages, *window.earlier))
    return [fact for message in window.messages if message.own for fact in _of_message(message, alone=alone)]


def _of_message(message: Message, *, alone: bool) -> Iterator[Fact]:
    plain = NOT_SAID.sub(GAP, LINK.sub(r"\1", message.text[:LOOKED_AT])).replace("\u2019", "'")
    for found in SENTENCE.finditer(plain):
        sentence = re.sub(r"[*_]{2}|^[^\w\x1a]+", "", found[0]).strip()
        if not sentence.endswith("?") and len(sentence) <= LONGEST and not SECRET.search(sentence):
            yield from _of_sentence(sentence, message, alone=alone)


def _of_sentence(sentence: str, message: Message, *, alone: bool) -> Iterator[Fact]:
    wish = REMEMBER.match(sentence)
    if wish is None:
        yield from _stated(sentence, message)
        return
    # Among people, "remember that" may well be said to somebody else.
    ours = alone or POLITE.search(sentence) is not None
    said = wish["it"] or wish["own"]
    stated = list(_stated(said, message))
    for fact in stated:
        importance, confidence = max(fact.importance, ASKED_FOR[0]), max(fact.confidence, ASKED_FOR[1])
        yield replace(fact, importance=importance, confidence=confidence)
    if ours and not stated and GAP not in said:
        wished = _fact("User asks to remember: " + _third(_plain(said)), Category.CONTEXT, said, message)
        yield from [wished] if wished else []


def _stated(sentence: str, message: Message) -> Iterator[Fact]:
    """What is stated in a sentence; no part of it counts twice."""
    if not OWN_WORDS.search(sentence):
        return
    taken: list[range] = []
    starts = [0, *(each.end() for each in BEGINS.finditer(sentence))]
    for rule in RULES:
        found = next(filter(None, (rule.pattern.match(sentence, start) for start in starts)), None)
        if found is None or _supposed(rule, found):
            continue
        ended = ENDS.sub("", found["it"])
        span = range(found.start("it"), found.start("it") + len(ended))
        if any(span.start < each.stop and each.start < span.stop for each in taken):
            continue
        taken.append(span)
        fact = _kept_as(rule, found, _plain(ended), message)
        if fact:
            yield fact


def _supposed(rule: Rule, found: re.Match[str]) -> bool:
    """Whether it may not be so."""
    return SUPPOSED.search(found.string, 0, found.end("it") if rule.pointing else found.start("it")) is not None


def _kept_as(rule: Rule, found: re.Match[str], it: str, message: Message) -> Fact | None:
    what = found.groupdict().get("what") or it
    if GAP in it or not re.search(r"\w", it) or (not rule.pointing and POINTING.match(what)):
        return None
    fact = _fact(rule.says.format(_third(it), s=_third(_conjugated(it))), rule.category, found[0], message)
    fact = fact and replace(fact, importance=rule.importance, confidence=rule.confidence, hint=rule.hint)
    if fact is None or rule.hint is not Hint.DEADLINE:
        return fact
    due = named_day(it, message.sent_time.date())
    return replace(fact, due=due) if due else None


def _fact(says: str, category: Category, said: str, message: Message) -> Fact | None:
    content = clipped(says.rstrip(" ,.!"), CONTENT[1] - 1) + "."
    reasoning = clipped(f"{WHY[category]}: {_plain(said)}", REASONING[1])
    if len(content) < CONTENT[0]:
        return None
    return Fact(message.id, content, category, *ASKED_FOR, reasoning, Hint.PREFERENCE)


def _plain(text: str) -> str:
    """Without marks at either end or what leads nowhere, and on one line."""
    return DANGLING.sub("", " ".join(text.split()).strip(" ,;:.!*_-"))


def _third(text: str) -> str:
    """The same, said by somebody else."""
    return FIRST.sub(lambda found: THIRD[found[0].lower()], text)


def _conjugated(text: str) -> str:
    verb, space, rest = text.partition(" ")
    low = verb.lower()
    if low in VERBS:
        return f"{VERBS[low]}{space}{rest}"
    if low.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{low}es{space}{rest}"
    return f"{low[:-1]}ies{space}{rest}" if re.search(r"[^aeiou]y$", low) else f"{low}s{space}{rest}"
