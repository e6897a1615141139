"""Who may call what: the table of audiences, plan features, and the options read from a contract."""

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from grpc import StatusCode

from chassis.limits import Bucket
from chassis.policy import Audience, Method
from tests.chassis.echo import Client, Metadata, bearer, service_key

CALLERS: dict[str, Metadata] = {
    "nobody": (),
    "person": bearer(),
    "service": service_key(),
    "service for a person": service_key("ann"),
}
OK = ""
TABLE = {
    "Public": (OK, OK, OK, OK),
    "User": ("CREDENTIALS_REQUIRED", OK, "USER_REQUIRED", OK),
    "Service": ("CREDENTIALS_REQUIRED", "SERVICE_ONLY", OK, OK),
    "Closed": ("CREDENTIALS_REQUIRED", "SERVICE_ONLY", OK, OK),
}
CODES = {
    "CREDENTIALS_REQUIRED": StatusCode.UNAUTHENTICATED,
    "USER_REQUIRED": StatusCode.UNAUTHENTICATED,
    "SERVICE_ONLY": StatusCode.PERMISSION_DENIED,
}


@pytest.mark.parametrize("method", TABLE)
async def test_each_method_is_for_some(echo: Client, method: str) -> None:
    for caller, reason in zip(CALLERS, TABLE[method], strict=True):
        metadata = CALLERS[caller]
        if reason == OK:
            assert await echo.call(method, metadata=metadata) == ["hi"], caller
        else:
            refusal = await echo.refused(method, metadata=metadata)
            assert (refusal.reason, refusal.code) == (reason, CODES[reason]), caller


async def test_a_caller_is_known_to_the_servicer(echo: Client) -> None:
    for metadata in CALLERS.values():
        await echo.call("Public", metadata=metadata)
    callers = [call.caller for call in echo.echo.calls]
    assert callers[0] is None
    found = [(caller.workspace, caller.user, caller.service) for caller in callers[1:] if caller]
    assert found == [("w", "ann", ""), ("w", "", "tests"), ("w", "ann", "tests")]


async def test_a_wrong_credential_is_refused_even_where_none_is_needed(echo: Client) -> None:
    refusal = await echo.refused("Public", metadata=(("authorization", "Bearer wrong"),))
    assert refusal.reason == "CREDENTIALS_INVALID"


async def test_a_plan_feature_is_asked_of_the_token(echo: Client) -> None:
    for features in ([], ["other"], None):
        refusal = await echo.refused("Limited", metadata=bearer(features=features))
        assert (refusal.code, refusal.reason) == (StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")
        assert "echo" in str(refusal.status.details[0])
    assert await echo.call("Limited", metadata=bearer(features=["other", "echo"], sub="featured")) == ["hi"]


def test_options_are_read_from_the_contract(contract: ServiceDescriptor) -> None:
    methods = {method.name: Method.of(method) for method in contract.methods}
    assert methods["Public"] == Method("/echo.v1.Echo/Public", Audience.AUDIENCE_PUBLIC, (), None)
    assert methods["Closed"].audience == Audience.AUDIENCE_SERVICE
    assert methods["Limited"].features == (("echo",),)
    assert methods["Limited"].quota == Bucket("echo", 2, 4, 86400)
