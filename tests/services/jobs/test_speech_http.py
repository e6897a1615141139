"""The client of a model that hears, against a real server that speaks OpenAI's protocol."""

from pathlib import Path
from typing import Any

import pytest

from services.jobs.domain_model import ModelAnswerInvalid, ModelAway
from services.jobs.speech_http import HttpSpeech
from tests.services.jobs.chat_server import Fault, chat_serving

SAID: dict[str, Any] = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.5,
    "text": "Good morning. And good night.",
    "segments": [
        {"id": 1, "start": 1.5, "end": 2.5, "text": " And good night.", "tokens": [1]},
        {"id": 0, "start": 0, "end": 1.5, "text": " Good morning.", "tokens": [2]},
    ],
}
WRONG = [
    [],
    {"text": "Good morning."},
    {"segments": [{"start": "x", "end": 1, "text": ""}]},
    {"segments": [{"start": 2, "end": 1, "text": ""}]},
    {"segments": [{"start": 1, "end": 2, "text": "a\0b"}]},
    {"segments": [{"start": -1, "end": 2, "text": ""}]},
]


async def test_a_file_is_sent_and_its_segments_come_in_order(tmp_path: Path) -> None:
    audio = tmp_path / "what I said to the doctor.ogg"
    audio.write_bytes(b"OggS" + bytes(range(256)) * 1000)
    async with chat_serving() as server:
        server.says = lambda _: SAID
        speech = HttpSpeech(server.url, server.key, "ears", 10)
        heard = await speech.hear(audio)
        await speech.aclose()
    assert [tuple(each) for each in heard.segments] == [(0, 1.5, "Good morning."), (1.5, 2.5, "And good night.")]
    assert heard.language == "english"
    assert server.heads == [("/v1/audio/transcriptions", "Bearer a-key")]
    form = server.asked[0]["form"]
    assert audio.read_bytes() in form
    for part in (b'filename="audio.ogg"', b"\r\n\r\nears\r\n", b"\r\n\r\nverbose_json\r\n", b"\r\n\r\nsegment\r\n"):
        assert part in form
    assert b"doctor" not in form


async def test_answers_that_go_wrong(tmp_path: Path) -> None:
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF")
    async with chat_serving() as server:
        speech = HttpSpeech(server.url, server.key, "ears", 10)
        for said in WRONG:
            server.says = lambda _, said=said: said  # type: ignore[misc]
            with pytest.raises(ModelAnswerInvalid):
                await speech.hear(audio)
        server.fault = Fault.ENDLESS
        with pytest.raises(ModelAnswerInvalid):
            await speech.hear(audio)
        server.fault, server.status = None, 503
        with pytest.raises(ModelAway):
            await speech.hear(audio)
        await speech.aclose()
