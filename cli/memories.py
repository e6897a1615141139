"""`cairn memories`: what is remembered of a person, at a terminal, through the same API that clients use."""

from typing import Any
from uuid import UUID

import click

from cli.following import seen_through
from cli.person import Desk, for_a_person
from cli.tables_actions import memories_table, memory_card

MEMORIES = "/api/v1/memories"
CATEGORIES = click.Choice(["identity", "preference", "project", "context", "relationship"])
LEVELS = click.Choice(["none", "passive", "minimal", "moderate", "active"])


@click.group()
def memories() -> None:
    """Draw lasting facts about you from what you wrote, and list, search and delete them.

    \b
    Say who you are with --user (on the machine where `cairn up` runs) or CAIRN_TOKEN:
      cairn memories extract c-restoration --user mira
      cairn memories search "what does she build" --user mira
    """


@memories.command()
@click.argument("conversation")
@click.option("--level", type=LEVELS, help="How much is worth remembering. [default: moderate]")
@for_a_person
def extract(desk: Desk, conversation: str, level: str | None) -> None:
    """Read what is new in a CONVERSATION, and remember what lasts. Ctrl-C cancels; what was read stays read.

    \b
    Example:
      cairn memories extract c-restoration --level active --user mira
    """
    wanted = {"conversationId": conversation, **({"level": level} if level else {})}
    result = seen_through(desk.gateway, "/api/v1/actions/memories/extract", json=wanted)["memories"]
    counts = {name: result[f"{name}Count"] for name in ("extracted", "duplicate", "read")}
    messages = "1 message" if counts["read"] == 1 else f"{counts['read']:,} messages"
    words = f"{messages} read: {counts['extracted']:,} new memories, {counts['duplicate']:,} known already"
    desk.show(result, f"{words} (by {result['extractor']}).")


@memories.command("list")
@click.option("--category", type=CATEGORIES, help="Only these.")
@click.option("--in", "conversationId", metavar="CONVERSATION", help="Only from this conversation, by id.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000), help="How many at most.")
@for_a_person
def list_(desk: Desk, limit: int, **filters: Any) -> None:
    """List what is remembered of you, newest first.

    \b
    Example:
      cairn memories list --category preference --user mira
    """
    params = {name: value for name, value in filters.items() if value is not None}
    items, _ = desk.gateway.listed(MEMORIES, params, limit + 1)
    none = "No memories match." if params else "No memories."
    desk.show(items[:limit], memories_table(items[:limit]) if items else none)
    if len(items) > limit:
        click.echo(f"There are more than {limit}; --limit shows more.", err=True)


@memories.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@for_a_person
def search(desk: Desk, words: tuple[str, ...], limit: int) -> None:
    """Search what is remembered of you by WORDS, and by what they mean. The best come first.

    \b
    Example:
      cairn memories search "how does she like her answers" --user mira
    """
    found = desk.gateway.call("GET", f"{MEMORIES}/search", params={"query": " ".join(words), "limit": limit})["data"]
    items = [each["memory"] for each in found["results"]]
    desk.show(found, memories_table(items) if items else "Nothing found.")


@memories.command()
@click.argument("memory", type=click.UUID)
@for_a_person
def show(desk: Desk, memory: UUID) -> None:
    """Show all of one MEMORY.

    \b
    Example:
      cairn memories show 01999b2e-… --user mira
    """
    data = desk.gateway.call("GET", f"{MEMORIES}/{memory}")["data"]
    desk.show(data, memory_card(data))


@memories.command()
@click.argument("memory", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@for_a_person
def delete(desk: Desk, memory: UUID | None, everything: bool) -> None:
    """Forget one MEMORY, or all of them.

    \b
    Examples:
      cairn memories delete 01999b2e-… --user mira
      cairn memories delete --all --user mira
    """
    if (memory is None) != everything:
        raise click.UsageError("Name one memory, or --all.")
    desk.gateway.call("DELETE", f"{MEMORIES}/{memory}" if memory else MEMORIES)
    desk.show({"deleted": str(memory or "all")}, f"Forgotten: {memory or 'everything'}")
