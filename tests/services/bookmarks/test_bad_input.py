"""What makes no sense is refused by name, on every RPC: proofs H37 and H41, row G-A14."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from cairn.bookmarks.v1 import bookmarks_pb2 as pb
from cairn.feed.v1 import feed_pb2
from tests.services.bookmarks.client import METHODS, NOBODYS_ID, Metadata, Refusal, Service, message, refusal

# Fields that hold an id of ours, which is a UUID; `request_id` is the caller's own choice.
UUIDS = [
    (method, field)
    for method in METHODS
    for field in method.input_type.fields
    if field.name in ("id", "ids", "collection_id")
]
NO_UUIDS = ["x", "", "00000000-0000-0000-0000-00000000000g", "\x00", NOBODYS_ID + "0"]
VALID: dict[str, Any] = {
    "id": NOBODYS_ID,
    "target": {"message_id": "m1"},
    "targets": [{"message_id": "m1"}],
    "name": "n",
    "changes": [message("m1")],
}
EXPECTED = (StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION)


def texts(descriptor: Descriptor, seen: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """The way to every string field of a request."""
    for field in descriptor.fields:
        if field.message_type and field.message_type.full_name not in seen:
            for path in texts(field.message_type, (*seen, descriptor.full_name)):
                yield [field.name, *path]
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield [field.name]


def valid(method: MethodDescriptor) -> Any:
    """A request that is fine, but for what a test does to it."""
    names = {field.name for field in method.input_type.fields}
    given = {name: value for name, value in VALID.items() if name in names}
    if "id" in given and "target" in given:
        del given["target"]
    return GetMessageClass(method.input_type)(**given)


def write(request: Message, path: list[str], text: str) -> bytes:
    """A request with a text in one field, however deep."""
    *way, last = path
    inner: Any = request
    for name in way:
        value = getattr(inner, name)
        inner = (value[0] if value else value.add()) if hasattr(value, "add") else value
    if hasattr(getattr(inner, last), "append"):
        getattr(inner, last).append(text)
    else:
        setattr(inner, last, text)
    return request.SerializeToString()


async def answer(service: Service, method: MethodDescriptor, data: bytes) -> Refusal | None:
    """How a call with these bytes is refused, if it is."""
    credential: Metadata = service.as_service() if method.name == "Apply" else service.as_user("ann")
    if method.containing_service.name == "EnrichmentService":
        credential = (*service.as_service(), ("x-cairn-user", "ann"))
    try:
        await service.send(method, data, credential)
    except grpc.aio.AioRpcError as error:
        return refusal(error)
    return None


async def test_h41_an_id_that_is_none_is_refused_by_name_everywhere(chat: Service) -> None:
    assert len(UUIDS) == 17
    for method, field in UUIDS:
        for id_ in NO_UUIDS:
            refused = await answer(chat, method, write(valid(method), [field.name], id_))
            assert refused, (method.name, field.name, id_)
            assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
            assert refused.fields[0] in (field.name, f"{field.name}[0]")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
async def test_h37_no_text_is_too_odd_to_be_answered(chat: Service, method: MethodDescriptor) -> None:
    for path in texts(method.input_type):
        for text in ("\x00", "a\x00b", "\x7f\u202e\uffff", "x" * 200_000, "ü" * 100_001):
            refused = await answer(chat, method, write(valid(method), path, text))
            if refused:
                assert refused.code in EXPECTED, (path, text[:10])
            if len(text) > 1000 or "\x00" in text:
                assert refused, (path, text[:10])


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
async def test_bytes_that_are_no_message_are_refused(chat: Service, method: MethodDescriptor) -> None:
    # A tag, a length, a group and a string, each cut off or never closed.
    for data in (b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0b", b"\x0a\x05abc"):
        refused = await answer(chat, method, data)
        assert refused, data
        assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")


async def test_text_that_is_not_utf_8_is_refused(chat: Service) -> None:
    for method in METHODS:
        if "id" in method.input_type.fields_by_name:
            number = method.input_type.fields_by_name["id"].number
            refused = await answer(chat, method, bytes([number << 3 | 2, 2, 0xC3, 0x28]))
            assert refused, method.name
            assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")


async def test_a_batch_of_mistakes_fits_into_the_answer(service: Service) -> None:
    broken = feed_pb2.ApplyRequest(changes=[feed_pb2.Change(user={"id": "x" * 129})] * 1000)
    refused = await service.refused(service.as_service(), broken)
    assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.fields[:2] == ("changes[0].user.id", "changes[1].user.id")


async def test_the_key_of_a_removal_is_required(chat: Service) -> None:
    refused = await chat.refused("ann", pb.RemoveBookmarkRequest())
    assert (refused.code, refused.fields) == (StatusCode.INVALID_ARGUMENT, ("key",))


@pytest.mark.parametrize("number", [0, 4, 99, 2**64 - 1])
async def test_an_enum_has_only_its_values(chat: Service, number: int) -> None:
    varint = b"\xff" * 9 + b"\x01" if number > 127 else bytes([number])
    for request in (pb.CountBookmarksRequest, pb.ListBookmarksRequest):
        tag = bytes([request.DESCRIPTOR.fields_by_name["type"].number << 3])
        method = next(each for each in METHODS if each.input_type.full_name == request.DESCRIPTOR.full_name)
        refused = await answer(chat, method, tag + varint)
        assert refused
        assert (refused.code, refused.fields) == (StatusCode.INVALID_ARGUMENT, ("type",))
        assert refused.message == ("type: is required" if number == 0 else "type: must be one of the values there are")


async def test_a_refusal_repeats_nothing_of_the_input(chat: Service) -> None:
    refused = await chat.refused("ann", pb.SaveBookmarkRequest(target=VALID["target"], note="my secret\x00"))
    assert refused.fields == ("note",)
    assert b"my secret" not in refused.raw
