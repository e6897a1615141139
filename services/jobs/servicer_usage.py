"""UsageService: decode, one use case, encode."""

from cairn.jobs.v1 import usage_pb2 as pb
from chassis.interceptors import Call
from services.jobs.domain_usage import Report, Spent
from services.jobs.use_cases import owner_of
from services.jobs.use_cases_usage import UsageReports


class UsageServicer:
    """cairn.jobs.v1.UsageService."""

    def __init__(self, reports: UsageReports) -> None:
        """The use case."""
        self._reports = reports

    async def GetUsage(self, request: pb.GetUsageRequest, call: Call) -> pb.Usage:
        """What the caller spent."""
        owner = owner_of(call.require_caller())
        return _from_report(await self._reports.report(owner, request.first_day, request.last_day))


def _from_report(report: Report) -> pb.Usage:
    usage = pb.Usage(
        usage=[_from_spent(each) for each in report.spent],
        daily_tokens=report.daily_tokens,
        tokens_today=report.tokens_today,
    )
    usage.reset_time.FromDatetime(report.reset_time)
    return usage


def _from_spent(spent: Spent) -> pb.UsageOfKind:
    return pb.UsageOfKind(
        day=spent.day.isoformat(), kind=spent.kind, model=spent.model, calls=spent.calls, **spent.usage._asdict()
    )
