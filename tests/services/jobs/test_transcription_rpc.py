"""TranscriptionService through a real server with the real chain."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from cairn.jobs.v1 import jobs_pb2
from cairn.jobs.v1 import transcription_pb2 as pb
from services.jobs import encode_transcription, store_uploads
from services.jobs.domain_transcription import MAX_BYTES, Segment, Wanted
from tests.services.jobs.client import Refusal, Service, refusal
from tests.services.jobs.hearing import Hearing, parts, sent, written
from tests.services.jobs.library import Library, conversation, membership

NOT_FOUND = Refusal(grpc.StatusCode.NOT_FOUND, "TRANSCRIPT_NOT_FOUND")
NOWHERE = Refusal(grpc.StatusCode.NOT_FOUND, "CONVERSATION_NOT_FOUND")
SAID = (Segment(0.5, 1.25, "one\ntwo"), Segment(3661.0, 3662.0005, "a <b> --> c"))
FORMAT = pb.ExportTranscriptRequest.Format
BLOCKS = "1\n00:00:00,500 --> 00:00:01,250\none two\n\n2\n01:01:01,000 --> 01:01:02,000\na \u2039b\u203a -\u203a c\n"


@pytest.fixture
async def library(service: Service) -> Library:
    """Ann and Bob, in the workspace of the service; nothing has been heard."""
    for table in ("uploads", "transcripts"):
        await service.stage.sql(f"truncate jobs.{table}")
    library = Library(service.parts.database, workspace="w")
    there = [membership("heard", who) for who in ("ann", "bob")]
    user = [{"user": {"id": who, "display_name": who}} for who in ("ann", "bob")]
    await library.feed(conversation("heard"), *user, *there)
    return library


async def refused(service: Service, who: str, sending: Sequence[pb.UploadTranscriptionRequest]) -> Refusal:
    """How an upload fails; nothing of it is kept."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sent(service, who, *sending)
    assert await service.stage.count("uploads") == await service.stage.count("jobs") == 0
    told = refusal(caught.value)
    return Refusal(told.code, told.reason)


async def names(service: Service, who: str, **filters: Any) -> list[str]:
    """The ids of what somebody sees."""
    page = await service.ask(who, pb.ListTranscriptsRequest(**filters))
    return [each.id for each in page.transcripts]


@pytest.mark.usefixtures("library")
async def test_an_upload_is_a_job_and_sent_again_it_is_the_same(service: Service) -> None:
    first = await sent(service, "ann", *parts(b"so", b"und", request_id="key", file_name="a.ogg"))
    again = await sent(service, "ann", *parts(b"sound", request_id="key", file_name="a.ogg"))
    assert (first.kind, first.replayed, again.id, again.replayed) == ("transcription", False, first.id, True)
    [row] = await service.stage.sql("select data, user_id from jobs.uploads")
    assert tuple(row) == (b"sound", "ann")
    claimed = await Hearing(service.stage).claim()
    assert encode_transcription.from_input(claimed.input).name == "a.ogg"
    named = {"request_id": "key", "file_name": "a.ogg"}
    for other in (parts(b"noise", **named), parts(b"sound", **named, language="de")):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await sent(service, "ann", *other)
        assert refusal(caught.value).reason == "IDEMPOTENCY_KEY_REUSED"
    assert await service.stage.count("uploads") == 1


