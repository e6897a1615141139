"""Between the wire format of what operators see and the domain."""

from cairn.jobs.v1 import admin_pb2 as pb
from chassis.times import from_time
from services.jobs import encode
from services.jobs.domain_views import DeadLetter, KindStats, Stats


def from_stats(stats: Stats) -> pb.QueueStats:
    """The queues."""
    return pb.QueueStats(
        kinds=[_from_kind(each) for each in stats.kinds],
        unembedded_count=stats.unembedded,
        message_count=stats.messages,
        refused_message_count=stats.refused,
    )


def from_dead_letter(letter: DeadLetter) -> pb.DeadLetter:
    """A job that failed for good."""
    return pb.DeadLetter(
        job=encode.from_job(letter.job),
        user_id=letter.user_id,
        fail_time=from_time(letter.died_time),
        redriven_as=None if letter.redriven_as is None else str(letter.redriven_as),
    )


def _from_kind(stats: KindStats) -> pb.QueueStats.Kind:
    return pb.QueueStats.Kind(
        kind=stats.kind,
        queue=stats.queue,
        waiting_count=stats.waiting,
        delayed_count=stats.delayed,
        running_count=stats.running,
        oldest_due_seconds=stats.oldest_due,
        dead_letter_count=stats.dead,
        complete_count=stats.complete,
        error_count=stats.error,
        canceled_count=stats.canceled,
    )
