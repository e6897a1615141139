"""Reads a multipart form as its bytes come: fields first, then one file, of which no more is kept than just came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import HttpError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART = "multipart/form-data"
FILE = "file"
# Bytes of a form beside its file: fields, headers of parts, boundaries.
OVERHEAD = 64 << 10
# Transfer encodings that change nothing.
PLAIN = ("", "7bit", "8bit", "binary")


@dataclass(slots=True)
class Form:
    """What was sent. `file` has `file_name` and `media_type`, once the file has begun; its bytes collect in `data`."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    file: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)


class FormReader:
    """Reads one form."""

    def __init__(self, content_type: str, file_limit: int) -> None:
        """`content_type` is the header, with the boundary; raises HttpError where it has none."""
        self.form = Form()
        self._parser = _parser(content_type, self)
        self._file_limit = file_limit
        self._size = self._file_size = 0
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[str, str] = {}
        # The field that is being read; empty in the file.
        self._name = ""
        self._text = bytearray()
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Read on; raises HttpError where this is no form, or too large."""
        self._size += len(data)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise malformed("The form is not valid multipart/form-data") from error
        if self._file_size > self._file_limit:
            raise file_too_large(self._file_limit)
        if self._size - self._file_size > OVERHEAD:
            raise HttpError(413, "BODY_TOO_LARGE", f"A form may have {OVERHEAD} bytes beside its file")

    def end(self) -> None:
        """There is no more; raises HttpError where there should be."""
        if not self._ended:
            raise malformed("The form ends before its last boundary")
        if not self.form.file:
            raise HttpError(400, "FILE_MISSING", f"The form has no file: it is sent as the part {FILE!r}, the last one")

    def on_part_begin(self) -> None:
        """Called by the parser, as are the others."""
        self._headers = {}

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        name = self._header.decode("latin-1").lower()
        if name in self._headers:
            raise malformed(f"A part has the header {name} twice")
        self._headers[name] = self._value.decode("latin-1").strip()
        self._header, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get("content-disposition"))
        if disposition != b"form-data" or b"name" not in options:
            raise malformed("A part has no Content-Disposition of form-data with a name")
        if self._headers.get("content-transfer-encoding", "").lower() not in PLAIN:
            raise malformed("A part has a Content-Transfer-Encoding: send it as it is")
        name = _text(options[b"name"], "A part's name")
        if self.form.file:
            raise HttpError(400, "PART_AFTER_FILE", f"{name}: no part may follow the file; fields come before it")
        if b"filename" in options:
            self._begin_file(name, _text(options[b"filename"], "The file's name"))
        else:
            self._name, self._text = name, bytearray()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.form.file:
            self._file_size += end - start
            self.form.data += data[start:end]
        else:
            self._text += data[start:end]

    def on_part_end(self) -> None:
        if not self.form.file:
            self.form.fields.append((self._name, _text(bytes(self._text), f"The field {self._name!r}")))

    def on_end(self) -> None:
        self._ended = True

    def _begin_file(self, name: str, file_name: str) -> None:
        if name != FILE:
            raise HttpError(400, "FILE_UNKNOWN", f"{name}: is no file here; the file is sent as the part {FILE!r}")
        media_type, _ = parse_options_header(self._headers.get("content-type"))
        # Some clients send the whole path of the file on their disk.
        self.form.file = {"file_name": file_name.rpartition("/")[2], "media_type": media_type.decode("latin-1")}


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether the body is said to be a form."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


def malformed(text: str) -> HttpError:
    """The error for what is no form."""
    return HttpError(400, "MALFORMED_FORM", text)


def file_too_large(limit: int) -> HttpError:
    """The error for a file beyond the limit."""
    return HttpError(413, "FILE_TOO_LARGE", f"The file is larger than the {limit} bytes that it may have")


def _parser(content_type: str, reader: FormReader) -> MultipartParser:
    _, options = parse_options_header(content_type)
    if not options.get(b"boundary"):
        raise malformed("The Content-Type has no boundary")
    callbacks: MultipartCallbacks = {
        "on_part_begin": reader.on_part_begin,
        "on_header_field": reader.on_header_field,
        "on_header_value": reader.on_header_value,
        "on_header_end": reader.on_header_end,
        "on_headers_finished": reader.on_headers_finished,
        "on_part_data": reader.on_part_data,
        "on_part_end": reader.on_part_end,
        "on_end": reader.on_end,
    }
    try:
        return MultipartParser(options[b"boundary"], callbacks)
    except FormParserError as error:
        raise malformed("The Content-Type has no valid boundary") from error


def _text(data: bytes, called: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise malformed(f"{called} is not UTF-8") from None
