"""What tests of the outgoing guard need: a network that leads nowhere and notes who was to be asked; certificates."""

import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpcore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.jobs.domain import JobFailed
from services.jobs.domain_outgoing import Limits
from services.jobs.outgoing import Outgoing


class Recorder(httpcore.AsyncNetworkBackend):
    """Nobody is ever there."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> NoReturn:
        self.tried.append((host, port))
        raise httpcore.ConnectError


class Names:
    """Resolves names from a table, and what is a number in any writing as the C library reads it."""

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self.table = table
        self.answered: set[str] = set()

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        found = self.table.get(host) or [
            str(address[0]) for *_, address in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)
        ]
        self.answered.update(found)
        return found


class Nowhere:
    """A guard whose network leads nowhere."""

    def __init__(self, table: Mapping[str, Sequence[str]] | None = None, allow: Sequence[str] = ()) -> None:
        self.network = Recorder()
        self.names = Names(table or {})
        self.outgoing = Outgoing(allow, self.names, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), self.network)

    async def failure(self, url: str) -> str:
        """Why it could not be fetched."""
        try:
            await self.outgoing.download(url, limits=Limits(), to=Path("/nonexistent"))
        except JobFailed as failed:
            return failed.failure.reason
        raise AssertionError(url)


def made(folder: Path, host: str) -> tuple[str, ssl.SSLContext]:
    """A certificate for the host, and a server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC) - timedelta(minutes=1)
    serial, until = x509.random_serial_number(), now + timedelta(hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, now, until)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    shape = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(certificate + key.private_bytes(*shape))
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(folder / "both.pem")
    return certificate.decode(), secured
