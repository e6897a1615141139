"""May they: what a method's options say of its callers, read once from the descriptor, and the check itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import MethodDescriptor

from cairn.policy.v1 import policy_pb2
from chassis.errors import Forbidden, Unauthenticated, UserRequired
from chassis.limits import Bucket

if TYPE_CHECKING:
    from chassis.interceptors import Call

Audience = policy_pb2.Policy.Audience


class CredentialsRequired(Unauthenticated):
    """A credential is required"""

    reason = "CREDENTIALS_REQUIRED"


class ServiceOnly(Forbidden):
    """Only services may call this"""

    reason = "SERVICE_ONLY"


class FeatureRequired(Forbidden):
    """Your plan does not include this"""

    reason = "FEATURE_REQUIRED"


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC and its policy."""

    path: str
    audience: Audience
    # One of each of these sets.
    features: tuple[tuple[str, ...], ...]
    quota: Bucket | None
    # Its requests are the parts of one file, of which an empty chunk is the last.
    uploads: bool = False

    @classmethod
    def of(cls, descriptor: MethodDescriptor) -> "Method":
        """Read the options; without them the method is for services only."""
        extension: Any = policy_pb2.policy
        policy: policy_pb2.Policy = descriptor.GetOptions().Extensions[extension]
        quota = None
        if policy.HasField("quota"):
            per = policy.quota.per.ToTimedelta().total_seconds()
            quota = Bucket(policy.quota.bucket, policy.quota.capacity, policy.quota.refill, per)
        audience = policy.audience or policy_pb2.Policy.AUDIENCE_SERVICE
        service = descriptor.containing_service.full_name
        features = tuple(tuple(each.split("|")) for each in policy.feature)
        return cls(f"/{service}/{descriptor.name}", audience, features, quota, policy.http.multipart)


@asynccontextmanager
async def permitted(call: "Call") -> AsyncIterator[None]:
    """Let through whom the method is for."""
    method, caller = call.method, call.caller
    if method.audience != Audience.AUDIENCE_PUBLIC:
        if caller is None:
            raise CredentialsRequired
        if method.audience == Audience.AUDIENCE_SERVICE and not caller.service:
            raise ServiceOnly
        if method.audience == Audience.AUDIENCE_USER and not caller.user:
            raise UserRequired
        for either in method.features:
            if caller.features.isdisjoint(either):
                needed = " or ".join(either)
                raise FeatureRequired(
                    f"Your plan does not include this: it needs {needed}", metadata={"feature": needed}
                )
    yield
