"""A worker of the next version: knows one more kind, and one more field of the input of an old one."""

import json

from services.jobs import worker
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Kind, Queue
from tests.faults.jobs_process import actions
from tests.services.jobs import standins

NEWER = Kind("newer", Queue.INTERACTIVE)


async def nap(given: bytes, context: Context) -> bytes:
    """As before, but it may dream."""
    if dream := json.loads(given).get("dream"):
        standins.Notes(given, context).write(dream)
    await standins.nap(given, context)
    return b""


def known() -> list[Action]:
    """All that the next version does."""
    old = [action for action in actions() if action.kind.name != "nap"]
    [same] = [action.kind for action in actions() if action.kind.name == "nap"]
    return [*old, Action(same, nap), Action(NEWER, nap)]


if __name__ == "__main__":
    worker.main(lambda _: known())
