"""What is done for a kind of job. Each kind has its file in this folder, and its line in `services.jobs.worker`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.jobs.context import Context
from services.jobs.domain import Kind


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of job, and the function that makes its result, a serialized `jobs.v1.Result`, from its input.

    It may run more than once for one job, so what it does to the outside is named after the job. It is stopped by
    cancellation. What it raises is JobFailed where the person may know why, and anything else where it is our fault.
    """

    kind: Kind
    run: Callable[[bytes, Context], Awaitable[bytes]]
