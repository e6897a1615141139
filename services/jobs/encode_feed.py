"""Changes of the feed as facts."""

from collections.abc import Sequence

from cairn.feed.v1 import feed_pb2 as pb
from chassis.facts import Fact
from chassis.times import EPOCH, to_time
from services.jobs.facts import Kind


def to_facts(changes: Sequence[pb.Change]) -> list[Fact]:
    """The changes of a batch, each in its place."""
    return [_fact(change) for change in changes]


def _fact(change: pb.Change) -> Fact:
    at = to_time(change.occurred_at) if change.HasField("occurred_at") else None
    match change.WhichOneof("fact"):
        case "user":
            return Fact(Kind.USER, (change.user.id,), (change.user.display_name,), False, at)
        case "conversation":
            c = change.conversation
            return Fact(Kind.CONVERSATION, (c.id,), (int(c.kind), c.name, c.incognito), False, at)
        case "membership":
            s = change.membership
            return Fact(Kind.MEMBERSHIP, (s.conversation_id, s.user_id), (s.removed,), False, at)
        case "message":
            m = change.message
            role = int(m.role or pb.Message.ROLE_USER)
            values = (m.conversation_id, m.author_id, m.text, to_time(m.sent_at), role)
            return Fact(Kind.MESSAGE, (m.id,), values, False, at, m.conversation_id)
        case "user_deleted":
            return Fact(Kind.USER, (change.user_deleted.id,), ("",), True, at)
        case "conversation_deleted":
            return Fact(Kind.CONVERSATION, (change.conversation_deleted.id,), (0, "", False), True, at)
        case "message_deleted":
            return Fact(Kind.MESSAGE, (change.message_deleted.id,), ("", "", "", EPOCH, 0), True, at)
        case "file":
            return Fact(Kind.FILE, (change.file.id,), (), False, at)
        case _:
            return Fact(Kind.FILE, (change.file_deleted.id,), (), True, at)
