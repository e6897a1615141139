"""Runs a module whose wall clock is wrong: `python -m tests.faults.clocks FILE MODULE ARGUMENT…`.

FILE says by how many seconds, and may be written anew at any moment. Clocks that only go forward are left alone.
"""

import datetime as dt
import runpy
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import uuid_utils.compat

RIGHT, RIGHT_UUID = time.time_ns, uuid_utils.compat.uuid7


class Kind(type):
    """What was made by others is a moment, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, dt.date) and hasattr(instance, "tzinfo")


class Moment(dt.datetime, metaclass=Kind):
    """A moment, of which the present one is wrong."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        """What the clock shows."""
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        """The same, without its zone."""
        return cls.now(dt.UTC).replace(tzinfo=None)


def set_wrong(file: Path) -> None:
    """From now on the clocks of this process show what the file says."""

    def time_ns() -> int:
        return RIGHT() + int(file.read_text()) * 10**9

    def uuid7() -> UUID:
        return RIGHT_UUID(nanoseconds=time_ns())

    for module, name, wrong in (
        (time, "time_ns", time_ns),
        (time, "time", lambda: time_ns() / 10**9),
        (uuid_utils.compat, "uuid7", uuid7),
        (dt, "datetime", Moment),
    ):
        setattr(module, name, wrong)


def main() -> None:
    """Be that module."""
    _, file, module, *arguments = sys.argv
    set_wrong(Path(file))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
