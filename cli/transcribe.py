"""`cairn transcribe`: what is said in a recording, at a terminal, through the same API that clients use."""

from pathlib import Path
from typing import Any

import click

from cli.following import seen_through
from cli.person import Desk, for_a_person
from cli.problems import Problem

PATH = "/api/v1/actions/transcribe"
# Who sends more than may be sent is told so; all of it need not be read for that.
ENOUGH = 25 * 1024 * 1024 + 1
FORMATS = click.Choice(["text", "json", "srt", "vtt"])


@click.command()
@click.argument("audio")
@click.option("--in", "conversationId", metavar="CONVERSATION", help="Keep it with this conversation, by id.")
@click.option("--language", help="A language tag. [default: en]")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True, help="As what to print it.")
@for_a_person
def transcribe(desk: Desk, audio: str, form: str, **fields: str | None) -> None:
    """Write down what is said in AUDIO: a file, or a URL of http or https. Ctrl-C cancels the work.

    \b
    Examples:
      cairn transcribe examples/lighthouse.ogg --user mira
      cairn transcribe examples/lighthouse.ogg --format srt --user mira > lighthouse.srt
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if audio.startswith(("http://", "https://")):
        request: dict[str, Any] = {"json": {"audioUrl": audio, **given}}
    else:
        request = {"data": given, "files": {"file": _read(Path(audio))}}
    result = seen_through(desk.gateway, PATH, **request)["transcription"]
    where = f"/api/v1/transcripts/{result['transcriptId']}"
    if form in ("srt", "vtt"):
        click.echo(desk.gateway.text("GET", f"{where}/export", params={"format": form}), nl=False)
        return
    transcript = desk.gateway.call("GET", where)["data"]
    said = "\n".join(segment["text"] for segment in transcript["segments"])
    Desk(desk.gateway, desk.as_json or form == "json").show(transcript, said or "Nothing was understood.")


def _read(path: Path) -> tuple[str, bytes]:
    try:
        with path.open("rb") as file:
            return path.name, file.read(ENOUGH)
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
