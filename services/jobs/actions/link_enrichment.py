"""The looking up of links as a job."""

import tempfile
from dataclasses import replace
from pathlib import Path

from services.jobs import encode_links, leftovers, pages
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Step, StepStatus
from services.jobs.domain_imports import IMPORT
from services.jobs.domain_links import LINK_ENRICHMENT, STEPS, Lookup, Report
from services.jobs.use_cases_links import Enrichments, Try

FOLDER = "cairn-link-"
# Of all that is made for links; the browser has a folder of its own, since paths of sockets must be short.
LEFT = (FOLDER, pages.BODY, "cairn-browser-", "cairn-import-")
# No attempt takes as long.
LEFT_SECONDS = 2 * max(LINK_ENRICHMENT.run_seconds, IMPORT.run_seconds)


def sweep(now: float) -> None:
    """Remove what workers that were killed have left; `now` counts seconds since 1970."""
    leftovers.sweep(LEFT, now, LEFT_SECONDS)


def enrich(enrichments: Enrichments) -> Action:
    """The action. What is done already, and what is left, the bookmarks service says."""

    async def run(data: bytes, context: Context) -> bytes:
        wanted, job = encode_links.from_input(data), context.job
        before = _before(context)

        async def say(report: Report) -> None:
            await _say(context, report)

        lookup = Lookup(job.owner, wanted.bookmark_id, wanted.round, job.id)
        with tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as folder:
            outcome = await enrichments.run(Try(lookup, job.attempt, job.max_attempts, Path(folder), say))
        steps = {step.name: step for step in (*before, *outcome.steps)}
        outcome = replace(outcome, steps=[steps[name] for name in STEPS if name in steps])
        return encode_links.to_result(wanted.bookmark_id, outcome)

    return Action(LINK_ENRICHMENT, run)


def _before(context: Context) -> list[Step]:
    """What earlier attempts have ended; people see that, and what is to come."""
    kept = context.job.checkpoint
    ended = [_step(name, kept[name]) for name in STEPS if name in kept]
    context.plan(*STEPS)
    for step in ended:
        context.mark(*step)
    return ended


def _step(name: str, kept: object) -> Step:
    assert isinstance(kept, list), "Context.ended wrote it"
    status, reason = kept
    return Step(name, StepStatus(status), reason)


async def _say(context: Context, report: Report) -> None:
    reason = report.failure.reason if report.failure else ""
    if report.final:
        await context.ended(report.step, report.status, reason)
    else:
        context.mark(report.step, report.status, reason)
