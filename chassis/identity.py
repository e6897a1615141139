"""Who calls: a person with a JWT, or a named service with a key, acting for a person or alone."""

import asyncio
import hmac
import unicodedata
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jwt

from chassis.errors import Unauthenticated, Unavailable
from chassis.settings import MIN_SECRET_LENGTH

if TYPE_CHECKING:
    from chassis.interceptors import Call

ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
CACHED_TOKENS = 10_000
CLOCK_SKEW_SECONDS = 5
KEYS_TIMEOUT_SECONDS = 3
MIN_KEY_LENGTH = 16
MAX_ID_LENGTH = 128
# What our own processes are called.
INTERNAL = "cairn"
# Control, format, private use, surrogate.
UNPRINTABLE = ("Cc", "Cf", "Co", "Cs")


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller. `user` is empty for a service acting alone, `service` for a person."""

    workspace: str
    user: str = ""
    features: frozenset[str] = frozenset()
    service: str = ""

    @property
    def key(self) -> str:
        """One text for each caller there can be: a person and a service are two, and no id holds a line break."""
        kind, name = ("user", self.user) if self.user else ("service", self.service)
        return f"{kind}\n{self.workspace}\n{name}"


@dataclass(frozen=True)
class IdentitySettings:
    """Where credentials come from. A token needs the secret (HS256) or the key set (asymmetric), services a key."""

    jwt_secret: str = ""
    jwt_jwks_url: str = ""
    jwt_issuer: str = "cairn"
    jwt_audience: str = "cairn"
    jwt_user_claim: str = "sub"
    jwt_workspace_claim: str = "workspace"
    jwt_features_claim: str = "features"
    # name:key pairs. A name may stand twice, so that keys can be rotated without a gap.
    service_keys: tuple[str, ...] = ()
    # With this one our own processes call each other, as the service `cairn`; the same in all of them.
    internal_key: str = ""

    def __post_init__(self) -> None:
        """Refuse settings under which nobody could call, or a key is too weak to stand alone."""
        if not (self.jwt_secret or self.jwt_jwks_url):
            raise ValueError("CAIRN_JWT_SECRET or CAIRN_JWT_JWKS_URL is required")
        if self.jwt_secret and len(self.jwt_secret) < MIN_SECRET_LENGTH:
            raise ValueError("CAIRN_JWT_SECRET must have at least 32 characters")
        for pair in self.service_keys:
            name, _, key = pair.partition(":")
            if not name or len(key) < MIN_KEY_LENGTH:
                raise ValueError("CAIRN_SERVICE_KEYS: name:key pairs, keys of at least 16 characters")
        if self.internal_key and len(self.internal_key) < MIN_SECRET_LENGTH:
            raise ValueError("CAIRN_INTERNAL_KEY must have at least 32 characters")


class CredentialsInvalid(Unauthenticated):
    """The credential is not valid"""

    reason = "CREDENTIALS_INVALID"


class TokenExpired(Unauthenticated):
    """The token has expired"""

    reason = "TOKEN_EXPIRED"


class KeysAway(Unavailable):
    """The keys that tokens are signed with cannot be fetched"""

    reason = "KEYS_AWAY"


class WorkspaceRequired(Unauthenticated):
    """A service names the workspace it acts in: header x-cairn-workspace"""

    reason = "WORKSPACE_REQUIRED"


class Identity:
    """Verifies credentials. Tokens that passed are remembered until they expire: checking one costs 75 µs."""

    def __init__(self, settings: IdentitySettings, now: Callable[[], float]) -> None:
        """`now` tells the time in seconds since 1970."""
        self._settings = settings
        self._now = now
        self._passed: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        pairs = (pair.partition(":") for pair in settings.service_keys)
        self._keys = [(name, key.encode()) for name, _, key in pairs]
        if settings.internal_key:
            self._keys.append((INTERNAL, settings.internal_key.encode()))
        url = settings.jwt_jwks_url
        self._jwks = jwt.PyJWKClient(url, timeout=KEYS_TIMEOUT_SECONDS) if url else None

    async def identify(self, authorization: str, workspace: str, user: str, features: str = "") -> Caller | None:
        """The caller, or None where no credential was sent. All but that counts only for services."""
        if not authorization:
            return None
        scheme, _, credential = authorization.partition(" ")
        match scheme.lower():
            case "bearer":
                return await self._person(credential.strip())
            case "service":
                return self._service(credential.strip(), workspace, user, features)
        raise CredentialsInvalid("Authorization must be 'Bearer <token>' or 'Service <key>'")

    def _service(self, key: str, workspace: str, user: str, features: str) -> Caller:
        # Every key is compared, each in constant time: the time taken tells nothing of which came close.
        names = [name for name, known in self._keys if hmac.compare_digest(known, key.encode())]
        if not names:
            raise CredentialsInvalid
        if names[0] == INTERNAL:
            # Metadata is ASCII, which the ids of people need not be: chassis.peer has escaped them.
            workspace, user = unquote(workspace), unquote(user)
        if not workspace:
            raise WorkspaceRequired
        if not (_is_id(workspace) and (not user or _is_id(user))):
            raise CredentialsInvalid("x-cairn-workspace and x-cairn-user hold 1 to 128 printable characters")
        named = frozenset(each.strip() for each in features.split(",") if each.strip())
        return Caller(workspace, user, named if user else frozenset(), names[0])

    async def _person(self, token: str) -> Caller:
        known = self._passed.get(token)
        if known and known[1] > self._now():
            return known[0]
        claims = await self._claims(token)
        caller = self._caller(claims)
        self._passed[token] = (caller, float(claims["exp"]))
        if len(self._passed) > CACHED_TOKENS:
            self._passed.popitem(last=False)
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key, algorithms = await self._key(token)
            return jwt.decode(
                token,
                key,
                algorithms=algorithms,
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", self._settings.jwt_user_claim]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except jwt.PyJWKClientConnectionError as error:
            raise KeysAway(retry_after=1) from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:  # TypeError: the key named is of another kind
            raise CredentialsInvalid from error

    async def _key(self, token: str) -> tuple[Any, list[str]]:
        algorithm = jwt.get_unverified_header(token).get("alg")
        if algorithm == "HS256" and self._settings.jwt_secret:
            return self._settings.jwt_secret, ["HS256"]
        if self._jwks is None:
            raise CredentialsInvalid
        return (await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)).key, ASYMMETRIC

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        workspace = claims.get(self._settings.jwt_workspace_claim)
        user = claims.get(self._settings.jwt_user_claim)
        features = claims.get(self._settings.jwt_features_claim) or []
        if not (_is_id(workspace) and _is_id(user) and isinstance(features, list)):
            raise CredentialsInvalid("The token lacks a claim, or one has the wrong form")
        return Caller(str(workspace), str(user), frozenset(str(feature) for feature in features))


def _is_id(value: object) -> bool:
    # As the contract has it, `^\PC+$`; what Unicode has not assigned yet is no part of that `C`.
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID_LENGTH:
        return False
    return all(unicodedata.category(character) not in UNPRINTABLE for character in value)


def identified(identity: Identity) -> "Callable[[Call], AbstractAsyncContextManager[None]]":
    """The interceptor that says who calls; whether they may is asked by the next one."""

    @asynccontextmanager
    async def identify(call: "Call") -> AsyncIterator[None]:
        sent = call.metadata
        names = ("authorization", "x-cairn-workspace", "x-cairn-user", "x-cairn-features")
        call.caller = await identity.identify(*(sent.get(name, "") for name in names))
        yield

    return identify
