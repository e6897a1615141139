"""A call that may be told to wait is given that time besides what calls take."""

import asyncio
from pathlib import Path

from gateway.app import routes_of
from gateway.contract import load
from gateway.settings import EdgeSettings
from gateway.upstreams import SERVED_BY, Backends

CAIRN = load((Path(__file__).parents[2] / "gen" / "cairn.binpb").read_bytes())


def test_only_what_may_wait_is_waited_for_longer() -> None:
    routes = routes_of(Backends(CAIRN, SERVED_BY, {}), EdgeSettings(), asyncio.Event())
    waits = {}
    for path in ("/api/v1/actions/jobs/x", "/api/v1/search", "/api/v1/bookmarks/x"):
        match = routes.find(path)
        assert match is not None
        waits[path] = match.methods["GET"][1].longest_wait
    assert waits == {"/api/v1/actions/jobs/x": 30.0, "/api/v1/search": 0.0, "/api/v1/bookmarks/x": 0.0}
