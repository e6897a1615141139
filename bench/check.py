"""Looks at the first reply of every arm: a fast server that answers something else proves nothing."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import json_format

from bench.load import Arm
from bench.workspace import Call, Workspace
from cairn.bookmarks.v1 import bookmarks_pb2 as api

PREVIEW = 80


def answers_the_same(arms: Iterable[Arm], space: Workspace, call: Call) -> None:
    """Raise unless every arm answers a page of 50 messages as they were made up."""
    expected = {message.id: message for message in space.messages}
    for arm in arms:
        items = _over_rest(arm, call) if arm.rest else _over_grpc(arm, call)
        if len(items) != 50:  # noqa: PLR2004 - the page asked for
            raise RuntimeError(f"{arm.name}: a page of {len(items)} instead of 50")
        for item in items:
            message = expected[item["target"]["messageId"]]
            text = message.text[:PREVIEW] + ("..." if len(message.text) > PREVIEW else "")
            shown = item["message"]
            told = item["available"], shown["preview"], shown["author"]["id"], shown["conversation"]["id"]
            if told != (True, text, message.author, message.conversation):
                raise RuntimeError(f"{arm.name} does not show what was fed: {item}")


def _over_rest(arm: Arm, call: Call) -> list[dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", arm.port, timeout=10)
    connection.request(call.verb, call.path, headers={"authorization": call.authorization})
    body = json.load(connection.getresponse())
    connection.close()
    return [item["data"] for item in body["data"]]


def _over_grpc(arm: Arm, call: Call) -> list[dict[str, Any]]:
    with caller(arm) as send:
        reply = api.ListBookmarksResponse.FromString(send(call))
    return [json_format.MessageToDict(bookmark) for bookmark in reply.bookmarks]


@contextmanager
def caller(arm: Arm) -> Iterator[Callable[[Call], bytes]]:
    """Makes calls with an ordinary client, and gives the replies as they come."""
    with grpc.insecure_channel(f"127.0.0.1:{arm.port}") as channel:

        def send(call: Call) -> bytes:
            method = channel.unary_unary(call.rpc, request_serializer=bytes, response_deserializer=bytes)
            return method(call.message, metadata=(("authorization", call.authorization),), timeout=10)

        yield send
