"""People at work in a Cairn that runs as it does in production: processes, sockets, PostgreSQL and Redis."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.conftest import Stack
from tests.system.workspace import CHAT, Person, Workspace


@pytest.fixture
def workspace(stack: Stack) -> Iterator[Workspace]:
    """A workspace that nobody else uses: Ann and Bob in a channel and a direct conversation, Eve in neither."""
    with ExitStack() as clients:
        workspace = Workspace(stack, f"w-{uuid4()}", clients)
        workspace.feed(*CHAT)
        yield workspace


@pytest.fixture
def ann(workspace: Workspace) -> Person:
    """Ann, signed in."""
    return workspace.person("ann")


@pytest.fixture
def bob(workspace: Workspace) -> Person:
    """Bob, signed in."""
    return workspace.person("bob")


@pytest.fixture
def eve(workspace: Workspace) -> Person:
    """Eve, signed in."""
    return workspace.person("eve")
