"""Between the wire format of titles and the domain."""

from cairn.jobs.v1 import jobs_pb2, results_pb2, titles_pb2
from chassis.times import from_time
from services.jobs.domain_conversations import Conversation
from services.jobs.domain_titles import Kept, Made


def to_input(request: titles_pb2.StartTitleRequest) -> bytes:
    """A request as a job keeps it: the same bytes for the same conversation."""
    return titles_pb2.StartTitleRequest(conversation_id=request.conversation_id).SerializeToString(deterministic=True)


def from_input(data: bytes) -> str:
    """The conversation, from the input of a job."""
    return titles_pb2.StartTitleRequest.FromString(data).conversation_id


def to_result(made: Made) -> bytes:
    """What came of it, as a job keeps it."""
    applied = made.kept is Kept.NOT
    told = results_pb2.TitleResult(title=made.title, applied=applied, reason=made.kept.value, extractor=made.extractor)
    return jobs_pb2.Result(title=told).SerializeToString()


def from_conversation(conversation: Conversation, shown: str) -> titles_pb2.Conversation:
    """A conversation, as its members see it."""
    told = titles_pb2.Conversation(
        id=conversation.id,
        name=conversation.name,
        title=conversation.title,
        display_name=shown,
        extractor=conversation.extractor,
        incognito=conversation.incognito,
    )
    if conversation.titled_time:
        told.title_time.CopyFrom(from_time(conversation.titled_time))
    return told
