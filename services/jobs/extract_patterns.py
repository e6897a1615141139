"""What people say of themselves in English, as patterns, and what each is kept as."""

import re
from typing import Any, NamedTuple

from services.jobs.domain_memories import Category, Hint

# After which a statement may begin inside of a sentence.
BEGINS = re.compile(
    r"^(?:(?:actually|anyway|btw|by the way|fyi|also|well|hi|hello|hey|ok|okay|yes|no|so|and|but)\b(?: (?:all|everyone|"
    r"there))?[,!:]?\s+)+|[,;:(\u2013\u2014]\s*|\s-+\s+|\b(?:and|but|because|since|so|as|that|while)\s+",
    re.IGNORECASE,
)
I_AM, WE_ARE = r"(?:I am|I'm|Im)", r"(?:we are|we're)"
NOW = r"(?:(?:currently|now|just|still|also|really|mostly|usually|generally|personally|often|always|absolutely) )?"
IT = r"(?P<it>\S.*)"
NAME = r"(?P<it>(?-i:[A-Z])[\w'-]*(?: (?-i:[A-Z])[\w'-]*){0,3})"
KIN = (
    "wife|husband|partner|girlfriend|boyfriend|fiancée?|son|daughter|kids?|children|mother|mom|mum|father|dad|parents|"
    "brother|sister|grandmother|grandfather|boss|manager|team lead|advisor|adviser|supervisor|co-?founder|mentor|"
    "colleague|roommate|best friend|dog|cat"
)
# "I am a …" that tells nothing of what somebody is.
NO_TRADE = (
    "bit|little|lot|tad|couple|few|big|huge|fan|complete|total|idiot|fool|moron|sucker|human|person|bot|robot|firm|"
    "believer|strong|proponent|hundred|step|while|long|loss|member|minute|day|different|new|relative|absolute|total"
)
TRADE = (
    rf"(?:an?|the) (?!(?:{NO_TRADE})\b)(?:[\w+#-]+ ){{0,3}}"
    r"(?:\w{2,}(?:er|or|ist|ian|eer|ant|ent|ect|ess)|postdoc|phd|"
    r"undergrad\w*|nurse|chef|coach|pilot|newbie|novice)"
)
MAKING = (
    "building|developing|writing|creating|making|designing|launching|migrating|maintaining|working on|leading|porting|"
    "formali[sz]ing"
)
TO_DO = "need to|have to|must|should|are going to|will|want to|plan to|promised to"
DONE = "hand in|submit|deliver|finish|ship|release|launch|complete|present|publish|go live"
UNTIL = "by|on|before|until|tomorrow|today|next"
ALWAYS_SO = "vegan|vegetarian|pescatarian|diabetic|colou?r-?blind|deaf|dyslexic|left-handed"
PLACED = "from|based in|living in|moving to"
DISLIKE = "hate|dislike|can't stand|cannot stand|don't like|do not like"
DOES = "is|are|was|works?|lives?|has|have|likes?|loves?|hates?|studies|speaks?"
OURS = "project|product|startup|company|thesis|paper|app|team"
IS_SO = "is (?:called|named|about|written)|uses|runs|does|makes|sells"
ELSEWHERE = "on (?:vacation|holiday|leave)|travell?ing|sick|out of (?:the )?office"


class Rule(NamedTuple):
    """What a statement looks like, and what it is kept as.

    `{}` is the part named `it`, and `{s}` the same where it begins with a verb, so that it goes with "User". What it
    speaks of is named `what`, or is all of it.
    """

    pattern: re.Pattern[str]
    says: str
    category: Category
    importance: int
    confidence: float
    hint: Hint = Hint.PREFERENCE
    # Whether what it speaks of may be "this" or "your idea", which means nothing elsewhere.
    pointing: bool = False


def _rule(pattern: str, says: str, category: Category, weight: tuple[int, float], **more: Any) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), says, category, *weight, **more)


