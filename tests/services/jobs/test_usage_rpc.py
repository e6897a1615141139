"""What a person is told of what they spent on models."""

from datetime import UTC, datetime, timedelta

import grpc

from cairn.jobs.v1 import usage_pb2 as pb
from services.jobs import store_usage
from services.jobs.domain import Owner
from services.jobs.domain_model import Usage
from services.jobs.domain_usage import Spent
from tests.services.jobs.client import Service


async def test_a_person_sees_their_own_counts(service: Service) -> None:
    queries, today = service.parts.database, datetime.now(UTC).date()
    old = today - timedelta(days=30)
    await service.stage.sql("truncate jobs.usage")
    for owner in (Owner("w", "ann"), Owner("w", "bob"), Owner("other", "ann")):
        await store_usage.add(queries, owner, Spent(old, "title", "small", 1, Usage(3, 4)))
    await store_usage.add(queries, Owner("w", "ann"), Spent(old, "transcription", "ears", 1, Usage(0, 0, 2.5)))
    await store_usage.add(queries, Owner("w", "ann"), Spent(today, "title", "small", 1, Usage(10, 5)))
    now = await service.ask("ann", pb.GetUsageRequest())
    assert [(each.day, each.kind, each.calls) for each in now.usage] == [(today.isoformat(), "title", 1)]
    assert (now.tokens_today, now.daily_tokens) == (15, 0)
    assert now.reset_time.ToDatetime(UTC).date() == today + timedelta(days=1)
    then = await service.ask("ann", pb.GetUsageRequest(first_day=str(old), last_day=str(today - timedelta(days=1))))
    title = pb.UsageOfKind(
        day=str(old), kind="title", model="small", calls=1, input_tokens=3, output_tokens=4, audio_seconds=0
    )
    heard = pb.UsageOfKind(day=str(old), kind="transcription", model="ears", calls=1, audio_seconds=2.5)
    assert list(then.usage) == [title, heard]
    assert not (await service.ask("cid", pb.GetUsageRequest(first_day=str(old)))).usage


async def test_days_must_be_days(service: Service) -> None:
    for first, last in (("2023-02-29", ""), ("2024-02-29", "2024-02-28"), ("0000-01-01", "")):
        refusal = await service.refused("ann", pb.GetUsageRequest(first_day=first, last_day=last))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "USAGE_DAYS_INVALID"), first
    refusal = await service.refused("ann", pb.GetUsageRequest(first_day="today"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
