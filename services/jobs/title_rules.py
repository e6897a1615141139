"""Finds a title without a model: words of the first question that are used most in the conversation, in their order."""

import re
from collections import Counter
from collections.abc import Sequence

from services.jobs.domain import Owner
from services.jobs.domain_titles import FEWEST, MOST, MOST_CHARACTERS, Finder, cased

# Code, quotes of others, addresses, mentions and markup say little of what it is about.
NOISE = (
    re.compile(r"(`{3,}|~{3,}).*?(\1|\Z)", re.DOTALL),
    re.compile(r"^\s*>.*$", re.MULTILINE),
    re.compile(r"@(_?\*\*[^*\n]*\*\*|\w+)( said:)?"),
    re.compile(r"\b(?:https?://|www\.)\S+"),
    re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL),
    re.compile(r":[a-z0-9_+-]+:"),
    # A line that looks like one of a program, or is drawn.
    re.compile(r"^.*(?::=|=>|[{};]\s*$|\u2192|\u2200|={4,}|-{4,}).*$", re.MULTILINE),
    re.compile(
        r"^\s*(?:import|from|open|using|#include|def|class|theorem|lemma|example|variables?)\s.*$", re.MULTILINE
    ),
)
# Of an address that has a text, the text.
LINK = re.compile(r"\[([^\]\n]*)\]\([^)\s]*\)")
INLINE = re.compile(r"`([^`\n]*)`")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
# With what may stand inside: don't, C++, node.js, utf-8.
WORD = re.compile(r"[^\W_](?:[\w'\u2019.+#-]*[\w+#])?")
LONGEST_WORD = 24
WHITE = re.compile(r"\s+")
# Hold sentences together and say nothing by themselves.
STOP = frozenset(
    WHITE.split(
        """a about above across after again against all along already also although am among an and another any anybody
        anyone anything are aren't around as at away back be because been before being below between beyond
        both but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during
        each either else etc even ever every everybody everyone everything few for from further had hadn't
        has hasn't have haven't having he hello hence her here here's hers herself hey hi him himself his
        how however i i'd i'll i'm i've if in indeed instead into is isn't it it's its itself just least
        less let let's like lots many may maybe me might mine more most much must my myself neither no
        nobody none nor not nothing now of off ok okay on once one onto or other others ought our ours
        ourselves out over own per perhaps please quite rather same shall she should shouldn't since so some
        somebody somehow someone something sometimes somewhere still such than thank thanks that that's the
        their theirs them themselves then there there's these they they're this those though through thus to
        together too toward towards under until unless up upon us very via was wasn't we we'd we'll we're
        we've were weren't what what's whatever when where whether which while who who's whole whom whose
        why will with within without won't would wouldn't yeah yes yet you you'd you'll you're you've your
        yours yourself"""
    )
)
# Say little: they count only where there is not enough of others.
WEAK = frozenset(
    WHITE.split(
        """able add added answer anyway ask asked asking attempt attempting based best better bit build call called
        came case come consider continue continuing correct course create day days different easy exactly
        example expect explain far feel figure find fine first follow following found gave general get gets
        getting give given go goes going gone good got great guess happen happens happy hard help hoping
        hope idea interested issue issues keep kind knew know known last later learn learning left line
        little long look looked looking looks lot made make makes making manage mark marked matter mean
        means mind morning need needed needing needs new next nice normal note number old open part people
        piece place point possible pretty probably problem problems proper put question questions read
        reading reason resolved right run running said saw say saying says see seem seems seen set several
        show simple small solve soon sorry sort start started starting stuck stuff suppose sure take takes
        talk tell thing things think thinking thought time times today told tomorrow topic took tried tries
        try trying turns two understand use used useful user uses using usual want wanted wants way ways
        week weird well went wish wonder wondering word words work worked working works write writing
        written wrong year years yesterday"""
    )
)


async def _find(_owner: Owner, texts: Sequence[str]) -> str | None:
    return title(texts)


RULES_ONLY = Finder("rules", _find)


def title(texts: Sequence[str]) -> str | None:
    """Three to six words; None where there are not so many."""
    sentences = [WORD.findall(sentence) for text in texts for sentence in SENTENCE.split(_plain(text))]
    for telling in (_telling, _named):
        found = [[word for word in map(_bare, words) if telling(word)] for words in sentences]
        counts = Counter(word for words in found for word in {each.lower() for each in words})
        chosen = _chosen(found)
        if len(chosen) >= FEWEST:
            return _title(chosen, counts)
    return None


def _chosen(sentences: Sequence[Sequence[str]]) -> list[str]:
    """The words of the first sentences that have enough of them together, each once."""
    chosen: dict[str, str] = {}
    for words in sentences:
        for word in words:
            chosen.setdefault(word.lower(), word)
        if len(chosen) >= FEWEST:
            break
    return list(chosen.values())


def _title(chosen: Sequence[str], counts: Counter[str]) -> str:
    best = sorted(range(len(chosen)), key=lambda place: (-counts[chosen[place].lower()], place))[:MOST]
    words = [chosen[place] for place in sorted(best)]
    while len(cased(words)) > MOST_CHARACTERS:
        words.pop()
    return cased(words)


def _plain(text: str) -> str:
    """The text without what says little of what it is about."""
    text = LINK.sub(r" \1 ", text)
    for noise in NOISE:
        text = noise.sub(" ", text)
    return INLINE.sub(lambda found: f" {found[1]} " if WORD.fullmatch(found[1]) else " ", text)


def _bare(word: str) -> str:
    return word.replace("\u2019", "'").removesuffix("'s")


def _named(word: str) -> bool:
    """Whether it can stand in a title."""
    short = 1 < len(word) <= LONGEST_WORD
    return short and word.lower() not in STOP and any(character.isalpha() for character in word)


def _telling(word: str) -> bool:
    """Whether it says what something is about."""
    return _named(word) and word.lower() not in WEAK and not (word.endswith("ly") and word.islower())
