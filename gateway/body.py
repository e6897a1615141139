"""Reads a JSON body strictly: what two readers could understand differently is refused."""

import json
from typing import Any

import orjson

MAX_DEPTH = 64


class BodyError(ValueError):
    """The body is no JSON that has one meaning."""


def parse(body: bytes, *, limit_depth: bool = True) -> Any:
    """What JSON text says; nothing at all says {}. Refuses malformed text, a key given twice and absurd nesting.

    The last costs as much as all the rest; what is read into messages that cannot nest deeply does not need it.
    """
    if not body or body.isspace():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyError(f"The body is not valid JSON: {error.msg}") from error
    if not _every_key_kept(body, value):
        _refuse_repeated_keys(body)
    if limit_depth and body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise BodyError(f"The body is nested more than {MAX_DEPTH} deep")
    return value


def _every_key_kept(body: bytes, value: Any) -> bool:
    # The parser keeps the last of two equal keys and does not tell. Every pair has a colon, so with one dropped,
    # fewer colons come back. Only an escape (\u003a) can hide a colon.
    return b"\\u003" not in body and body.count(b":") == orjson.dumps(value).count(b":")


def _refuse_repeated_keys(body: bytes) -> None:
    def pairs(items: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in items]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise BodyError(f"The key {twice!r} is given twice")

    try:
        json.loads(body, object_pairs_hook=pairs)
    except RecursionError as error:
        raise BodyError(f"The body is nested more than {MAX_DEPTH} deep") from error


def _depth(value: Any) -> int:
    depth = 0
    level = [value]
    while level:
        depth += 1
        level = [
            item
            for each in level
            if isinstance(each, (dict, list))
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return depth
