"""What holds for every request: ids, limits, origins, sizes."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.identity import IdentitySettings
from tests.gateway.conftest import OPEN_HANDED, SERVICE_KEY, Running, token

Client = httpx.Client
RunGateway = Callable[..., AbstractContextManager[Running]]
CHAT = "https://chat.example.com"


@pytest.mark.parametrize("sent", ["a", "A-1._z", "x" * 128])
def test_a_request_id_is_kept(client: Client, sent: str) -> None:
    assert client.get("/healthz", headers={"x-request-id": sent}).headers["x-request-id"] == sent
    assert client.get("/nothing", headers={"x-request-id": sent}).json()["error"]["requestId"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é".encode(), "a;b"])
def test_what_is_no_request_id_is_replaced(client: Client, sent: str) -> None:
    made = client.get("/healthz", headers={"x-request-id": sent}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_answers_are_never_kept_and_no_pages(client: Client) -> None:
    headers = client.get("/v1/books/1").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_health_and_readiness(client: Client) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "upstreams": {"library": "serving"}})
    refused = client.post("/healthz")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.fixture(scope="module")
def strict(run_gateway: RunGateway) -> Iterator[Running]:
    """A gateway with low limits, known origins, and one proxy in front."""
    edge = replace(
        OPEN_HANDED,
        cors_origins=(CHAT,),
        trusted_proxy_hops=1,
        body_limit=1000,
        service_body_limit=3000,
        address_rate_limit=3,
        user_rate_limit=5,
    )
    with run_gateway(edge) as running:
        yield running


def from_address(running: Running, address: str) -> Client:
    return httpx.Client(base_url=running.url, headers={"x-forwarded-for": f"198.51.100.1, {address}"})


def test_an_address_has_its_bucket(strict: Running) -> None:
    with from_address(strict, "192.0.2.1") as client:
        answers = [client.get("/v1/books/1", headers={"authorization": "Bearer wrong"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    last = answers[-1]
    assert (last.json()["error"]["code"], last.json()["error"]["reason"]) == ("RATE_LIMIT", "RATE_LIMITED")
    assert 1 <= int(last.headers["retry-after"]) <= int(last.headers["ratelimit-reset"]) <= 60
    with from_address(strict, "192.0.2.2") as client:
        assert client.get("/v1/books/1").status_code == 200
        assert client.get("/healthz").headers.get("ratelimit-limit") is None


def test_a_person_has_a_bucket_whatever_the_address(strict: Running) -> None:
    sent = {"authorization": f"Bearer {token('ann')}"}
    addresses = [f"192.0.2.{number}" for number in range(50, 56)]
    statuses = []
    for address in addresses:
        with from_address(strict, address) as client:
            statuses.append(client.get("/v1/books/1", headers=sent).status_code)
    assert statuses == [200] * 5 + [429]
    with from_address(strict, "192.0.2.50") as client:
        other = {"authorization": f"Bearer {token('ann', 'other')}"}
        assert client.get("/v1/books/1", headers=other).status_code == 200


def test_without_redis_everything_is_allowed(run_gateway: RunGateway, free_port: Callable[[], int]) -> None:
    edge = replace(OPEN_HANDED, address_rate_limit=1)
    with run_gateway(edge, f"redis://127.0.0.1:{free_port()}/0") as running, running.client() as client:
        assert [client.get("/v1/books/1").status_code for _ in range(5)] == [200] * 5


def test_without_keys_to_verify_with_the_address_counts(run_gateway: RunGateway, free_port: Callable[[], int]) -> None:
    away = IdentitySettings(jwt_jwks_url=f"http://127.0.0.1:{free_port()}/keys")
    signed = jwt.encode({"sub": "ann"}, ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "k"})
    edge = replace(OPEN_HANDED, trusted_proxy_hops=1, address_rate_limit=7)
    with run_gateway(edge, identity=away) as running, from_address(running, "192.0.2.77") as client:
        answer = client.get("/v1/headers", headers={"authorization": f"Bearer {signed}"})
    assert (answer.status_code, answer.headers["ratelimit-limit"]) == (200, "7")
    assert answer.json()["data"]["metadata"]["authorization"] == f"Bearer {signed}"


def as_service(running: Running, number: int) -> Client:
    headers = {"authorization": f"Service {SERVICE_KEY}", "x-cairn-workspace": f"w{number}"}
    return httpx.Client(base_url=running.url, headers=headers)


def test_a_body_over_the_limit(strict: Running) -> None:
    with as_service(strict, 1) as client:
        assert client.post("/v1/echo", json={"aString": "x" * 900}).status_code == 200
        refused = client.post("/v1/echo", json={"aString": "x" * 1000})
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
        chunks = client.post("/v1/echo", content=(b"x" * 100 for _ in range(20)))
        assert chunks.status_code == 413
        assert client.get("/v1/books/1").status_code == 200


def test_services_may_send_more(strict: Running) -> None:
    with as_service(strict, 2) as client:
        books = [{"title": "x" * 100} for _ in range(20)]
        assert client.post("/v1/import", json={"books": books}).json()["data"] == {"count": "20"}
        assert client.post("/v1/import", json={"books": books * 2}).status_code == 413


def test_an_origin_that_is_allowed(strict: Running) -> None:
    asked = {"origin": CHAT, "access-control-request-method": "PATCH"}
    with from_address(strict, "192.0.2.9") as client:
        preflight = client.options("/v1/books/1", headers=asked)
        answer = client.get("/v1/books/1", headers={"origin": CHAT})
    assert preflight.status_code == 204
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
    assert int(preflight.headers["access-control-max-age"]) > 0
    for each in (preflight, answer):
        assert (each.headers["access-control-allow-origin"], each.headers["vary"]) == (CHAT, "origin")
        assert "access-control-allow-credentials" not in each.headers
    assert "ratelimit-remaining" in answer.headers["access-control-expose-headers"]


def test_an_origin_that_is_not(strict: Running) -> None:
    asked = {"origin": "https://evil.example.com", "access-control-request-method": "PATCH"}
    with from_address(strict, "192.0.2.10") as client:
        answer = client.options("/v1/books/1", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_origin(run_gateway: RunGateway) -> None:
    with run_gateway(replace(OPEN_HANDED, cors_origins=("*",))) as running, running.client() as client:
        headers = client.get("/v1/books/1", headers={"origin": CHAT}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers


def test_errors_can_be_read_by_pages_too(strict: Running) -> None:
    with from_address(strict, "192.0.2.11") as client:
        answer = client.get("/nothing", headers={"origin": CHAT})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, CHAT)
