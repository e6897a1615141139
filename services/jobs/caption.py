"""What a picture shows, in a sentence, as a model sees it."""

from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, Field

from services.jobs.asking import Asking
from services.jobs.domain import Failure, JobFailed, Owner
from services.jobs.domain_links import LINK_ENRICHMENT, StepSkipped
from services.jobs.page_html import words
from services.jobs.pictures import for_models
from services.jobs.prompts import prompt

NO_CAPTION = Failure("MODEL_ANSWER_INVALID", "The model's answer is not a caption.", True)


class Caption(BaseModel):
    """What a model says."""

    caption: str = Field(description="One sentence of what is to be seen.")


async def caption(asking: Asking | None, owner: Owner, picture: Path) -> str:
    """A sentence. Raises JobFailed and StepSkipped."""
    if asking is None:
        raise StepSkipped("CAPTION_MODEL_MISSING", "No model looks at pictures: see CAIRN_VISION_MODEL.")
    shown = replace(prompt("caption"), image=await for_models(picture))
    said = words((await asking.ask(owner, LINK_ENRICHMENT.name, shown, Caption)).caption)
    if not said:
        raise JobFailed(NO_CAPTION)
    return said
