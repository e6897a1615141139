"""Makes questions for an interview by asking a model, which is shown the description of the job."""

from pydantic import BaseModel, Field

from services.jobs.asking import INVALID, Asking
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_interviews import INTERVIEW, MAX_QUESTION, Brief, Question, difficulties
from services.jobs.prompts import prompt


class Questions(BaseModel):
    """What a model would ask, in the order in which it is told how hard each is to be."""

    questions: list[str] = Field(description="One question each, at most 1,000 characters.")


async def questions(asking: Asking, owner: Owner, brief: Brief) -> list[Question]:
    """As many as are wanted; raises JobFailed, also where the model makes fewer."""
    hardness = difficulties(brief.level, brief.difficulty, brief.question_count)
    order = "\n".join(f"{number}. {each.value}" for number, each in enumerate(hardness, 1))
    asked = prompt("interview", level=brief.level.value, title=brief.title, description=brief.description, order=order)
    answer = await asking.ask(owner, INTERVIEW.name, asked, Questions)
    lines = (" ".join(each.split()) for each in answer.questions)
    # In their order, each once.
    texts = list(dict.fromkeys(line for line in lines if 0 < len(line) <= MAX_QUESTION))
    if len(texts) < brief.question_count:
        raise JobFailed(INVALID)
    return [Question(text, each) for text, each in zip(texts, hardness, strict=False)]
