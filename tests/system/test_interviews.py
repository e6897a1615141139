"""Interviews over HTTP: a job is written down, an interview about it prepared, and what is left of a plan told."""

from uuid import uuid4

from tests.system.workspace import JOBS, Workspace

JOB_INFOS, INTERVIEWS = "/api/v1/job-infos", "/api/v1/interviews"
FEATURES = "1_interview, 5_questions"
JOB = {"name": "Northwind", "experienceLevel": "mid-level", "description": "You look after our Python services."}


def test_an_interview_from_the_job_to_the_last_of_the_plan(workspace: Workspace) -> None:
    http = workspace.service(f"p-{uuid4()}")
    http.headers["X-Cairn-Features"] = FEATURES
    made = http.post(JOB_INFOS, json=JOB)
    about = made.json()["data"]
    assert (made.status_code, about["experienceLevel"], about["title"]) == (201, "mid_level", None)
    wanted = {"jobInfoId": about["id"], "questionCount": 2}
    started = http.post(INTERVIEWS, json=wanted, headers={"Idempotency-Key": "once"})
    assert started.status_code == 202
    job = http.get(f"{JOBS}/{started.json()['data']['id']}", params={"wait": "20s"}).json()["data"]
    result = job["result"]["interview"]
    listed = http.get(INTERVIEWS, params={"jobInfoId": about["id"]}).json()["data"][0]["data"]
    one = f"{INTERVIEWS}/{listed['id']}"
    assert (listed["id"], listed["status"], len(result["questions"])) == (result["interviewId"], "ready", 2)
    assert http.get(one).json()["data"]["questions"] == result["questions"]
    assert http.patch(one, json={"duration": "90s"}).json()["data"]["duration"] == "90s"
    refused = http.patch(one, json={"jobInfoId": about["id"]})
    assert (refused.status_code, "jobInfoId" in refused.text) == (400, True)
    assert http.post(INTERVIEWS, json=wanted).status_code == 202
    used_up = http.post(INTERVIEWS, json=wanted)
    assert (used_up.status_code, used_up.json()["error"]["reason"]) == (403, "PLAN_LIMIT")
    left = http.get(f"{INTERVIEWS}/allowance").json()["data"]
    assert (left["plan"], left["interviewsLeft"], left["tokensLeft"]) == ("free", 0, 10)
    assert http.delete(f"{JOB_INFOS}/{about['id']}").status_code == 204
    assert http.get(one).status_code == 404
