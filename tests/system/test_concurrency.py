"""Many at once on one saved item: A02, H15, and clicks that are sent twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import islice, permutations
from typing import Any

import httpx
import pytest

from tests.system.workspace import BOOKMARKS, Person, Workspace

TARGET = {"messageId": "m1"}
IN_FLIGHT = 32
RETRIED = (409, 429, 503)


@pytest.fixture
async def client(workspace: Workspace) -> AsyncIterator[httpx.AsyncClient]:
    """Ann on many devices."""
    headers = {"Authorization": f"Bearer {workspace.stack.token('ann', workspace.name)}"}
    async with httpx.AsyncClient(
        base_url=workspace.stack.base_url, headers=headers, timeout=60, trust_env=False
    ) as client:
        yield client


async def retried(send: Callable[[], Awaitable[httpx.Response]], seen: Counter[int]) -> Any:
    """What a careful client does: try again while it is told to; the data of the answer."""
    while True:
        answer = await send()
        seen[answer.status_code] += 1
        if answer.status_code not in RETRIED:
            return answer.json()["data"]
        await asyncio.sleep(float(answer.headers.get("retry-after", 0.1)))


async def test_a02_fifty_saves_leave_one(client: httpx.AsyncClient, ann: Person) -> None:
    answers = await asyncio.gather(*(client.post(BOOKMARKS, json={"target": TARGET}) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.json()["data"]["bookmark"]["id"] for answer in answers}) == 1
    assert ann.page()["page"]["totalSize"] == ann.count() == len(ann.saved()) == 1


async def save(client: httpx.AsyncClient, seen: Counter[int]) -> int:
    """Save: by how much that changed what is there."""
    data = await retried(lambda: client.post(BOOKMARKS, json={"target": TARGET}), seen)
    return 0 if data["alreadySaved"] else 1


async def remove(client: httpx.AsyncClient, seen: Counter[int]) -> int:
    """Remove: by how much that changed what is there."""
    data = await retried(lambda: client.post(f"{BOOKMARKS}/batch-remove", json={"targets": [TARGET]}), seen)
    return -int(data["removedCount"])


async def test_h15_saves_and_removals_at_once(client: httpx.AsyncClient, ann: Person) -> None:
    seen: Counter[int] = Counter()
    # A client that loses patience sends again while its first try is still on its way: a tenth of them.
    queue = iter([save, remove] * 200 + [save, remove] * 20)

    async def device() -> int:
        return sum([await call(client, seen) for call in queue])

    changes = await asyncio.gather(*(device() for _ in range(IN_FLIGHT)))
    assert max(seen) < 500, seen
    # Saves and removals took turns, and what is there is what the last of them left.
    left = sum(changes)
    assert left == ann.count() == len(ann.saved())
    assert left in (0, 1)
    for last, there in ((save, 1), (remove, 0)):
        await last(client, seen)
        assert ann.count() == len(ann.saved()) == there


async def test_a_click_sent_twenty_times_counts_once(client: httpx.AsyncClient, ann: Person) -> None:
    def click(key: str, target: dict[str, str]) -> Awaitable[httpx.Response]:
        return client.post(f"{BOOKMARKS}/toggle", json={"target": target}, headers={"Idempotency-Key": key})

    answers = await asyncio.gather(*(click("click-1", TARGET) for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert answers[0].json()["data"]["bookmarked"]
    assert ann.count() == 1
    again = await click("click-2", TARGET)
    assert not again.json()["data"]["bookmarked"]
    assert (await click("click-1", TARGET)).json()["data"]["bookmarked"]
    reused = await click("click-1", {"messageId": "m2"})
    assert (reused.status_code, reused.json()["error"]["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert ann.count() == 0


async def test_batches_that_overlap_do_not_stand_in_each_others_way(client: httpx.AsyncClient, ann: Person) -> None:
    targets = [{"messageId": "m1"}, {"messageId": "m2"}, {"messageId": "m3"}, {"fileId": "f1"}, {"fileId": "f2"}]
    seen: Counter[int] = Counter()

    def batch(name: str, order: list[dict[str, str]]) -> Awaitable[Any]:
        return retried(lambda: client.post(f"{BOOKMARKS}/{name}", json={"targets": order}), seen)

    orders = [list(order) for order in islice(permutations(targets), 0, None, 3)]
    names = ["batch-save", "batch-remove"] * 20
    answers = await asyncio.gather(*map(batch, names, orders))
    assert max(seen) < 500, seen
    saved = sum(answer.get("savedCount", 0) - answer.get("removedCount", 0) for answer in answers)
    assert saved == ann.count() == len(ann.saved())
