"""Somebody who prepares for interviews, in the workspace of a service, and what workers do for them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from google.protobuf.message import Message

from cairn.jobs.v1 import interviews_pb2 as pb
from cairn.jobs.v1 import jobs_pb2
from services.jobs.actions.interview import prepare_interview
from services.jobs.asking import Asking
from services.jobs.context import Context
from services.jobs.domain import Claimed
from services.jobs.domain_interviews import INTERVIEW
from services.jobs.store_lease import Done
from tests.services.jobs.client import Refusal, Service

SMALL = ("1_interview", "5_questions")
LARGE = ("unlimited_interviews", "unlimited_questions")
DESCRIPTION = "You look after our Python services, and after PostgreSQL on Linux."


@dataclass
class Person:
    """Somebody with a plan, whom nobody has heard of before."""

    service: Service
    name: str
    features: tuple[str, ...] = LARGE

    @classmethod
    def new(cls, service: Service, *features: str) -> "Person":
        """With these features, or all there are."""
        return cls(service, f"p-{uuid4()}", features or LARGE)

    async def ask(self, request: Message) -> Any:
        """The answer to a call."""
        return await self.service.ask(self.service.person(self.name, features=self.features), request)

    async def refused(self, request: Message) -> Refusal:
        """How a call that must fail fails."""
        return await self.service.refused(self.service.person(self.name, features=self.features), request)

    async def job_info(self, **fields: Any) -> pb.JobInfo:
        """A new job description."""
        usual = {"name": "Northwind", "description": DESCRIPTION, "experience_level": 2}
        made: pb.JobInfo = await self.ask(pb.CreateJobInfoRequest(**{**usual, **fields}))
        return made

    async def start(self, about: str, **fields: Any) -> jobs_pb2.Job:
        """An interview that is to be prepared."""
        job: jobs_pb2.Job = await self.ask(pb.StartInterviewRequest(job_info_id=about, **fields))
        return job

    async def interviews(self, about: str) -> list[pb.Interview]:
        """All interviews about a job."""
        return list((await self.ask(pb.ListInterviewsRequest(job_info_id=about))).interviews)

    async def allowance(self) -> pb.Allowance:
        """What is left."""
        left: pb.Allowance = await self.ask(pb.GetAllowanceRequest())
        return left

    async def prepared(self, about: str, **fields: Any) -> pb.Interview:
        """An interview with its questions."""
        job = await self.start(about, **fields)
        await work(self.service, job.id)
        id_ = (await self.service.get(job.id, self.name)).result.interview.interview_id
        interview: pb.Interview = await self.ask(pb.GetInterviewRequest(interview_id=id_))
        return interview


async def claimed(service: Service, id_: str) -> Claimed:
    """A job that a worker has taken."""
    jobs = await service.stage.claim(100, INTERVIEW, kinds=(INTERVIEW,))
    return next(job for job in jobs if job.id == UUID(id_))


async def attempt(service: Service, job: Claimed, asking: Asking | None = None) -> bytes:
    """What an attempt at a job comes to."""

    async def write(_report: object) -> bool:
        return True

    action = prepare_interview(service.parts.database, asking)
    return await action.run(job.input, Context(job, write, lambda: None))


async def work(service: Service, id_: str) -> None:
    """Do a job, as a worker does."""
    job = await claimed(service, id_)
    await service.stage.finish(job, Done(await attempt(service, job)))
