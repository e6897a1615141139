"""A service of ours with the best cache there could be: it has everything, and nothing ever changes.

With BENCH_FRESH it asks Redis each time whether that is so. Without, another replica's write is seen a little later.
"""

import importlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis

READS = {
    "services.presence": (("services.presence.store", "live"), ("services.presence.store_people", "read")),
    "services.jobs": (("services.jobs.store_job_infos", "page"),),
}


def remembered(read: Callable[..., Awaitable[Any]], redis: Redis | None) -> Callable[..., Awaitable[Any]]:
    """The same, which asks the database only the first time."""
    kept: dict[str, Any] = {}

    async def again(_: object, *asked: object) -> Any:
        key = repr(asked)
        if redis is not None:
            await redis.get(key)
        if key not in kept:
            kept[key] = await read(_, *asked)
        return kept[key]

    return again


def main() -> None:
    """Start."""
    service = os.environ["BENCH_SERVICE"]
    redis = Redis.from_url(os.environ["CAIRN_REDIS_URL"]) if os.environ["BENCH_FRESH"] else None
    for module, name in READS[service]:
        store = importlib.import_module(module)
        setattr(store, name, remembered(getattr(store, name), redis))
    importlib.import_module(f"{service}.__main__").main()


if __name__ == "__main__":
    main()
