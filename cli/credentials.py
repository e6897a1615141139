"""Development secrets, made once and kept in the data directory, and the tokens signed with them."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from cli.problems import Problem
from cli.settings import SECRETS_FILE, CliSettings, kept_secrets

# The services of a host application that `cairn up` gives a key: the one that feeds, and the one that operates.
SERVICES = ("feed", "ops")

NEEDED: dict[str, Callable[[], str]] = {
    "CAIRN_JWT_SECRET": lambda: secrets.token_urlsafe(32),
    "CAIRN_SERVICE_KEYS": lambda: ",".join(f"{name}:{secrets.token_urlsafe(24)}" for name in SERVICES),
    "CAIRN_INTERNAL_KEY": lambda: secrets.token_urlsafe(32),
    "CAIRN_PAGE_TOKEN_SECRET": lambda: secrets.token_urlsafe(32),
    "CAIRN_POSTGRES_PASSWORD": lambda: secrets.token_urlsafe(24),
    "CAIRN_REDIS_PASSWORD": lambda: secrets.token_urlsafe(24),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a token is for."""

    user: str
    workspace: str
    features: tuple[str, ...] = ()


def ensure_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of this data directory; those that are missing are made."""
    kept = kept_secrets(data_dir)
    made = {name: make() for name, make in NEEDED.items() if name not in kept}
    if made:
        _write(data_dir / SECRETS_FILE, {**kept, **made})
    return {**kept, **made}


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "# Made by `cairn up` for development on this machine. Not for production.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def sign(settings: CliSettings, person: Person, lasting: timedelta) -> str:
    """A token for a person, as the host application would issue it."""
    if not settings.jwt_secret:
        raise Problem(f"No secret to sign with. {_where(settings)} or set CAIRN_JWT_SECRET.")
    now = datetime.now(UTC)
    claims = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": now,
        "exp": now + lasting,
        settings.jwt_user_claim: person.user,
        settings.jwt_workspace_claim: person.workspace,
        settings.jwt_features_claim: list(person.features),
    }
    return jwt.encode(claims, settings.jwt_secret, algorithm="HS256")


def service_key(settings: CliSettings, name: str) -> str:
    """The key of a named service."""
    keys = dict(reversed([pair.split(":", 1) for pair in settings.service_keys if ":" in pair]))
    if not keys:
        raise Problem(f"No service keys. {_where(settings)} or set CAIRN_SERVICE_KEYS=name:key.")
    if name not in keys:
        raise Problem(f"No key for a service {name!r}; there is one for: {', '.join(sorted(keys))}.")
    return keys[name]


def _where(settings: CliSettings) -> str:
    folder = settings.data_dir.resolve()
    return f"None are kept in {folder}: run this where you ran `cairn up`, set CAIRN_DATA_DIR to its data directory,"
