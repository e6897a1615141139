"""Between the wire format of memories and the domain."""

from cairn.jobs.v1 import jobs_pb2, results_pb2
from cairn.jobs.v1 import memories_pb2 as pb
from chassis.times import from_time
from services.jobs.domain_memories import MIN_CONFIDENCE, Asked, Category, Extracted, Filter, Found, Hint, Level, Memory
from services.jobs.domain_search import DEFAULT_LIMIT, Wanted
from services.jobs.encode_search import MATCHES, MODES

CATEGORIES = {
    Category.IDENTITY: pb.Memory.CATEGORY_IDENTITY,
    Category.PREFERENCE: pb.Memory.CATEGORY_PREFERENCE,
    Category.PROJECT: pb.Memory.CATEGORY_PROJECT,
    Category.CONTEXT: pb.Memory.CATEGORY_CONTEXT,
    Category.RELATIONSHIP: pb.Memory.CATEGORY_RELATIONSHIP,
}
HINTS = {
    Hint.CONTEXTUAL: pb.Memory.EXPIRATION_HINT_CONTEXTUAL,
    Hint.PREFERENCE: pb.Memory.EXPIRATION_HINT_PREFERENCE,
    Hint.DEADLINE: pb.Memory.EXPIRATION_HINT_DEADLINE,
    Hint.TEMPORARY: pb.Memory.EXPIRATION_HINT_TEMPORARY,
}
LEVELS = {
    pb.StartExtractionRequest.LEVEL_NONE: Level.NONE,
    pb.StartExtractionRequest.LEVEL_PASSIVE: Level.PASSIVE,
    pb.StartExtractionRequest.LEVEL_MINIMAL: Level.MINIMAL,
    pb.StartExtractionRequest.LEVEL_MODERATE: Level.MODERATE,
    pb.StartExtractionRequest.LEVEL_ACTIVE: Level.ACTIVE,
}
BY_NUMBER = {number: category for category, number in CATEGORIES.items()}


def to_asked(request: pb.StartExtractionRequest) -> Asked:
    """What is to be read, and how much of it kept."""
    return Asked(request.conversation_id, LEVELS.get(request.level, Level.MODERATE))


def to_input(request: pb.StartExtractionRequest) -> bytes:
    """An extraction as a job keeps it: the same bytes for the same one."""
    asked = pb.StartExtractionRequest(conversation_id=request.conversation_id, level=request.level or None)
    return asked.SerializeToString(deterministic=True)


def from_input(data: bytes) -> Asked:
    """An extraction from the input of a job."""
    return to_asked(pb.StartExtractionRequest.FromString(data))


def to_filter(request: pb.ListMemoriesRequest) -> Filter:
    """Which memories are listed."""
    return Filter(
        BY_NUMBER[request.category] if request.HasField("category") else None,
        request.conversation_id if request.HasField("conversation_id") else None,
        request.min_importance if request.HasField("min_importance") else 1,
    )


def to_wanted(request: pb.SearchMemoriesRequest) -> tuple[Wanted, float]:
    """What is searched for, and how sure it must be."""
    wanted = Wanted(request.query, request.limit if request.HasField("limit") else DEFAULT_LIMIT)
    return wanted, request.min_confidence if request.HasField("min_confidence") else MIN_CONFIDENCE


def from_memory(memory: Memory) -> pb.Memory:
    """A memory, whole."""
    message = pb.Memory(
        id=str(memory.id),
        content=memory.content,
        category=CATEGORIES[memory.category],
        importance=memory.importance,
        confidence=memory.confidence,
        reasoning=memory.reasoning,
        expiration_hint=HINTS[memory.hint],
        conversation_id=memory.conversation_id,
        message_id=memory.message_id,
        extractor=memory.extractor,
        create_time=from_time(memory.create_time),
    )
    if memory.expire_time:
        message.expire_time.CopyFrom(from_time(memory.expire_time))
    return message


def from_found(found: Found) -> pb.SearchMemoriesResponse:
    """What a search found."""
    results = [
        pb.MemoryHit(memory=from_memory(hit.memory), score=hit.score, matched_by=MATCHES[hit.matched_by])
        for hit in found.hits
    ]
    return pb.SearchMemoriesResponse(results=results, mode=MODES[found.mode], mode_reason=found.reason.value)


def to_result(extracted: Extracted) -> bytes:
    """What an extraction came to, as a job keeps and tells it."""
    result = results_pb2.MemoriesResult(
        extracted_count=extracted.extracted,
        duplicate_count=extracted.duplicates,
        read_count=extracted.read,
        memory_ids=[str(id_) for id_ in extracted.ids],
        extractor=extracted.extractor,
    )
    return jobs_pb2.Result(memories=result).SerializeToString()
