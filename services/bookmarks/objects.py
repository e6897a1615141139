"""Where pictures lie: a folder that all replicas share, or a bucket that speaks S3."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from chassis.errors import Unavailable
from chassis.settings import Rule

# Of one operation, with all that is tried again in it. Shorter than a transaction may rest.
PATIENCE_SECONDS = 10.0


class ObjectsAway(Unavailable):
    """The store of pictures cannot be reached"""

    reason = "OBJECTS_AWAY"


@dataclass(frozen=True)
class ObjectsSettings:
    """Which store. What is empty is found as Amazon's own tools find it."""

    objects_url: Annotated[
        str, Rule(lambda url: url.startswith(("/", "s3://")), "must be the absolute path of a folder, or s3://…")
    ]
    objects_endpoint: str = ""
    objects_region: str = ""
    objects_access_key: str = ""
    objects_secret_key: str = ""


class Objects:
    """The store. Names are relative paths; nothing is ever seen half written."""

    def __init__(self, settings: ObjectsSettings) -> None:
        """Open it; a folder is made where there is none."""
        self._folder = None if settings.objects_url.startswith("s3://") else Path(settings.objects_url)
        self._store = _bucket(settings) if self._folder is None else _local(self._folder)

    async def put(self, name: str, data: bytes) -> None:
        """Write it, over what is there under this name."""
        async with _within_reach():
            await self._store.put_async(name, data, use_multipart=False)

    async def get(self, name: str) -> bytes | None:
        """What is there; None where there is nothing."""
        async with _within_reach():
            try:
                found = await self._store.get_async(name)
            except FileNotFoundError:
                return None
            return bytes(await found.bytes_async())

    async def delete(self, name: str) -> None:
        """Take it away; it need not be there."""
        async with _within_reach():
            if self._folder:
                await asyncio.to_thread(_clear, self._folder, name)
                return
            try:
                await self._store.delete_async(name)
            except FileNotFoundError:
                return


@asynccontextmanager
async def _within_reach() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    except (BaseError, OSError, TimeoutError) as error:
        raise ObjectsAway(retry_after=5) from error


def _local(folder: Path) -> LocalStore:
    return LocalStore(folder, mkdir=True)


def _clear(folder: Path, name: str) -> None:
    """With what a process that was killed has left half written beside it, and the folder if nothing is left in it."""
    path = folder / name
    for each in (path, *path.parent.glob(f"{path.name}#*")):
        each.unlink(missing_ok=True)
    with suppress(OSError):  # not empty, or away already
        path.parent.rmdir()


def _bucket(settings: ObjectsSettings) -> S3Store:
    given = {
        "endpoint": settings.objects_endpoint,
        "region": settings.objects_region,
        "access_key_id": settings.objects_access_key,
        "secret_access_key": settings.objects_secret_key,
    }
    # One by one, which all that speak S3 understand.
    config: Any = {"disable_bulk_delete": True, **{name: value for name, value in given.items() if value}}
    return S3Store.from_url(
        settings.objects_url,
        config=config,
        client_options={"timeout": "5s", "allow_http": settings.objects_endpoint.startswith("http://")},
        retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=PATIENCE_SECONDS)},
    )
