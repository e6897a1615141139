"""`python -m tests.faults.doomed MODULE FAILPOINT [ROLE]`: runs a process of Cairn that dies at a named moment.

Each failpoint stands between two steps of which either one alone must do no harm: what was committed, and what is done
about it afterwards. It dies as `kill -9` would have it: nothing is cleaned up, nothing is said.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable
from typing import Any

from chassis.doorbell import Doorbell
from services.jobs import store_create, store_lease
from services.presence import store_expiry
from services.presence.timekeeper import Timekeeper


def before(work: Callable[..., Any]) -> Callable[..., Any]:
    """Die instead of doing it."""

    def dying(*_args: Any, **_given: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    del work
    return dying


def after(work: Callable[..., Any]) -> Callable[..., Any]:
    """Do it, and die."""

    async def dying(*args: Any, **given: Any) -> None:
        await work(*args, **given)
        os.kill(os.getpid(), signal.SIGKILL)

    return dying


FAILPOINTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    # In the service.
    "set, and not yet nudged": (Timekeeper, "nudge", before),
    "due, and not yet rung": (Doorbell, "ring", before),
    "rung, and nothing noted": (Doorbell, "ring", after),
    "swept, and nothing noted": (store_expiry, "sweep", after),
    # In the worker.
    "heard, and not yet deleted": (store_expiry, "expire", before),
    "deleted, and not yet acknowledged": (store_expiry, "expire", after),
}

JOBS_FAILPOINTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    # In the service.
    "made, and not yet committed": (store_create, "create", after),
    "committed, and not yet rung": (Doorbell, "ring", before),
    # In the worker.
    "done, and not yet written": (store_lease, "finish", before),
}

if __name__ == "__main__":
    module, failpoint, *role = sys.argv[1:]
    owner, name, when = (FAILPOINTS | JOBS_FAILPOINTS)[failpoint]
    setattr(owner, name, when(getattr(owner, name)))
    sys.argv = [module, *role]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
