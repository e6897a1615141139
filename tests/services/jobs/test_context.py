"""What an action says on the way, and what of it is written: as often and as much as is needed."""

import uuid
from dataclasses import replace

from chassis.database import DatabaseAway
from services.jobs.context import Context
from services.jobs.domain import Claimed, Progress
from services.jobs.store_lease import Report
from tests.services.jobs.stage import ANN, QUICK

JOB = Claimed(uuid.uuid4(), uuid.uuid4(), ANN, QUICK.name, b"", 1, 3, {}, "")


class Book:
    """Where reports are written down."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    async def write(self, report: Report) -> bool:
        self.reports.append(report)
        return True

    async def said(self, context: Context, current: int, message: str = "") -> Report:
        """What is written of a word of progress; the last word is written at the end."""
        await context.progress(current, 9, message)
        await context.close(ours=True)
        return self.reports[-1]


async def kept() -> object:
    return "x" * 1000


async def test_what_is_kept_is_not_written_again_with_each_word() -> None:
    book = Book()
    context = Context(JOB, book.write, lambda: None)
    await context.step("fetch", kept)
    assert book.reports[-1].checkpoint == {"fetch": await kept()}
    report = await book.said(context, 1)
    assert (report.progress, report.checkpoint) == (Progress(1, 9), None)


async def test_what_an_earlier_attempt_kept_is_written_with_the_next_step_only() -> None:
    book = Book()
    context = Context(replace(JOB, checkpoint={"fetch": 1}), book.write, lambda: None)
    assert await context.step("fetch", kept) == 1
    assert (await book.said(context, 1)).checkpoint is None
    again = Context(replace(JOB, checkpoint={"fetch": 1}), book.write, lambda: None)
    await again.step("read", kept)
    assert book.reports[-1].checkpoint == {"fetch": 1, "read": await kept()}


async def test_what_was_not_written_is_written_later() -> None:
    book = Book()
    troubles = [DatabaseAway()]

    async def write(report: Report) -> bool:
        if troubles:
            raise troubles.pop()
        return await book.write(report)

    context = Context(JOB, write, lambda: None)
    await context.step("fetch", kept)
    assert book.reports == []
    assert (await book.said(context, 1)).checkpoint == {"fetch": await kept()}


async def test_half_a_character_is_said_like_any_other() -> None:
    book = Book()
    report = await book.said(Context(JOB, book.write, lambda: None), 1, "\ud800")
    assert report.progress == Progress(1, 9, "\ud800")
