"""The questions of an interview as a job. They are written once, and what the job keeps is which interview it was."""

from chassis.database import Database
from services.jobs import encode_interviews, question_model, question_rules, store_interviews
from services.jobs.actions import Action
from services.jobs.asking import Asking
from services.jobs.context import Context
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_interviews import INTERVIEW, INTERVIEW_GONE, RULES, Brief, Question, Status


def prepare_interview(database: Database, asking: Asking | None) -> Action:
    """The action; without somebody to ask, questions are made by rules."""

    async def make(owner: Owner, brief: Brief) -> list[Question]:
        return await question_model.questions(asking, owner, brief) if asking else question_rules.questions(brief)

    async def run(data: bytes, context: Context) -> bytes:
        owner, id_ = context.job.owner, encode_interviews.from_input(data)
        found = await store_interviews.get(database, owner, id_)
        if found is None or found.status is not Status.READY:
            brief = await store_interviews.begin(database, owner, id_, context.job.id)
            if brief is None:
                raise JobFailed(INTERVIEW_GONE)
            made = await make(owner, brief)
            async with database.begin() as queries:
                if not await store_interviews.keep(queries, owner, id_, asking.name if asking else RULES, made):
                    raise JobFailed(INTERVIEW_GONE)
        return encode_interviews.to_kept(id_)

    return Action(INTERVIEW, run)
