"""Pictures of links."""

from typing import NamedTuple


class Picture(NamedTuple):
    """As it came from the worker."""

    kind: str
    data: bytes
    media_type: str
    width: int
    height: int
    blurhash: str
