"""What a deleted person asked for goes with them."""

from dataclasses import replace

from services.jobs import store_upkeep
from tests.services.jobs.library import Library
from tests.services.jobs.stage import Stage

TABLES = ("jobs", "attempts", "events", "requests", "archive")
HOUR = 3600.0


async def test_nothing_of_a_deleted_person_stays(stage: Stage) -> None:
    library = Library(stage.database, workspace="w")
    await library.feed({"user": {"id": "ann"}})
    await stage.ended()
    await stage.pass_(HOUR * 2)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    await stage.dead()
    await stage.pending("bob", request_id="his")
    await stage.claim()
    running = await stage.running(request_id="hers")
    assert all([await stage.count(table) for table in TABLES])
    await replace(library, workspace="other").feed({"user_deleted": {"id": "ann"}})
    assert await stage.count("archive") == 1
    await library.feed({"user_deleted": {"id": "ann"}})
    assert [await stage.count(table) for table in TABLES] == [1, 0, 2, 1, 0]
    assert await stage.finish(running) is None
