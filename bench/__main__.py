"""`make bench`: ratios of ours to the old way, to itself and to a fastify gateway, in one run on one machine."""

import sys
import time

import uvloop

from bench import arms, check, fill, measures
from bench.load import Arm
from bench.report import say, table
from bench.rounds import Comparison, Measure, Runner
from bench.stack import Stack, why_no_peer
from bench.workspace import People, invent
from cairn.bookmarks.v1 import bookmarks_pb2 as api

FEED_SECONDS = 1.0


def main() -> int:
    """Run everything and print the report; 1 if a goal was missed."""
    started = time.monotonic()
    missing = why_no_peer()
    if missing:
        say(f"Without the peer: {missing}")
    with Stack() as stack:
        comparisons, feed_seconds = uvloop.run(measure(stack, with_peer=not missing))
    print(table(comparisons))
    print(f"\nFeed, 1,000 messages in one call: {feed_seconds * 1000:.0f} ms (goal: < {FEED_SECONDS:g} s)")
    say(f"took {time.monotonic() - started:.0f} s")
    return 0 if feed_seconds < FEED_SECONDS and all(each.met() for each in comparisons) else 1


async def measure(stack: Stack, *, with_peer: bool) -> tuple[list[Comparison], float]:
    """Start and fill all arms, then compare them."""
    credentials = arms.Credentials.fresh()
    environ, database = credentials.environ(), stack.environ["CAIRN_DATABASE_URL"]
    ours = arms.start_ours(stack, environ)
    say("loading 100,000 messages and 119,900 bookmarks")
    space = invent()
    feed_seconds = await fill.feed_ours(space, ours.grpc.port, credentials.service_key)
    for users in (space.ordinary, [space.collector]):
        await fill.save_ours(space, users, ours.grpc.port, credentials.jwt_secret)
        await fill.settle(database)
    people = People(space, credentials.jwt_secret)
    plan = [measures.noise(ours, people), *measures.depth(ours, people, page_tokens(ours.grpc, people))]
    plan += measures.over_rest(ours, people)
    served = [ours.grpc, ours.rest]
    if with_peer:
        await fill.fill_peer(space, database)
        await fill.settle(database)
        peer = arms.start_peer(stack, environ, ours.grpc.port)
        plan += measures.against_peer(ours, peer, people)
        served += [peer.grpc, peer.rest, peer.gateway]
    check.answers_the_same(served, space, people.page(space.users[1]))
    runner = Runner()
    return [await announced(runner, each) for each in plan], feed_seconds


async def announced(runner: Runner, each: Measure) -> Comparison:
    """Measure, and say so: the whole takes minutes."""
    comparison = await runner.compare(each)
    say(f"{each.name}: x{comparison.ratio('per_second'):.2f} calls/s, x{comparison.ratio('p50'):.2f} p50")
    return comparison


def page_tokens(arm: Arm, people: People) -> list[str]:
    """Tokens all through the list of the one who has saved everything, a hundred bookmarks apart."""
    tokens = [""]
    with check.caller(arm) as call:
        while token := api.ListBookmarksResponse.FromString(
            call(people.collector_page(tokens[-1], 100))
        ).next_page_token:
            tokens.append(token)
    return tokens[1:]


if __name__ == "__main__":
    sys.exit(main())
