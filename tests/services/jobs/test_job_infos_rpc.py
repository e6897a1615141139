"""JobInfosService through a real server with the real chain."""

import asyncio
from typing import Any
from uuid import uuid4

import grpc

from cairn.jobs.v1 import interviews_pb2 as pb
from chassis.identity import Caller
from services.jobs.domain_interviews import Described, Level, TooManyJobInfos
from services.jobs.use_cases_job_infos import JobInfos
from tests.services.jobs.client import Service
from tests.services.jobs.interviewing import DESCRIPTION, Person

JUNIOR, MID_LEVEL, SENIOR = (
    pb.JobInfo.EXPERIENCE_LEVEL_JUNIOR,
    pb.JobInfo.EXPERIENCE_LEVEL_MID_LEVEL,
    pb.JobInfo.EXPERIENCE_LEVEL_SENIOR,
)
WRONG: list[dict[str, Any]] = [
    {"name": ""},
    {"name": "  "},
    {"name": "n" * 201},
    {"name": "a\nb"},
    {"title": ""},
    {"title": "t" * 201},
    {"description": ""},
    {"description": " \n"},
    {"description": "a\0"},
    {"description": "d" * 20_001},
    {"experience_level": 0},
    {"experience_level": 4},
]


async def test_a_job_is_written_down_read_changed_and_deleted(service: Service) -> None:
    ann = Person.new(service)
    made = await ann.job_info(name=" Acme ", title=" Engineer ", experience_level=SENIOR)
    assert (made.name, made.title, made.description) == ("Acme", "Engineer", DESCRIPTION)
    assert made.experience_level == SENIOR
    assert await ann.ask(pb.GetJobInfoRequest(job_info_id=made.id)) == made
    mask = {"paths": ["title", "experience_level"]}
    update = pb.UpdateJobInfoRequest(job_info_id=made.id, update_mask=mask, experience_level=MID_LEVEL, name="ignored")
    changed = await ann.ask(update)
    assert (changed.name, changed.HasField("title"), changed.experience_level) == ("Acme", False, MID_LEVEL)
    assert changed.update_time.ToDatetime() > made.update_time.ToDatetime()
    assert (await ann.ask(pb.UpdateJobInfoRequest(job_info_id=made.id, description="New"))).description == "New"
    await ann.ask(pb.DeleteJobInfoRequest(job_info_id=made.id))
    assert (await ann.refused(pb.GetJobInfoRequest(job_info_id=made.id))).reason == "JOB_INFO_NOT_FOUND"


async def test_what_is_no_job_is_refused(service: Service) -> None:
    ann = Person.new(service)
    usual = {"name": "n", "description": "d" * 20_000, "experience_level": JUNIOR}
    for fields in WRONG:
        [name] = fields
        requests = [
            pb.CreateJobInfoRequest(**{**usual, **fields}),
            pb.UpdateJobInfoRequest(job_info_id=str(uuid4()), **fields),
        ]
        for refusal in [await ann.refused(request) for request in requests]:
            assert refusal.reason == "VALIDATION_FAILED", fields
            assert name.encode() in refusal.told
    assert not (await ann.ask(pb.ListJobInfosRequest())).job_infos


async def test_updates_keep_to_their_mask_and_etag(service: Service) -> None:
    ann = Person.new(service)
    made = await ann.job_info()
    id_ = made.id
    for mask, reason in (("user_id", "FIELD_MASK_INVALID"), ("name", "VALIDATION_FAILED")):
        refusal = await ann.refused(pb.UpdateJobInfoRequest(job_info_id=id_, update_mask={"paths": [mask]}))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
        assert mask.encode() in refusal.told
    changed = await ann.ask(pb.UpdateJobInfoRequest(job_info_id=id_, name="b", etag=made.etag))
    assert changed.etag != made.etag
    for stale in (
        pb.UpdateJobInfoRequest(job_info_id=id_, name="c", etag=made.etag),
        pb.DeleteJobInfoRequest(job_info_id=id_, etag=made.etag),
    ):
        assert (await ann.refused(stale)).reason == "ETAG_MISMATCH"
    assert await ann.ask(pb.UpdateJobInfoRequest(job_info_id=id_)) == changed
    await ann.ask(pb.DeleteJobInfoRequest(job_info_id=id_, etag=changed.etag))


async def test_jobs_are_listed_by_their_latest_change_to_their_owner(service: Service) -> None:
    ann, bob = Person.new(service), Person.new(service)
    made = [(await ann.job_info()).id for _ in range(3)]
    await ann.ask(pb.UpdateJobInfoRequest(job_info_id=made[0], name="changed"))
    first = await ann.ask(pb.ListJobInfosRequest(page_size=2))
    rest = await ann.ask(pb.ListJobInfosRequest(page_size=2, page_token=first.next_page_token))
    assert [each.id for each in (*first.job_infos, *rest.job_infos)] == [made[0], made[2], made[1]]
    assert not rest.next_page_token
    refusal = await bob.refused(pb.ListJobInfosRequest(page_token=first.next_page_token))
    assert refusal.reason == "PAGE_TOKEN_INVALID"
    assert not (await bob.ask(pb.ListJobInfosRequest())).job_infos


async def test_there_is_a_most_also_for_many_at_once(service: Service) -> None:
    ann = Person.new(service)
    ours, other = (JobInfos(service.parts.database, most, uuid4) for most in (3, 4))
    described = Described("n", None, "d", Level.JUNIOR)
    caller = Caller("w", ann.name)
    came = await asyncio.gather(*(ours.create(caller, described) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, TooManyJobInfos) for each in came) == 7
    await other.create(caller, described)
    assert len(await ours.list(caller, None, 10)) == 4
