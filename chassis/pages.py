"""Signed page tokens: a position in one list, worthless for any other list, filter or person.

The scope (who asks for what, with which filters) is not in the token: it goes into the signature, so a token that is
brought back with another scope fails to verify, as an altered one does.
"""

import hashlib
import json
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from chassis.errors import FieldViolation, InvalidInput

DEFAULT_SIZE = 50
MAX_SIZE = 100


class PageTokenInvalid(InvalidInput):
    """Not a page token of this list with these filters"""

    reason = "PAGE_TOKEN_INVALID"


def page_size(asked: int) -> int:
    """How many items a page gets: 50 unless asked otherwise, never more than 100."""
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


class Pages:
    """Issues and reads page tokens. All replicas of a service share the secret."""

    def __init__(self, secret: str) -> None:
        """At least 32 characters, that nobody outside knows."""
        self._secret = secret

    def issue(self, scope: tuple[Any, ...], position: list[Any]) -> str:
        """The token that leads on from `position`, any list of plain JSON values."""
        return self._serializer(scope).dumps(position)

    def read(self, scope: tuple[Any, ...], token: str) -> list[Any] | None:
        """The position in a token; None for the first page, which has none."""
        if not token:
            return None
        try:
            position = self._serializer(scope).loads(token)
        except BadData as error:
            raise _invalid() from error
        # Base64 has several spellings of the same bytes; ours is the only one that counts.
        if not isinstance(position, list) or self.issue(scope, position) != token:
            raise _invalid()
        return position

    def _serializer(self, scope: tuple[Any, ...]) -> URLSafeSerializer:
        salt = json.dumps(scope, default=str, ensure_ascii=True)
        return URLSafeSerializer(self._secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


def _invalid() -> PageTokenInvalid:
    return PageTokenInvalid(fields=(FieldViolation("page_token", "not a token of this list with these filters"),))
