"""Captions of pictures, by a model behind a real socket."""

import base64
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from services.jobs.asking import Asking
from services.jobs.caption import caption
from services.jobs.domain import JobFailed, Owner
from services.jobs.domain_links import StepSkipped
from services.jobs.model_http import HttpChatModel
from tests.services.jobs.chat_server import Fault, chat_serving
from tests.services.jobs.stage import Stage

SOMEBODY = Owner("w", "ann")


async def test_a_model_says_what_is_to_be_seen(stage: Stage, tmp_path: Path) -> None:
    picture = tmp_path / "a.webp"
    Image.new("RGBA", (2000, 500), (0, 0, 0, 0)).save(picture)
    async with chat_serving() as server:
        server.says = lambda _: {"caption": "  A lighthouse\nat night. "}
        model = HttpChatModel(server.url, server.key, "sees", 5.0)
        asking = Asking(stage.database, model, 0, lambda: datetime.now(UTC))
        assert await caption(asking, SOMEBODY, picture) == "A lighthouse at night."
        _, shown = server.asked[0]["messages"][1]["content"]
        sent = shown["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
        # Small, and on white, whatever it was.
        with Image.open(io.BytesIO(base64.b64decode(sent))) as seen:
            assert (seen.format, seen.size, seen.getpixel((5, 5))) == ("JPEG", (1024, 256), (255, 255, 255))
        for fault, reason in ((Fault.REFUSAL, "MODEL_REFUSED"), (Fault.WRONG_SHAPE, "MODEL_ANSWER_INVALID")):
            server.fault = fault
            with pytest.raises(JobFailed) as failed:
                await caption(asking, SOMEBODY, picture)
            assert failed.value.failure.reason == reason
        await model.aclose()


async def test_without_a_model_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StepSkipped) as skipped:
        await caption(None, SOMEBODY, tmp_path / "a.webp")
    assert skipped.value.reason == "CAPTION_MODEL_MISSING"
