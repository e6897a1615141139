"""What children do with pictures and PDFs, within limits of memory and time."""

import importlib
import resource
import unicodedata
from pathlib import Path
from typing import Any

import blurhash
from PIL import Image, ImageOps, UnidentifiedImageError

from services.jobs.domain import Failure, JobFailed

MEMORY_BYTES, CPU_SECONDS = 1 << 30, 30
# Onnxruntime reserves more than it uses.
TEXT_MEMORY_BYTES, TEXT_CPU_SECONDS = 3 << 30, 120
MAX_PIXELS = 50_000_000
# What is kept fits into a square of so many pixels, and so many bytes.
LONGEST_SIDE, MAX_BYTES = 1600, 2 << 20
QUALITIES = (80, 60, 40, 20)
THUMBNAIL, COMPONENTS = 32, 4
MODELS_SIDE = 1024
PDF_WIDTH, PDF_LONGEST = 1280, 4000
MAX_TEXT = 20_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO", "TIFF")

IMAGE_BROKEN = Failure("IMAGE_BROKEN", "The picture cannot be read.", False)
IMAGE_UNSUPPORTED = Failure("IMAGE_UNSUPPORTED", "It is no picture of a format that is read here.", False)
IMAGE_TOO_LARGE = Failure("IMAGE_TOO_LARGE", "The picture has more pixels than are read here.", False)
PDF_BROKEN = Failure("PDF_BROKEN", "The PDF cannot be read.", False)
PDF_LOCKED = Failure("PDF_LOCKED", "The PDF asks for a password.", False)
PDF_EMPTY = Failure("PDF_EMPTY", "The PDF has no page.", False)
# As PDFium numbers what can go wrong.
NEEDS_PASSWORD = 4


def made_anew(source: str, to: str) -> tuple[int, int, str]:
    """Write a picture as WebP; its width, height and blurhash."""
    _limit(MEMORY_BYTES, CPU_SECONDS)
    picture = _read(source)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    for quality in QUALITIES:
        # Without what the file says besides: where it was taken, by whom.
        picture.save(to, "WEBP", quality=quality)
        if Path(to).stat().st_size <= MAX_BYTES:
            return picture.width, picture.height, _blurhash(picture)
    raise JobFailed(IMAGE_TOO_LARGE)


def for_models(source: str, to: str) -> None:
    """Write a picture as JPEG on white, which every model reads, and no larger than they look at."""
    _limit(MEMORY_BYTES, CPU_SECONDS)
    picture = _on_white(_read(source))
    picture.thumbnail((MODELS_SIDE, MODELS_SIDE))
    picture.save(to, "JPEG", quality=QUALITIES[0])


def first_page(source: str, to: str) -> bool:
    """Write the first page of a PDF as PNG; False where what it takes is not installed."""
    try:
        pdfium = importlib.import_module("pypdfium2")
    except ImportError:
        return False
    _limit(MEMORY_BYTES, CPU_SECONDS)
    try:
        document = pdfium.PdfDocument(source)
        if not len(document):
            raise JobFailed(PDF_EMPTY)
        page = document[0]
        width, height = page.get_size()
        # A page may say that it is a mile high.
        scale = min(PDF_WIDTH / max(width, 1), PDF_LONGEST / max(height, 1))
        page.render(scale=scale).to_pil().save(to, "PNG")
    except pdfium.PdfiumError as error:
        raise JobFailed(PDF_LOCKED if getattr(error, "err_code", 0) == NEEDS_PASSWORD else PDF_BROKEN) from error
    except (ValueError, OSError, MemoryError) as error:
        raise JobFailed(PDF_BROKEN) from error
    return True


def text_in(source: str) -> str | None:
    """What can be read in a picture, line by line; None where what it takes is not installed."""
    try:
        rapidocr = importlib.import_module("rapidocr")
    except ImportError:
        return None
    _limit(TEXT_MEMORY_BYTES, TEXT_CPU_SECONDS)
    engine = {f"EngineConfig.onnxruntime.{name}": 1 for name in ("intra_op_num_threads", "inter_op_num_threads")}
    # Line by line: in a batch, each would cost as much as the longest.
    found = rapidocr.RapidOCR(params={"Global.log_level": "error", "Rec.rec_batch_num": 1, **engine})(source)
    lines = [_plain(line) for line in found.txts or ()]
    return "\n".join(line for line in lines if line)[:MAX_TEXT]


def _read(source: str) -> Any:
    """The first frame, upright, in plain colours."""
    try:
        with Image.open(source, formats=FORMATS) as file:
            if file.width * file.height > MAX_PIXELS:
                raise JobFailed(IMAGE_TOO_LARGE)
            # Only what is large enough: a photograph is read smaller than it is.
            file.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = _eight_bits(ImageOps.exif_transpose(file))
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UnidentifiedImageError as error:
        raise JobFailed(IMAGE_UNSUPPORTED) from error
    except Image.DecompressionBombError as error:
        raise JobFailed(IMAGE_TOO_LARGE) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, ArithmeticError) as error:
        raise JobFailed(IMAGE_BROKEN) from error


def _eight_bits(picture: Any) -> Any:
    """Greys of 16 bits are cut off at 255 by what converts them, and not scaled."""
    if not picture.mode.startswith("I;16"):
        return picture
    # A grey that stands for what is transparent has 16 bits, too, and would be taken for another one.
    picture.info.pop("transparency", None)
    return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")


def _blurhash(picture: Any) -> str:
    """Of what it looks like on white."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    pixels, width = list(_on_white(small).get_flattened_data()), small.width
    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    return str(blurhash.encode(rows, COMPONENTS, COMPONENTS))


def _on_white(picture: Any) -> Any:
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")


def _plain(line: str) -> str:
    return " ".join("".join(c for c in line if unicodedata.category(c)[0] != "C").split())


def _limit(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
