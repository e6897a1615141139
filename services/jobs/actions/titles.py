"""Titles as a job."""

from services.jobs import encode_titles
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import refused
from services.jobs.domain_conversations import ConversationIncognito, ConversationNotFound
from services.jobs.domain_titles import TITLE
from services.jobs.use_cases_titles import Titles


def find_title(titles: Titles) -> Action:
    """The action: whether the person may read the conversation is asked when the job runs."""

    async def run(data: bytes, context: Context) -> bytes:
        try:
            made = await titles.find(context.job.owner, encode_titles.from_input(data))
        except (ConversationNotFound, ConversationIncognito) as error:
            raise refused(error) from error
        return encode_titles.to_result(made)

    return Action(TITLE, run)
