"""From an error to what a client sees of it: the one table."""

from typing import ClassVar

import pytest
from google.rpc import error_details_pb2 as details
from grpc import StatusCode

from chassis import errors
from chassis.errors import FieldViolation
from chassis.status import CODES, to_status
from tests.chassis.echo import Client

TABLE = {
    errors.InvalidInput: StatusCode.INVALID_ARGUMENT,
    errors.NotFound: StatusCode.NOT_FOUND,
    errors.AlreadyExists: StatusCode.ALREADY_EXISTS,
    errors.Conflict: StatusCode.ABORTED,
    errors.PreconditionFailed: StatusCode.FAILED_PRECONDITION,
    errors.Forbidden: StatusCode.PERMISSION_DENIED,
    errors.Unauthenticated: StatusCode.UNAUTHENTICATED,
    errors.LimitReached: StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: StatusCode.UNAVAILABLE,
}


def named(category: type[errors.CairnError]) -> type[errors.CairnError]:
    """An error of a domain."""

    class Named(category):  # type: ignore[misc,valid-type]
        """What the caller reads

        What only we read.
        """

        reason: ClassVar[str] = "NAMED"

    return Named


def test_every_category_has_a_code() -> None:
    assert set(CODES) == set(TABLE) == set(errors.CairnError.__subclasses__())


@pytest.mark.parametrize("category", TABLE, ids=lambda category: category.__name__)
async def test_each_category_arrives_with_its_code_and_reason(echo: Client, category: type[errors.CairnError]) -> None:
    echo.echo.failure = named(category)(metadata={"limit": "3"}, retry_after=1.5)
    refusal = await echo.refused("User")
    assert (refusal.code, refusal.message) == (TABLE[category], "What the caller reads")
    info = refusal.detail(details.ErrorInfo)
    assert (info.reason, info.domain, dict(info.metadata)) == ("NAMED", "cairn", {"limit": "3"})
    assert refusal.detail(details.RetryInfo).retry_delay.ToMilliseconds() == 1500
    violations = refusal.detail(details.QuotaFailure).violations
    assert [each.subject for each in violations] == (["NAMED"] if category is errors.LimitReached else [])


async def test_fields_are_named(echo: Client) -> None:
    fields = (FieldViolation("parts[2].id", "must be a UUID"), FieldViolation("text", "too long"))
    echo.echo.failure = errors.ValidationFailed("Two things", fields=fields)
    refusal = await echo.refused("User")
    assert (refusal.message, refusal.reason) == ("Two things", "VALIDATION_FAILED")
    violations = refusal.detail(details.BadRequest).field_violations
    assert [(each.field, each.description) for each in violations] == [(each.field, each.message) for each in fields]


def test_only_what_there_is_to_say_is_said() -> None:
    status = to_status(errors.ValidationFailed())
    assert [detail.TypeName() for detail in status.details] == ["google.rpc.ErrorInfo"]


async def test_however_much_there_is_to_say_it_fits_into_metadata(echo: Client) -> None:
    fields = tuple(FieldViolation(f"parts[{number}].id", "𝄞" * 1000) for number in range(5000))
    echo.echo.failure = errors.ValidationFailed("𝄞" * 100_000, fields=fields)
    refusal = await echo.refused("User")
    assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refusal.fields[:2] == ["parts[0].id", "parts[1].id"]
    assert len(refusal.message) == 200
    assert refusal.message.endswith("...")
