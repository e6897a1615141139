"""The servers that are compared, and what they have in common."""

import secrets
from dataclasses import dataclass

from bench.load import Arm
from bench.stack import Stack, free_port

# The limits stay on, on both sides, and are never reached.
UNREACHED = "1000000000"


@dataclass(frozen=True)
class Credentials:
    """What all processes must agree on."""

    jwt_secret: str
    service_key: str

    @classmethod
    def fresh(cls) -> "Credentials":
        """Make them up."""
        return cls(secrets.token_hex(32), secrets.token_hex(16))

    def environ(self) -> dict[str, str]:
        """As the processes read them."""
        return {
            "CAIRN_JWT_SECRET": self.jwt_secret,
            "CAIRN_SERVICE_KEYS": f"bench:{self.service_key}",
            "CAIRN_PAGE_TOKEN_SECRET": secrets.token_hex(32),
            "CAIRN_LOG_FORMAT": "json",
        }


@dataclass(frozen=True)
class Ours:
    """Our service, and our gateway in front of it. `rest` counts the CPU time of both, `gateway` only its own."""

    grpc: Arm
    rest: Arm
    gateway: Arm


@dataclass(frozen=True)
class Peer:
    """The Node service and a fastify in front of it; and `gateway`, a fastify in front of our service."""

    grpc: Arm
    rest: Arm
    gateway: Arm


def start_ours(stack: Stack, environ: dict[str, str]) -> Ours:
    """Start our two processes."""
    grpc_port, rest_port = free_port(), free_port()
    service = stack.python("services.bookmarks", grpc_port, {**environ, "CAIRN_BOOKMARKS_PORT": str(grpc_port)})
    settings = {
        "CAIRN_GATEWAY_PORT": str(rest_port),
        "CAIRN_BOOKMARKS_ADDRESS": f"127.0.0.1:{grpc_port}",
        "CAIRN_USER_RATE_LIMIT": UNREACHED,
        "CAIRN_ADDRESS_RATE_LIMIT": UNREACHED,
    }
    gateway = stack.python("gateway", rest_port, {**environ, **settings})
    return Ours(
        Arm("our service", grpc_port, rest=False, pids=(service,)),
        Arm("our gateway and service", rest_port, rest=True, pids=(gateway, service)),
        Arm("our gateway", rest_port, rest=True, pids=(gateway,)),
    )


def start_peer(stack: Stack, environ: dict[str, str], our_service: int) -> Peer:
    """Start the peer's three processes."""
    port, rest_port, gateway_port = free_port(), free_port(), free_port()
    service = stack.node("bookmarks.js", port, {**environ, "PEER_LISTEN": f"127.0.0.1:{port}"})
    before_node = stack.node("gateway.js", rest_port, {**environ, **_fastify(rest_port, port)})
    before_ours = stack.node("gateway.js", gateway_port, {**environ, **_fastify(gateway_port, our_service)})
    return Peer(
        Arm("Node service", port, rest=False, pids=(service,)),
        Arm("fastify and Node service", rest_port, rest=True, pids=(before_node, service)),
        Arm("fastify", gateway_port, rest=True, pids=(before_ours,)),
    )


def _fastify(port: int, upstream: int) -> dict[str, str]:
    return {"PEER_PORT": str(port), "PEER_UPSTREAM": f"127.0.0.1:{upstream}", "PEER_LIMIT": UNREACHED}
