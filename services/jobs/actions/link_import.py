"""Importing links as a job: the file is read as a whole, and saved in batches, each of which is told as it is done."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chassis.database import Database
from services.jobs import encode_imports, import_files, store_imports, store_uploads
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_imports import BATCH, IMPORT, IMPORT_GONE, Link, Outcome, Row, Wanted, problem
from services.jobs.store_uploads import Upload

FOLDER = "cairn-import-"


class Saving(Protocol):
    """Who saves links: the bookmarks service."""

    async def import_links(self, owner: Owner, links: Sequence[tuple[int, Link]], *, dry_run: bool) -> list[Row]:
        """What became of each; raises JobFailed."""


@dataclass(frozen=True)
class Importer:
    """What is needed for it."""

    database: Database
    saving: Saving


def import_links(importer: Importer) -> Action:
    """The action."""

    async def run(data: bytes, context: Context) -> bytes:
        wanted = encode_imports.from_input(data)
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            await _imported(importer, context, wanted, Path(folder))
        counts = await store_imports.counts(importer.database, context.job)
        return encode_imports.to_result(counts, dry_run=wanted.dry_run)

    return Action(IMPORT, run)


async def _imported(importer: Importer, context: Context, wanted: Wanted, folder: Path) -> None:
    await context.progress(0, message="reading")
    source, read = folder / "source", folder / "links"
    if wanted.upload is None or not await store_uploads.fetch(
        importer.database, context.job.owner, Upload(wanted.upload, source)
    ):
        raise JobFailed(IMPORT_GONE)
    total = await import_files.read(source, read, wanted.format)
    # The same file is read the same way each time, so an earlier attempt has left the first so many.
    at = await store_imports.done(importer.database, context.job)
    while at < total:
        await context.progress(at, total, "links done")
        links = await asyncio.to_thread(import_files.batch, read, at, BATCH)
        rows = await _saved(importer.saving, context.job.owner, list(enumerate(links, at + 1)), dry_run=wanted.dry_run)
        async with importer.database.begin() as queries:
            await store_imports.write(queries, context.job, rows)
        at += len(links)
    await context.progress(total, total, "links done")


async def _saved(saving: Saving, owner: Owner, links: Sequence[tuple[int, Link]], *, dry_run: bool) -> list[Row]:
    """What became of each link, in their order."""
    bad = [Row(number, link.url, Outcome.INVALID, reason) for number, link in links if (reason := problem(link))]
    good = [each for each in links if not problem(each[1])]
    found = await _sent(saving, owner, good, dry_run=dry_run) if good else []
    return sorted([*bad, *found], key=lambda row: row.number)


async def _sent(saving: Saving, owner: Owner, links: Sequence[tuple[int, Link]], *, dry_run: bool) -> list[Row]:
    """Where links are refused together, each goes alone: one bad link does not stop the others."""
    try:
        return await saving.import_links(owner, links, dry_run=dry_run)
    except JobFailed as error:
        if error.failure.retryable:
            raise
        if len(links) == 1:
            [(number, link)] = links
            return [Row(number, link.url, Outcome.INVALID, error.failure.reason)]
    return [row for each in links for row in await _sent(saving, owner, [each], dry_run=dry_run)]
