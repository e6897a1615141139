"""`cairn title`: a title for a conversation, at a terminal, through the same API that clients use."""

import click

from cli.following import seen_through
from cli.person import Desk, for_a_person

KEPT = {
    "NAMED_BY_PERSON": "It keeps the name that somebody gave it",
    "TOO_LITTLE_SAID": "Too little is said in it to find a title",
}


@click.command()
@click.argument("conversation")
@for_a_person
def title(desk: Desk, conversation: str) -> None:
    """Find a title for a CONVERSATION that has none, from what is said in it: three to six words.

    A name that a person gave it stays. Ctrl-C cancels the work.

    \b
    Example:
      cairn title c-restoration --user mira
    """
    result = seen_through(desk.gateway, "/api/v1/actions/titles/generate", json={"conversationId": conversation})
    made = result["title"]
    why = KEPT.get(made["reason"], made["reason"])
    kept = f"{why}: {made['title']}" if made["title"] else f"{why}."
    desk.show(made, made["title"] if made["applied"] else kept)
