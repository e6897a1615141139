"""Reads docs/walkthrough.md, runs what it says to type, and compares what comes with what it says will come."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "walkthrough.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^## ([^\n]*)$", re.MULTILINE | re.DOTALL)
MARK = "--- the end of a block ---"


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what the document says they print."""

    heading: str
    command: str
    expected: str = ""


def steps(text: str) -> Iterator[Step]:
    """The shell blocks in order, each with the text block that follows it."""
    heading, command = "", ""
    for kind, content, title in BLOCK.findall(text):
        if command and kind != "text":
            yield Step(heading, command)
        if command and kind == "text":
            yield Step(heading, command, content)
        heading, command = title or heading, content if kind == "sh" else ""
    if command:
        yield Step(heading, command)


def replaced(text: str, others: Mapping[str, str]) -> str:
    """The text with places of this machine instead of those of the document, or the other way round."""
    for old, new in others.items():
        text = text.replace(old, new)
    return text


def run(walk: Sequence[Step], environ: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """Type it all into one shell, which stops at the first command that fails; what each block printed."""
    # What still runs in the background would keep the output open.
    script = "set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n" + "".join(
        f"{replaced(step.command, others)}echo '{MARK}'\n" for step in walk
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=DOCUMENT.parents[1],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    *printed, rest = done.stdout.split(f"{MARK}\n")
    back = {new: old for old, new in others.items()}
    assert len(printed) == len(walk), f"{walk[len(printed)].command}\n{rest}\n{done.stderr}"
    return [replaced(each, back) for each in printed]


def agrees(expected: str, printed: str) -> bool:
    """Whether they say the same, however it is spaced. An ellipsis stands for anything, alone for any lines."""
    return bool(re.fullmatch("".join(map(_pattern, _lines(expected))), "".join(_lines(printed))))


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) + "\n" for line in text.splitlines() if line.strip()]


def _pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*?"
    return re.escape(line).replace("…", ".*")
