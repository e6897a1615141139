"""The processes of jobs, for the stand-in kinds of the tests: `python -m tests.faults.jobs_process service|worker`."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from cairn.jobs.v1 import jobs_pb2, results_pb2, search_pb2
from chassis import settings, telemetry
from chassis.migrations import migrate
from chassis.server import serve
from services.jobs import __main__ as service
from services.jobs import worker
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain_search import SEARCH
from services.jobs.settings import Settings
from services.jobs.tables import SCHEMA
from tests.services.jobs import standins


async def search(given: bytes, context: Context) -> bytes:
    """Find nothing; what is looked for is the file of the notes."""
    notes = search_pb2.StartSearchRequest.FromString(given).query
    await standins.nap(json.dumps({"notes": notes}).encode(), context)
    nothing = results_pb2.SearchResult(mode=results_pb2.SearchResult.MODE_TEXT)
    return jobs_pb2.Result(search=nothing).SerializeToString()


def actions() -> Sequence[Action]:
    """The stand-ins, with results as the contract has them."""
    return [*(replace(action, run=Silent(action).run) for action in standins.actions()), Action(SEARCH, search)]


class Silent:
    """An action without its result."""

    def __init__(self, action: Action) -> None:
        """Of this action."""
        self._action = action

    async def run(self, given: bytes, context: Context) -> bytes:
        """Do as it does."""
        await self._action.run(given, context)
        return b""


async def serve_stand_ins(config: Settings) -> None:
    """The service, which can be told to do all of them again."""
    await migrate(config.database.database_url, Path(service.__file__).parent / "migrations", SCHEMA)
    kinds = [action.kind for action in actions()]
    async with service.running(config) as parts:
        await serve(service.served(parts, config, kinds), config.server, config.jobs_port, parts.watch.drain)


def main() -> None:
    """Be one of the two."""
    if sys.argv[1] == "worker":
        worker.main(lambda _: actions())
        return
    config = settings.load(Settings, os.environ)
    telemetry.configure("jobs", config.server.telemetry)
    uvloop.run(serve_stand_ins(config))


if __name__ == "__main__":
    main()
