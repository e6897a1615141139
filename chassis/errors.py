"""Named errors, in nine categories. A domain subclasses a category, gives a `reason` and says it in the docstring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field of a request; `field` is its path in the proto, such as `targets[2].file_id`."""

    field: str
    message: str


class CairnError(Exception):
    """Something the caller can understand. The docstring of a subclass is its message."""

    reason: ClassVar[str] = ""

    def __init__(
        self,
        message: str = "",
        *,
        fields: tuple[FieldViolation, ...] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`metadata` is for programs, `retry_after` counts seconds."""
        self.message = message or (type(self).__doc__ or "").strip().split("\n", 1)[0]
        self.fields = fields
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after
        super().__init__(self.message)


class InvalidInput(CairnError):
    """The request breaks a rule of its own, whatever the state of things."""


class NotFound(CairnError):
    """It does not exist, or is not the caller's: the two are not told apart."""


class AlreadyExists(CairnError):
    """Something like it exists, and there may be only one."""


class Conflict(CairnError):
    """It was changed at the same time; trying again may work."""


class PreconditionFailed(CairnError):
    """It is not in the state that the caller asked for."""


class Forbidden(CairnError):
    """The caller is known and may not do this."""


class Unauthenticated(CairnError):
    """Nobody knows who the caller is."""


class LimitReached(CairnError):
    """A quota or rate limit is used up."""


class Unavailable(CairnError):
    """Something we depend on is away; trying again later will work."""


class UserRequired(Unauthenticated):
    """A service names the person it acts for: header x-cairn-user"""

    reason = "USER_REQUIRED"


class ValidationFailed(InvalidInput):
    """The request is not valid"""

    reason = "VALIDATION_FAILED"


class IdempotencyKeyReused(InvalidInput):
    """This request id was used before, for another request"""

    reason = "IDEMPOTENCY_KEY_REUSED"
