"""Pictures and PDFs, such as anybody may have made them."""

import asyncio
import io
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from services.jobs import picture_work, pictures
from services.jobs.domain import JobFailed
from services.jobs.domain_links import StepSkipped

pytest.importorskip("rapidocr", reason="the extra `capture` is not installed")
pytest.importorskip("pypdfium2")


def _bytes(image: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    return _bytes(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif)


PNG = _bytes(Image.new("RGB", (64, 32), "red"), "PNG")
# It says that it is 60,000 pixels wide and high.
HEADER = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + PNG[24:29]
HUGE = PNG[:12] + HEADER + zlib.crc32(HEADER).to_bytes(4, "big") + PNG[33:]
FRAMES = [Image.new("P", (8, 8), colour) for colour in (1, 2, 3)]
READ: dict[str, tuple[bytes, str]] = {
    "plain": (PNG, "RGB 64x32"),
    "turned": (_turned(), "RGB 20x40"),
    "see-through": (_bytes(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"), "RGBA 9x9"),
    "print": (_bytes(Image.new("CMYK", (9, 9)), "JPEG"), "RGB 9x9"),
    "film": (_bytes(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "RGB 8x8"),
    "deep": (_bytes(Image.new("I;16", (5, 5)), "PNG"), "RGB 5x5"),
    "cut": (PNG[:60], "IMAGE_BROKEN"),
    "cut-photograph": (_bytes(Image.effect_noise((200, 200), 50), "JPEG")[:900], "IMAGE_BROKEN"),
    "bomb": (HUGE, "IMAGE_TOO_LARGE"),
    "words": (b"<html>no picture</html>", "IMAGE_UNSUPPORTED"),
    "drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "IMAGE_UNSUPPORTED"),
    "script": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "IMAGE_UNSUPPORTED"),
    "nothing": (b"", "IMAGE_UNSUPPORTED"),
}


@pytest.mark.parametrize("name", READ)
def test_pictures_are_read_or_refused(name: str, tmp_path: Path) -> None:
    data, expected = READ[name]
    source = tmp_path / "source"
    source.write_bytes(data)
    try:
        found = picture_work._read(str(source))
        told = f"{found.mode} {found.width}x{found.height}"
    except JobFailed as failed:
        told = failed.failure.reason
    assert told == expected


def test_greys_of_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    source = tmp_path / "deep.png"
    source.write_bytes(_bytes(Image.new("I;16", (5, 5), 0x4000), "PNG"))
    assert picture_work._read(str(source)).getpixel((0, 0)) == (0x40, 0x40, 0x40)
    # Another grey is transparent.
    source.write_bytes(_bytes(Image.new("I;16", (5, 5), 0x4000), "PNG", transparency=0x40))
    assert picture_work._read(str(source)).convert("RGBA").getpixel((0, 0)) == (0x40, 0x40, 0x40, 255)


async def test_a_picture_is_made_anew_and_small(tmp_path: Path) -> None:
    source, to = tmp_path / "source", tmp_path / "to.webp"
    secret = Image.Exif()
    secret[0x010E] = "where I live"
    Image.effect_noise((4000, 3000), 90).convert("RGB").save(source, "JPEG", quality=95, exif=secret)
    made = await pictures.picture(source, to)
    assert (made.media_type, made.width, made.height) == ("image/webp", 1600, 1200)
    data = to.read_bytes()
    assert data[8:12] == b"WEBP"
    assert len(data) <= 2 << 20
    assert b"where I live" not in data
    # Of 4 x 4 components, as blurha.sh has it.
    assert len(made.blurhash) == 4 + 2 * 16
    with Image.open(to) as kept:
        assert kept.size == (1600, 1200)


async def test_what_is_written_in_a_pdf_can_be_read(tmp_path: Path) -> None:
    page, source, to = Image.new("RGB", (600, 300), "white"), tmp_path / "a.pdf", tmp_path / "a.png"
    font = ImageFont.load_default(48)
    ImageDraw.Draw(page).text((40, 100), "House rules", font=font, fill="black")
    page.save(source, "PDF")
    await pictures.pdf_page(source, to)
    with Image.open(to) as shown:
        assert shown.width == picture_work.PDF_WIDTH
    assert await pictures.read_text(to) == "House rules"


async def test_broken_pdfs_fail(tmp_path: Path) -> None:
    for name, data in (("words", b"no PDF"), ("cut", b"%PDF-1.7\n1 0 obj\n<<"), ("nothing", b"")):
        (tmp_path / name).write_bytes(data)
    failed = await asyncio.gather(
        *(pictures.pdf_page(tmp_path / name, tmp_path / "out") for name in ("words", "cut", "nothing")),
        return_exceptions=True,
    )
    assert [each.failure.reason for each in failed if isinstance(each, JobFailed)] == ["PDF_BROKEN"] * 3


async def test_what_is_not_installed_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(*_: object) -> None:
        return None

    monkeypatch.setattr(pictures, "run_in_child", none)
    with pytest.raises(StepSkipped) as skipped:
        await pictures.read_text(tmp_path / "a")
    assert (skipped.value.reason, "capture" in skipped.value.message) == ("OCR_MISSING", True)
    with pytest.raises(StepSkipped) as skipped:
        await pictures.pdf_page(tmp_path / "a", tmp_path / "b")
    assert skipped.value.reason == "PDF_MISSING"