IDENTITY, PREFERENCE, PROJECT = Category.IDENTITY, Category.PREFERENCE, Category.PROJECT
CONTEXT, RELATIONSHIP = Category.CONTEXT, Category.RELATIONSHIP
WHEN = {"hint": Hint.DEADLINE, "pointing": True}

# What they ask to be remembered: the statement in it is looked at as any other, and counts for more.
REMEMBER = re.compile(
    r"^(?:(?:and|also|so|but|ok|okay|hi|hello)[,!]?\s+)?(?:(?:please|pls|kindly)[,]? )?"
    r"(?:do )?(?:always )?(?:remember|don't forget|do not forget|never forget|keep in mind|bear in mind|make a note|"
    r"take note|note for (?:the )?(?:future|later))(?: for (?:the )?(?:future|later))?(?:,? that|:|,)\s*(?P<it>\S.*)$"
    r"|^(?:please )?remember (?P<own>(?:my|I|I'm|we|our) \S.*)$",
    re.IGNORECASE | re.DOTALL,
)

# The first one that fits counts.
RULES = (
    _rule(rf"my (?:full |first )?name(?: is|'s) {NAME}", "User's name is {}", IDENTITY, (9, 0.95)),
    _rule(rf"(?:please )?(?:just )?call me {NAME}", "User wants to be called {}", IDENTITY, (9, 0.9)),
    _rule(rf"my pronouns are {IT}", "User's pronouns are {}", IDENTITY, (9, 0.9)),
    _rule(rf"my birthday(?: is|'s) (?:on )?{IT}", "User's birthday is {}", IDENTITY, (8, 0.9)),
    _rule(r"I was born (?P<it>(?:in|on) \S.*)", "User was born {}", IDENTITY, (8, 0.9)),
    _rule(
        r"(?:the|our|my) (?P<it>(?:[\w'-]+ ){0,4}deadline\b.*)",
        "User's {}",
        PROJECT,
        (7, 0.8),
        **WHEN,
    ),
    _rule(
        rf"(?:I|we) (?P<it>(?:(?:{TO_DO}) )?(?:{DONE})\b.*\b(?:{UNTIL})\b.*)", "User {s}", PROJECT, (7, 0.75), **WHEN
    ),
    _rule(rf"{I_AM} {NOW}(?P<it>(?:severely )?(?:allergic|intolerant) to .*)", "User is {}", IDENTITY, (9, 0.9)),
    _rule(rf"{I_AM} (?P<it>(?:a |an )?(?:{ALWAYS_SO})\b)", "User is {}", IDENTITY, (9, 0.9)),
    _rule(rf"I {NOW}(?P<it>work (?P<what>(?:at|for|as|in|with) .*))", "User {s}", IDENTITY, (8, 0.85)),
    _rule(rf"{I_AM} {NOW}(?P<it>(?:employed|working) (?P<what>(?:at|for|as) .*))", "User is {}", IDENTITY, (8, 0.85)),
    _rule(rf"(?:I|we) {NOW}(?P<it>live (?P<what>(?:in|near|with|outside) .*))", "User {s}", IDENTITY, (8, 0.85)),
    _rule(
        rf"{I_AM} {NOW}(?P<it>(?:originally )?(?:{PLACED}) (?:the )?(?-i:[A-Z]).*)", "User is {}", IDENTITY, (8, 0.85)
    ),
    _rule(rf"{I_AM} {NOW}(?P<it>\d{{1,2}} years old\b)", "User is {}", IDENTITY, (8, 0.9)),
    _rule(
        rf"(?:my native language is|{I_AM} a native speaker of) {IT}",
        "User's native language is {}",
        IDENTITY,
        (8, 0.9),
    ),
    _rule(rf"I {NOW}(?P<it>speak (?-i:[A-Z]).*)", "User {s}", IDENTITY, (7, 0.8)),
    _rule(rf"{I_AM} {NOW}(?P<it>a (?:big |huge |great )?fan of (?P<what>\S.*))", "User is {}", PREFERENCE, (7, 0.75)),
    _rule(rf"{I_AM} {NOW}(?P<it>(?:{TRADE})\b(?! (?:to|that|who)\b).*)", "User is {}", IDENTITY, (8, 0.8)),
    _rule(rf"(?:I {NOW}study|{I_AM} {NOW}studying) {IT}", "User studies {}", IDENTITY, (7, 0.75)),
    _rule(rf"{I_AM} {NOW}(?P<it>(?:learning|teaching)(?: myself)? (?P<what>\S.*))", "User is {}", CONTEXT, (7, 0.7)),
    _rule(
        rf"{I_AM} {NOW}(?P<it>(?:(?:very|completely|quite|relatively|pretty) )?new to (?P<what>\S.*))",
        "User is {}",
        CONTEXT,
        (6, 0.7),
    ),
    _rule(r"my (?P<it>favou?rite [\w -]{2,40} (?:is|are) .*)", "User's {}", PREFERENCE, (8, 0.85)),
    _rule(rf"I {NOW}(?P<it>prefer (?P<what>\S.*))", "User {s}", PREFERENCE, (8, 0.85)),
    _rule(rf"I {NOW}(?P<it>(?:love|like|enjoy|adore) (?P<what>\S.*))", "User {s}", PREFERENCE, (7, 0.7)),
    _rule(rf"I {NOW}(?P<it>(?:{DISLIKE}) (?P<what>\S.*))", "User {s}", PREFERENCE, (7, 0.75)),
    _rule(
        r"(?:please|from now on,?|in (?:the )?future,?)(?: please,?)? (?P<it>(?:always|never) \S.*)",
        "User asks: {}",
        PREFERENCE,
        (8, 0.9),
        pointing=True,
    ),
    _rule(
        rf"my (?P<it>(?:{KIN})(?:(?: |, )(?-i:[A-Z])\w+,?)? (?:{DOES}) .*)",
        "User's {}",
        RELATIONSHIP,
        (8, 0.8),
        pointing=True,
    ),
    _rule(rf"my (?P<it>(?:{KIN})(?:'s name is| is called| is named) .*)", "User's {}", RELATIONSHIP, (8, 0.9)),
    _rule(
        rf"I {NOW}(?P<it>have (?:an?|two|three|four|\d) (?:\w+ )?(?:{KIN})s?\b.*)", "User {s}", RELATIONSHIP, (8, 0.8)
    ),
    _rule(rf"{I_AM} (?P<it>married to \S.*)", "User is {}", RELATIONSHIP, (8, 0.85)),
    _rule(r"I (?P<it>report to \S.*)", "User {s}", RELATIONSHIP, (8, 0.8)),
    _rule(
        rf"{WE_ARE} {NOW}(?P<it>(?:{MAKING}) (?!in |learning )(?P<what>\S.*))", "User's team is {}", PROJECT, (7, 0.75)
    ),
    _rule(
        rf"(?:{I_AM}|I have been|I've been) {NOW}(?P<it>(?:{MAKING}) (?!in |learning )(?P<what>\S.*))",
        "User is {}",
        PROJECT,
        (7, 0.75),
    ),
    _rule(rf"(?:my|our) (?P<it>(?:\w+ ){{0,2}}(?:{OURS}) (?:{IS_SO}) .*)", "User's {}", PROJECT, (7, 0.75)),
    _rule(
        rf"{I_AM} {NOW}(?P<it>(?:{ELSEWHERE})\b.*)",
        "User is {}",
        CONTEXT,
        (6, 0.7),
        hint=Hint.CONTEXTUAL,
        pointing=True,
    ),
    _rule(rf"I {NOW}(?P<it>use (?-i:[A-Z])[\w+#.-]+(?: .*)?)", "User {s}", PREFERENCE, (6, 0.65)),
)
