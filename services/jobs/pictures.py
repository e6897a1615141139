"""Pictures of links: fetched, made anew, and read. What works on them runs in a child: they may be made to do harm."""

import asyncio
from pathlib import Path

from services.jobs import picture_work
from services.jobs.child import ChildFailed, run_in_child
from services.jobs.domain import Failure, JobFailed
from services.jobs.domain_links import Picture, StepSkipped
from services.jobs.domain_outgoing import Limits
from services.jobs.outgoing import Outgoing
from services.jobs.picture_work import IMAGE_BROKEN, IMAGE_UNSUPPORTED

IMAGE_LIMITS = Limits(max_bytes=10 << 20, seconds=60.0)
PDF_LIMITS = Limits(max_bytes=50 << 20, seconds=60.0)
PDF_BREAKS = Failure("PDF_BROKEN", "What reads PDFs broke at this one.", False)
TEXT_BREAKS = Failure("OCR_FAILED", "What reads text in pictures broke at this one.", True)
SVG = "image/svg+xml"


async def fetch_image(outgoing: Outgoing, url: str, to: Path) -> Path:
    """A picture, as it comes; raises JobFailed."""
    fetched = await outgoing.download(url, limits=IMAGE_LIMITS, to=to)
    if not fetched.size:
        raise JobFailed(IMAGE_BROKEN)
    # Many servers do not say what a picture is; whether it is one is seen when it is read.
    if fetched.media_type == SVG or fetched.media_type.startswith("text/"):
        raise JobFailed(IMAGE_UNSUPPORTED)
    return to


async def fetch_pdf(outgoing: Outgoing, url: str, to: Path) -> Path:
    """The first page of a PDF, as a picture; raises JobFailed and StepSkipped."""
    source = to.with_suffix(".pdf")
    await outgoing.download(url, limits=PDF_LIMITS, to=source)
    await pdf_page(source, to)
    return to


async def picture(source: Path, to: Path) -> Picture:
    """A picture made anew, as it is kept; raises JobFailed."""
    try:
        width, height, blurhash = await run_in_child(picture_work.made_anew, str(source), str(to))
    except ChildFailed as error:
        raise JobFailed(IMAGE_BROKEN) from error
    return Picture(to, "image/webp", width, height, blurhash)


async def for_models(source: Path) -> bytes:
    """A picture as models take it, JPEG; raises JobFailed."""
    to = source.with_suffix(".jpeg")
    try:
        await run_in_child(picture_work.for_models, str(source), str(to))
    except ChildFailed as error:
        raise JobFailed(IMAGE_BROKEN) from error
    return await asyncio.to_thread(to.read_bytes)


async def pdf_page(source: Path, to: Path) -> None:
    """The first page of a PDF, as PNG; raises JobFailed and StepSkipped."""
    try:
        there = await run_in_child(picture_work.first_page, str(source), str(to))
    except ChildFailed as error:
        raise JobFailed(PDF_BREAKS) from error
    if not there:
        raise StepSkipped("PDF_MISSING", "What reads PDFs is not installed: the extra `capture` has it.")


async def read_text(source: Path) -> str:
    """What can be read in a picture; empty where nothing can. Raises JobFailed and StepSkipped."""
    try:
        text = await run_in_child(picture_work.text_in, str(source))
    except ChildFailed as error:
        raise JobFailed(TEXT_BREAKS) from error
    if text is None:
        raise StepSkipped("OCR_MISSING", "What reads text in pictures is not installed: the extra `capture` has it.")
    return str(text)