@pytest.mark.usefixtures("library")
async def test_of_an_upload_that_is_refused_nothing_is_kept(service: Service) -> None:
    meta, chunk, end = parts(b"sound")
    wrong = Refusal(grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    for cut in ([], [meta], [meta, chunk], [chunk, end], [meta, meta, end]):
        assert await refused(service, "ann", cut) == wrong
    assert (await refused(service, "ann", [meta, end])).reason == "AUDIO_EMPTY"
    large = [bytes(1 << 20)] * (MAX_BYTES >> 20)
    assert (await refused(service, "ann", parts(*large, b"x"))).reason == "AUDIO_TOO_LARGE"
    for where in ("heard", "never"):
        assert await refused(service, "carl", parts(b"sound", conversation_id=where)) == NOWHERE
    assert (await sent(service, "ann", *parts(*large, conversation_id="heard"))).kind == "transcription"
    assert await service.stage.sql("select sum(length(data)) from jobs.uploads") == [(MAX_BYTES,)]


@pytest.mark.usefixtures("library")
async def test_a_url_is_a_job(service: Service) -> None:
    url = "https://example.org/a/My%20talk.ogg?b=c"
    asked = pb.StartTranscriptionRequest(audio_url=url, conversation_id="heard", language="en-GB", request_id="key")
    first, again = await service.ask("ann", asked), await service.ask("ann", asked)
    assert (first.kind, again.id, again.replayed) == ("transcription", first.id, True)
    wanted = encode_transcription.from_input((await Hearing(service.stage).claim()).input)
    assert wanted == Wanted(url, None, "heard", "en-GB", "My talk.ogg")
    other = pb.StartTranscriptionRequest(audio_url="https://example.org/", request_id="key")
    assert (await service.refused("ann", other)).reason == "IDEMPOTENCY_KEY_REUSED"
    for where in ("heard", "never"):
        asked = pb.StartTranscriptionRequest(audio_url=url, conversation_id=where)
        assert (await service.refused("carl", asked)).reason == "CONVERSATION_NOT_FOUND"


async def test_a_transcript_is_seen_by_its_owner_and_whoever_is_in_its_conversation(
    service: Service, library: Library
) -> None:
    own, shared = await written(service.stage), await written(service.stage, where="heard", segments=SAID)
    seen = await service.ask("bob", pb.GetTranscriptRequest(transcript_id=str(shared.id)))
    assert (seen.user_id, seen.conversation_id, seen.duration_seconds) == ("ann", "heard", 4.5)
    assert [(each.start_seconds, each.end_seconds, each.text) for each in seen.segments] == list(SAID)
    assert await names(service, "bob") == []
    assert await names(service, "bob", conversation_id="heard") == [str(shared.id)]
    assert (await service.refused("bob", jobs_pb2.GetJobRequest(job_id=str(shared.id)))).reason == "JOB_NOT_FOUND"
    remove = pb.DeleteTranscriptRequest(transcript_id=str(shared.id))
    assert (await service.refused("bob", remove)).reason == "TRANSCRIPT_NOT_FOUND"
    await library.feed(membership("heard", "bob", removed=True))
    for id_ in (own.id, shared.id):
        for request in (pb.GetTranscriptRequest, pb.ExportTranscriptRequest, pb.DeleteTranscriptRequest):
            for who in ("bob", service.person("ann", "elsewhere")):
                told = await service.refused(who, request(transcript_id=str(id_)))
                assert Refusal(told.code, told.reason) == NOT_FOUND
    told = await service.refused("bob", pb.ListTranscriptsRequest(conversation_id="heard"))
    assert Refusal(told.code, told.reason) == NOWHERE
    assert await names(service, "ann") == [str(shared.id), str(own.id)]


async def test_what_is_deleted_is_gone(service: Service, library: Library) -> None:
    own, shared, doras = (
        await written(service.stage),
        await written(service.stage, where="heard"),
        await written(service.stage, "dora"),
    )
    await sent(service, "dora", *parts(b"sound"))
    await service.ask("ann", pb.DeleteTranscriptRequest(transcript_id=str(own.id)))
    assert await names(service, "ann") == [str(shared.id)]
    await library.feed({"conversation_deleted": {"id": "heard"}})
    assert await names(service, "ann") == []
    assert await names(service, "dora") == [str(doras.id)]
    await library.feed({"user_deleted": {"id": "dora"}})
    assert [await service.stage.count(table) for table in ("transcripts", "uploads")] == [0, 0]


@pytest.mark.usefixtures("library")
async def test_transcripts_are_listed_by_pages_without_what_was_said(service: Service) -> None:
    made = [str((await written(service.stage, segments=SAID)).id) for _ in range(3)]
    first = await service.ask("ann", pb.ListTranscriptsRequest(page_size=2))
    rest = await service.ask("ann", pb.ListTranscriptsRequest(page_size=2, page_token=first.next_page_token))
    assert [each.id for each in (*first.transcripts, *rest.transcripts)] == made[::-1]
    assert (rest.next_page_token, first.transcripts[0].text, list(first.transcripts[0].segments)) == ("", "", [])
    again = pb.ListTranscriptsRequest(page_token=first.next_page_token)
    assert (await service.refused("bob", again)).reason == "PAGE_TOKEN_INVALID"


async def exported(service: Service, id_: object, form: int) -> tuple[str, str]:
    """A file: of what type, and what stands in it."""
    file = await service.ask("ann", pb.ExportTranscriptRequest(transcript_id=str(id_), format=form))  # type: ignore[arg-type]
    return file.content_type.split(";")[0], file.data.decode()


@pytest.mark.usefixtures("library")
async def test_a_transcript_is_exported_to_the_byte(service: Service) -> None:
    id_ = (await written(service.stage, segments=SAID)).id
    vtt = "WEBVTT\n\n" + BLOCKS.replace(",", ".")
    assert await exported(service, id_, FORMAT.FORMAT_SRT) == ("application/x-subrip", BLOCKS)
    assert await exported(service, id_, FORMAT.FORMAT_VTT) == ("text/vtt", vtt)
    assert await exported(service, id_, FORMAT.FORMAT_TEXT) == ("text/plain", "one two\na <b> --> c\n")
    empty = (await written(service.stage)).id
    media_type, text = await exported(service, empty, FORMAT.FORMAT_JSON)
    told = json.loads(text)
    assert (media_type, told["text"], told["segments"], told["id"]) == ("application/json", "", [], str(empty))
    assert await exported(service, empty, FORMAT.FORMAT_VTT) == ("text/vtt", "WEBVTT\n\n")


@pytest.mark.usefixtures("library")
async def test_uploads_are_forgotten_after_two_days(service: Service) -> None:
    await sent(service, "ann", *parts(b"sound"))
    for age, left in ((timedelta(hours=47, minutes=59), 1), (timedelta(minutes=2), 0)):
        await service.stage.sql("update jobs.uploads set made_at = made_at - $1::interval", age)
        assert await store_uploads.forget(service.parts.database, 10) == 1 - left
        assert await service.stage.count("uploads") == left


@pytest.mark.parametrize(
    "wrong",
    [
        pb.StartTranscriptionRequest(),
        pb.StartTranscriptionRequest(audio_url="http://a/", language="e"),
        pb.StartTranscriptionRequest(audio_url="http://a/", conversation_id=""),
        pb.GetTranscriptRequest(transcript_id="x"),
        pb.ExportTranscriptRequest(transcript_id="x"),
    ],
    ids=range(5),
)
async def test_a_bad_request_is_refused(service: Service, wrong: Message) -> None:
    assert (await service.refused("ann", wrong)).reason == "VALIDATION_FAILED"


@pytest.mark.parametrize("url", ["ftp://a/b", "http://u:p@a/", "file:///etc/passwd", "concat:http://a|http://b"])
async def test_a_bad_url_is_refused(service: Service, url: str) -> None:
    assert (await service.refused("ann", pb.StartTranscriptionRequest(audio_url=url))).reason == "URL_INVALID"
