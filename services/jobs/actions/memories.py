"""Memory extraction as a job."""

from services.jobs import encode_memories
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import refused
from services.jobs.domain_conversations import ConversationIncognito, ConversationNotFound
from services.jobs.domain_memories import EXTRACTION, Extraction
from services.jobs.use_cases_extraction import Extractions


def extract_memories(extractions: Extractions) -> Action:
    """The action: whether the person may read the conversation is asked when the job runs."""

    async def run(data: bytes, context: Context) -> bytes:
        asked, job = encode_memories.from_input(data), context.job
        extraction = Extraction(job.owner, asked.conversation_id, job.id, job.token)
        try:
            extracted = await extractions.extract(extraction, asked.level, context.progress)
        except (ConversationNotFound, ConversationIncognito) as error:
            raise refused(error) from error
        return encode_memories.to_result(extracted)

    return Action(EXTRACTION, run)
