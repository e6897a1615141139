"""Who calls: tokens and service keys, each way to get them wrong, and how long a checked token is remembered."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from chassis import identity as module
from chassis.errors import CairnError
from chassis.identity import Caller, Identity, IdentitySettings
from tests.chassis.echo import KEY, PERSON, SECRET, token

SETTINGS = IdentitySettings(jwt_secret=SECRET, service_keys=(f"feed:{KEY}", "other:another-key-0123456789"))
NOW = datetime.now(UTC).timestamp()


class Watched(Identity):
    """Counts the tokens that were looked at and not only remembered."""

    checked = 0

    async def _claims(self, token: str) -> dict[str, Any]:
        self.checked += 1
        return await super()._claims(token)


def identity(settings: IdentitySettings = SETTINGS) -> Identity:
    return Identity(settings, lambda: NOW)


async def reason(authorization: str, workspace: str = "w", user: str = "") -> str:
    """Why a credential is refused."""
    with pytest.raises(CairnError) as caught:
        await identity().identify(authorization, workspace, user)
    return caught.value.reason


async def test_a_token_says_who_calls() -> None:
    found = await identity().identify(f"Bearer {token(features=['a', 'b'])}", "ignored", "ignored")
    assert found == replace(PERSON, features=frozenset("ab"))
    assert await identity().identify(f"bEARER   {token()} ", "", "") == PERSON


async def test_no_credential_is_nobody() -> None:
    assert await identity().identify("", "w", "ann") is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "others"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 129},
        {"sub": "a\nb"},
        {"sub": 7},
        {"workspace": None},
        {"workspace": ["w"]},
        {"workspace": "\x00"},
        {"features": "all"},
        {"features": {"a": 1}},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 4_102_444_800},
        {"secret": "another secret, which is long enough"},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_is_none(claims: dict[str, Any]) -> None:
    assert await reason(f"Bearer {token(**claims)}") == "CREDENTIALS_INVALID"


async def test_an_expired_token_says_so() -> None:
    expired = datetime.now(UTC) - timedelta(seconds=6)
    assert await reason(f"Bearer {token(exp=expired)}") == "TOKEN_EXPIRED"
    skewed = datetime.now(UTC) - timedelta(seconds=1)
    assert await identity().identify(f"Bearer {token(exp=skewed)}", "", "") == PERSON


def forged(header: dict[str, Any], signature: str = "") -> str:
    """A token whose header says how it wants to be checked."""
    claims = {"sub": "ann", "workspace": "w", "iss": "cairn", "aud": "cairn", "exp": NOW + 3600}
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, signature])


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "HS384", "RS256", "ES256", 7], ids=repr)
async def test_a_token_does_not_choose_how_it_is_checked(alg: object) -> None:
    assert await reason(f"Bearer {forged({'alg': alg, 'typ': 'JWT'})}") == "CREDENTIALS_INVALID"


async def test_only_the_one_algorithm_goes_with_the_secret() -> None:
    secret = SECRET * 2
    strict = identity(IdentitySettings(jwt_secret=secret))
    assert await strict.identify(f"Bearer {token(secret)}", "", "") == PERSON
    claims = jwt.decode(token(), options={"verify_signature": False})
    with pytest.raises(CairnError):
        await strict.identify("Bearer " + jwt.encode(claims, secret, "HS512"), "", "")


@pytest.mark.parametrize(
    "sent",
    ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "x", " ", "Service", "Service ", "Service x"],
)
async def test_what_is_no_credential_is_refused(sent: str) -> None:
    assert await reason(sent) == "CREDENTIALS_INVALID"


async def test_an_altered_token_is_refused() -> None:
    good = token()
    head, body, signature = good.split(".")
    for bad in (f"{head}.{body}.{signature[:-2]}xx", f"{head}.{body}x.{signature}", f"{head}.{body}."):
        assert await reason(f"Bearer {bad}") == "CREDENTIALS_INVALID"


async def test_a_service_is_known_by_its_key_and_acts_where_it_says() -> None:
    assert await identity().identify(f"Service {KEY}", "w", "") == Caller("w", service="feed")
    assert await identity().identify(f"service {KEY}", "w", "ann") == Caller("w", "ann", service="feed")
    assert await identity().identify("Service another-key-0123456789", "w", "") == Caller("w", service="other")


async def test_features_come_with_a_token_or_from_a_service_that_acts_for_somebody() -> None:
    named = frozenset({"one", "two"})
    assert await identity().identify(f"Service {KEY}", "w", "ann", " one,two,, ") == Caller("w", "ann", named, "feed")
    assert await identity().identify(f"Service {KEY}", "w", "", "one") == Caller("w", service="feed")
    person = await identity().identify(f"Bearer {token()}", "", "", "one")
    assert person == PERSON
    assert "one" not in PERSON.features


async def test_our_own_processes_have_a_key_and_may_name_anybody() -> None:
    own = identity(replace(SETTINGS, internal_key="x" * 32))
    assert await own.identify(f"Service {'x' * 32}", "w", "zo%C3%AB") == Caller("w", "zoë", service="cairn")
    assert await own.identify(f"Service {KEY}", "w", "zo%C3%AB") == Caller("w", "zo%C3%AB", service="feed")
    assert await reason(f"Service {'x' * 32}") == "CREDENTIALS_INVALID"
    assert await reason("Service ") == "CREDENTIALS_INVALID"
    with pytest.raises(ValueError, match="CAIRN_INTERNAL_KEY"):
        replace(SETTINGS, internal_key="x" * 31)


@pytest.mark.parametrize(
    ("key", "workspace", "user", "expected"),
    [
        (KEY, "", "", "WORKSPACE_REQUIRED"),
        (KEY[:-1], "w", "", "CREDENTIALS_INVALID"),
        (KEY + "x", "w", "", "CREDENTIALS_INVALID"),
        ("", "w", "", "CREDENTIALS_INVALID"),
        ("feed", "w", "", "CREDENTIALS_INVALID"),
        ("kéy", "w", "", "CREDENTIALS_INVALID"),
        (KEY, "x" * 129, "", "CREDENTIALS_INVALID"),
        (KEY, "w", "a\tb", "CREDENTIALS_INVALID"),
    ],
)
async def test_a_wrong_service_is_refused(key: str, workspace: str, user: str, expected: str) -> None:
    assert await reason(f"Service {key}", workspace, user) == expected


async def test_keys_are_rotated_without_a_gap() -> None:
    both = replace(SETTINGS, service_keys=("feed:the-old-key-0123456789", f"feed:{KEY}"))
    for key in ("the-old-key-0123456789", KEY):
        found = await identity(both).identify(f"Service {key}", "w", "")
        assert found == Caller("w", service="feed")


async def test_claims_may_have_other_names() -> None:
    settings = replace(SETTINGS, jwt_issuer="host", jwt_audience="saved")
    settings = replace(settings, jwt_user_claim="uid", jwt_workspace_claim="org", jwt_features_claim="plan")
    sent = token(uid="bob", org="o", plan=["x"], iss="host", aud=["saved", "more"], sub=None, workspace=None)
    assert await identity(settings).identify(f"Bearer {sent}", "", "") == Caller("o", "bob", frozenset("x"))


async def test_a_checked_token_is_remembered_until_it_expires() -> None:
    clock = [NOW]
    watched = Watched(SETTINGS, lambda: clock[0])
    sent = f"Bearer {token(exp=datetime.fromtimestamp(NOW + 3600, UTC))}"
    for seconds, checked in ((0, 1), (1, 1), (3598, 1), (3601, 2), (3602, 3)):
        clock[0] = NOW + seconds
        assert await watched.identify(sent, "", "") == PERSON
        assert watched.checked == checked


async def test_what_was_refused_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(SETTINGS, lambda: NOW)
    for _ in range(2):
        with pytest.raises(CairnError):
            await watched.identify("Bearer x", "", "")
    assert watched.checked == 2
    monkeypatch.setattr(module, "CACHED_TOKENS", 3)
    sent = [f"Bearer {token(sub=f'user-{number}')}" for number in range(4)]
    for each in (*sent, *sent[1:], sent[0]):
        await watched.identify(each, "", "")
    assert watched.checked == 2 + 5


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "CAIRN_JWT_SECRET or CAIRN_JWT_JWKS_URL is required"),
        ({"jwt_secret": "x" * 31}, "at least 32 characters"),
        ({"jwt_secret": "x" * 32, "service_keys": ("feed",)}, "CAIRN_SERVICE_KEYS"),
        ({"jwt_secret": "x" * 32, "service_keys": (f":{KEY}",)}, "CAIRN_SERVICE_KEYS"),
        ({"jwt_secret": "x" * 32, "service_keys": ("feed:short",)}, "CAIRN_SERVICE_KEYS"),
    ],
)
def test_settings_that_are_too_weak_are_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        IdentitySettings(**settings)


@pytest.mark.parametrize(
    ("id_", "taken"),
    [("a b", True), ("a\u00a0b", True), ("\u0378", True), ("ü" * 128, True), ("a\u200db", False), ("a\nb", False)],
)
async def test_an_id_is_what_the_contract_says(id_: str, taken: bool) -> None:
    if taken:
        assert await identity().identify(f"Service {KEY}", "w", id_) == Caller("w", id_, service="feed")
    else:
        assert await reason(f"Service {KEY}", "w", id_) == "CREDENTIALS_INVALID"


def test_no_two_callers_share_a_key() -> None:
    callers = [Caller("w", "a"), Caller("w:a", "b"), Caller("w", "a:b"), Caller("w", service="a"), Caller("a", "w")]
    assert len({caller.key for caller in callers}) == len(callers)
    assert Caller("w", "a", service="feed").key == Caller("w", "a").key
