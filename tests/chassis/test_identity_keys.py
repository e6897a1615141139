"""Tokens signed with a key of a key set, which is fetched from a real server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chassis.errors import CairnError, Unavailable
from chassis.identity import Identity, IdentitySettings
from tests.chassis.echo import PERSON, SECRET, token

CLAIMS = jwt.decode(token(), options={"verify_signature": False})


class Keys(HTTPServer):
    """A key set: `keys` by their id."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: dict[str, Any] = {}
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/keys"


def public(key: Any) -> dict[str, Any]:
    """The public half, as a key set shows it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


class Handler(BaseHTTPRequestHandler):
    server: Keys

    def do_GET(self) -> None:
        self.server.asked += 1
        keys = [{**public(key), "kid": kid, "use": "sig"} for kid, key in self.server.keys.items()]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": keys}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(rsa_key: rsa.RSAPrivateKey) -> Iterator[Keys]:
    """A server of key sets, with one key of each kind."""
    with Keys() as server:
        server.keys = {"r": rsa_key, "e": ec.generate_private_key(ec.SECP256R1())}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def signed(keys: Keys, kid: str, algorithm: str) -> str:
    return "Bearer " + jwt.encode(CLAIMS, keys.keys[kid], algorithm, headers={"kid": kid})


def identity(keys: Keys, secret: str = "") -> Identity:
    return Identity(IdentitySettings(jwt_secret=secret, jwt_jwks_url=keys.url), lambda: 0.0)


async def test_a_key_of_the_set_signs(keys: Keys) -> None:
    found = identity(keys, SECRET)
    for kid, algorithm in (("r", "RS256"), ("r", "PS256"), ("e", "ES256")):
        assert await found.identify(signed(keys, kid, algorithm), "", "") == PERSON
    assert await found.identify(f"Bearer {token()}", "", "") == PERSON
    assert keys.asked == 1


async def test_a_new_key_is_fetched_but_not_at_every_strangers_wish(keys: Keys) -> None:
    found = identity(keys)
    assert await found.identify(signed(keys, "r", "RS256"), "", "") == PERSON
    keys.keys["new"] = ec.generate_private_key(ec.SECP256R1())
    for _ in range(3):
        await refused(found, signed(keys, "new", "ES256"))
    assert keys.asked == 1
    assert found._jwks
    found._jwks.cooldown_duration = 0
    assert await found.identify(signed(keys, "new", "ES256"), "", "") == PERSON


async def test_the_public_key_is_no_secret(keys: Keys, rsa_key: rsa.RSAPrivateKey) -> None:
    pem = rsa_key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    monkey = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head = jwt.utils.base64url_encode(json.dumps({"alg": "HS256", "kid": "r"}).encode())
    body = head + b"." + jwt.utils.base64url_encode(json.dumps(CLAIMS).encode())
    forged = body + b"." + jwt.utils.base64url_encode(monkey.sign(body, pem))
    for secret in ("", SECRET):
        await refused(identity(keys, secret), f"Bearer {forged.decode()}")


async def test_other_keys_sign_nothing(keys: Keys, rsa_key: rsa.RSAPrivateKey) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for key, kid in ((stranger, "r"), (stranger, "unknown"), (rsa_key, "e"), (rsa_key, "")):
        headers = {"kid": kid} if kid else {}
        await refused(identity(keys), "Bearer " + jwt.encode(CLAIMS, key, "RS256", headers=headers))
    await refused(identity(keys), f"Bearer {token()}")


async def refused(found: Identity, authorization: str) -> None:
    with pytest.raises(CairnError) as caught:
        await found.identify(authorization, "", "")
    assert caught.value.reason == "CREDENTIALS_INVALID"


async def test_keys_that_cannot_be_fetched_are_nobodys_fault(keys: Keys) -> None:
    sent = signed(keys, "r", "RS256")
    away = Identity(IdentitySettings(jwt_jwks_url="http://127.0.0.1:9/keys"), lambda: 0.0)
    with pytest.raises(Unavailable):
        await away.identify(sent, "", "")
