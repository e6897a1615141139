"""Where the words of a search stand in a text. PostgreSQL marks them; here the marks are counted out."""

from collections.abc import Sequence

from services.jobs.domain_search import Highlight

# Of the area for private use.
START, END = "\ue000", "\ue001"
OPTIONS = f"HighlightAll=true,StartSel={START},StopSel={END}"
# Made spaces before words are marked: marks that stand in the text itself, and what begins a tag, which would else
# become a single space, however long it is.
BLANKED = f"<{START}{END}"


def highlights(marked: str) -> Sequence[Highlight]:
    """The marked stretches of a text, in a text that has all the characters of it, and the marks."""
    before, *pieces = marked.split(START)
    found: list[Highlight] = []
    at = len(before)
    for piece in pieces:
        word, _, after = piece.partition(END)
        found.append(Highlight(at, at + len(word)))
        at += len(word) + len(after)
    return found
