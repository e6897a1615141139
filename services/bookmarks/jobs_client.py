"""The jobs service, as the bookmarks service asks it for what is to be done behind."""

from typing import NamedTuple
from uuid import UUID

from cairn.jobs.v1 import jobs_pb2, links_pb2
from chassis.peer import Peer, PeerRefused
from services.bookmarks.store import Owner

START = "/cairn.jobs.v1.LinkJobsService/StartLinkEnrichment"
GET = "/cairn.jobs.v1.JobsService/GetJob"
SECONDS = 5.0
UNKNOWN = "JOB_NOT_FOUND"
ENDED = frozenset(
    {
        jobs_pb2.Job.STATUS_COMPLETE,
        jobs_pb2.Job.STATUS_ERROR,
        jobs_pb2.Job.STATUS_CANCELED,
        jobs_pb2.Job.STATUS_EXPIRED,
    }
)


class End(NamedTuple):
    """How a job ended that left something undone; `lost`: nobody knows of it, and another may do it."""

    reason: str
    message: str
    lost: bool = False


LOST = End("JOB_LOST", "The job that looked it up is gone.", True)
# It is complete, and every step was to be told of.
SILENT = End("JOB_LOST", "The job that looked it up said nothing of this.")
CANCELED = End("CANCELED", "The job that looked it up was canceled.")


class JobsClient:
    """Calls to the jobs service; they raise PeerRefused, and PeerAway where there is no answer."""

    def __init__(self, peer: Peer) -> None:
        """`peer` is that service."""
        self._peer = peer

    async def start(self, owner: Owner, bookmark_id: UUID, round_: int, request_id: UUID) -> UUID:
        """Have a link looked up; the job that does it. The same request id is the same job."""
        request = links_pb2.StartLinkEnrichmentRequest(
            bookmark_id=str(bookmark_id), round=round_, request_id=str(request_id)
        )
        return UUID((await self._peer.call(START, request, jobs_pb2.Job, owner, SECONDS)).id)

    async def end(self, owner: Owner, job_id: UUID) -> End | None:
        """How a job ended; None while it has not."""
        try:
            job = await self._peer.call(GET, jobs_pb2.GetJobRequest(job_id=str(job_id)), jobs_pb2.Job, owner, SECONDS)
        except PeerRefused as error:
            if error.reason != UNKNOWN:
                raise
            return LOST
        if job.status not in ENDED:
            return None
        if job.status == jobs_pb2.Job.STATUS_CANCELED:
            return CANCELED
        return End(job.error.reason, job.error.message) if job.error.reason else SILENT

    async def aclose(self) -> None:
        """Close the channel."""
        await self._peer.aclose()
