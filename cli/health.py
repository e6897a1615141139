"""`cairn health`: ask a server whether it is well; container health checks need no other program."""

import click
import grpc
import httpx
from grpc_health.v1 import health_pb2

from cli.problems import Unreachable


@click.command()
@click.argument("address")
@click.option("--timeout", default=3.0, show_default=True, help="Seconds to wait for the answer.")
def health(address: str, timeout: float) -> None:
    """Ask the server at ADDRESS whether it is well; exit code 0 says yes.

    \b
    Examples:
      cairn health grpc://127.0.0.1:50051            a service, by the gRPC health protocol
      cairn health http://127.0.0.1:8080/readyz      the gateway
    """
    problem = illness(address, timeout)
    if problem:
        raise Unreachable(f"{address}: {problem}")
    click.echo(f"{address}: well")


def illness(address: str, timeout: float = 3.0) -> str:
    """What is wrong with a server; empty when it is well."""
    scheme, _, place = address.partition("://")
    if scheme == "grpc":
        return _grpc(place, timeout)
    if scheme in ("http", "https"):
        return _http(address, timeout)
    raise click.UsageError(f"{address!r} is no address: write grpc://host:port or http://host:port/path.")


def _grpc(place: str, timeout: float) -> str:
    # No proxy: health is asked of this machine or its neighbour.
    with grpc.insecure_channel(place, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            answer = _check(channel)(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError as error:
            return str(error.code().name)
    status = answer.status
    return "" if status == answer.SERVING else str(health_pb2.HealthCheckResponse.ServingStatus.Name(status))


def _check(
    channel: grpc.Channel,
) -> "grpc.UnaryUnaryMultiCallable[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]":
    return channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )


def _http(url: str, timeout: float) -> str:
    try:
        answer = httpx.get(url, timeout=timeout, trust_env=False)
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"
    return "" if answer.is_success else f"answered {answer.status_code}"
