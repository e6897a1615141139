"""Client channels: how one process of ours calls another."""

from pathlib import Path

import grpc

OPTIONS = [
    # A server that went away is looked for again within a second, not after minutes of growing patience.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Without this an answer to that may take a minute.
    ("grpc.http2.ping_timeout_ms", 5_000),
    # On a quiet stream, too.
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.enable_retries", 0),
]


def open_channel(address: str, ca_file: str = "") -> grpc.aio.Channel:
    """A channel to host:port, over TLS where `ca_file` names the certificates to trust."""
    if not ca_file:
        return grpc.aio.insecure_channel(address, options=OPTIONS)
    credentials = grpc.ssl_channel_credentials(Path(ca_file).read_bytes())
    return grpc.aio.secure_channel(address, credentials, options=OPTIONS)
