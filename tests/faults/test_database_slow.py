"""A database that does not get on: what cannot be done in time is refused and not done later; the rest goes on."""

import asyncio

from tests.faults.cairn import SERVICES, Cairn
from tests.faults.world import until

SAVE = {"target": {"messageId": "m-1"}}


async def nobody_waits(cairn: Cairn) -> bool:
    """Whether the statement that was given up is gone."""
    return not await cairn.someone_waits()


async def test_a_statement_that_takes_too_long(cairn: Cairn) -> None:
    patience = {"CAIRN_DATABASE_TIMEOUT_SECONDS": "0.5"}
    for process in (cairn.process(name, **patience) for name in (*SERVICES, "gateway")):
        await process.start()
    async with cairn.client() as ann:
        async with cairn.standstill():
            saves = [asyncio.create_task(ann.post("/api/v1/bookmarks", json=SAVE)) for _ in range(30)]
            await until(cairn.someone_waits)
            assert (await ann.get("/readyz")).status_code == 200
            for refused in await asyncio.gather(*saves):
                assert (refused.status_code, refused.json()["error"]["reason"]) == (503, "DATABASE_BUSY")
                assert refused.headers["retry-after"] == "1"
            # Refused is not done, nor will it be: the database has dropped it too.
            await until(lambda: nobody_waits(cairn))
            assert (await ann.get("/api/v1/bookmarks")).json()["data"] == []
        assert (await ann.get("/api/v1/bookmarks/count")).json()["data"]["count"] == 0
        assert (await ann.post("/api/v1/bookmarks", json=SAVE)).status_code == 201
