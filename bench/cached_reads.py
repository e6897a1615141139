"""`python -m bench.cached_reads`: what reads of PostgreSQL take of a call, and so what a cache could save at most."""

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import uvloop

from bench.arms import UNREACHED, Credentials
from bench.load import Arm, run
from bench.report import table
from bench.rounds import Comparison, Load, Measure, Pace, Runner
from bench.stack import Stack, free_port
from bench.workspace import Call, token
from cairn.jobs.v1 import interviews_pb2
from cairn.presence.v1 import presence_pb2

PEOPLE, LISTED = 50, 20
SOME = 120.0
CACHED, FRESH = "cached", "cached, asking Redis"
QUIET = Pace(in_flight=1, seconds=0.3, rounds=11)
PRESENCE = "/cairn.presence.v1.PresenceService/"
JOB_INFOS = "/cairn.jobs.v1.JobInfosService/"
ADDRESSES = {"services.presence": "CAIRN_PRESENCE", "services.jobs": "CAIRN_JOBS"}


@dataclass(frozen=True)
class Side:
    """Both services and a gateway before them: as they are, or with the best of caches."""

    presence: Arm
    jobs: Arm
    gateway: Arm


def main() -> int:
    """Run and print."""
    credentials = Credentials.fresh()
    environ = credentials.environ()
    with Stack() as stack:
        plain, *cached = [start(stack, environ, module) for module in ("", CACHED, FRESH)]
        print(
            table(uvloop.run(measure(plain, dict(zip((CACHED, FRESH), cached, strict=True)), credentials.jwt_secret)))
        )
    return 0


def start(stack: Stack, environ: dict[str, str], cache: str) -> Side:
    """Start three processes."""
    settings, arms = dict(environ), {}
    for service, prefix in ADDRESSES.items():
        port = free_port()
        chosen = {"BENCH_SERVICE": service, "BENCH_FRESH": "1" if cache == FRESH else ""}
        module = "bench.cached_replica" if cache else service
        pid = stack.python(module, port, {**environ, **chosen, f"{prefix}_PORT": str(port)})
        settings[f"{prefix}_ADDRESS"] = f"127.0.0.1:{port}"
        arms[service] = Arm(service, port, rest=False, pids=(pid,))
    port = free_port()
    limits = dict.fromkeys(("CAIRN_USER_RATE_LIMIT", "CAIRN_ADDRESS_RATE_LIMIT"), UNREACHED)
    pid = stack.python("gateway", port, {**settings, **limits, "CAIRN_GATEWAY_PORT": str(port)})
    return Side(arms["services.presence"], arms["services.jobs"], Arm("gateway", port, rest=True, pids=(pid,)))


async def measure(plain: Side, cached: Mapping[str, Side], secret: str) -> list[Comparison]:
    """Fill, and compare."""
    people = [(name, token(name, secret)) for name in (f"person-{number}" for number in range(PEOPLE))]
    await run(plain.presence, [_status(who) for _, who in people], 1, SOME)
    await run(plain.jobs, [_describe(who, number) for _, who in people for number in range(LISTED)], 1, SOME)
    reads = {
        "own status": ("presence", [_own(who) for _, who in people]),
        "another's status": ("presence", [_other(name, who) for name, who in people]),
        f"list of {LISTED} job infos": ("jobs", [_job_infos(who) for _, who in people]),
    }
    runner, done = Runner(), []
    for (name, (service, calls)), (how, side) in itertools.product(reads.items(), cached.items()):
        for way, at in (("gRPC", service), ("REST", "gateway")):
            subject, base = (Load(getattr(each, at), _repeated(calls)) for each in (side, plain))
            done.append(await runner.compare(Measure(f"{name}, {way}: {how} / read", subject, base, QUIET)))
    return done


def _repeated(calls: Sequence[Call]) -> Callable[[int, int], list[Call]]:
    return lambda _run, count: [calls[number % len(calls)] for number in range(count)]


def _status(who: str) -> Call:
    message = presence_pb2.SetStatusRequest(emoji="🎯", text="Working", expires_in="1h").SerializeToString()
    return Call(PRESENCE + "SetStatus", message, who, "", "")


def _describe(who: str, number: int) -> Call:
    junior = interviews_pb2.JobInfo.EXPERIENCE_LEVEL_JUNIOR
    asked = interviews_pb2.CreateJobInfoRequest(name=f"Job {number}", description="To do.", experience_level=junior)
    return Call(JOB_INFOS + "CreateJobInfo", asked.SerializeToString(), who, "", "")


def _own(who: str) -> Call:
    return Call(PRESENCE + "GetStatus", b"", who, "GET", "/api/v1/presence/status")


def _other(name: str, who: str) -> Call:
    message = presence_pb2.GetPresenceRequest(user_id=name).SerializeToString()
    return Call(PRESENCE + "GetPresence", message, who, "GET", f"/api/v1/presence/users/{name}/status")


def _job_infos(who: str) -> Call:
    message = interviews_pb2.ListJobInfosRequest(page_size=LISTED).SerializeToString()
    return Call(JOB_INFOS + "ListJobInfos", message, who, "GET", f"/api/v1/job-infos?pageSize={LISTED}")


if __name__ == "__main__":
    sys.exit(main())
