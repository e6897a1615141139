"""A small service behind the real chain."""

from collections.abc import AsyncIterator

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from tests.chassis.echo import Client, compile_contract, running


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> ServiceDescriptor:
    """The service Echo."""
    return compile_contract(tmp_path_factory.mktemp("echo"))


@pytest.fixture
async def echo(contract: ServiceDescriptor, redis_url: str) -> AsyncIterator[Client]:
    """A client of a running Echo."""
    async with running(contract, redis_url) as (client, _):
        yield client
