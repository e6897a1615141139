"""Whether a schema is as its migrations make it, which it is at nearly every start; if not, Alembic brings it there."""

from pathlib import Path

import asyncpg


async def migrate(database_url: str, folder: Path, schema: str) -> None:
    """Bring `schema` up to date with the migrations in `folder`; replicas that start together wait for one.

    A database that is still starting is waited for, 30 s at most; one that does not let us in is a SettingsError.
    """
    if not await _is_current(database_url, folder, schema):
        from chassis.upgrade import upgrade  # noqa: PLC0415 - what it imports takes a third of a start

        await upgrade(database_url, folder, schema)


async def _is_current(database_url: str, folder: Path, schema: str) -> bool:
    """Files are named after their revisions, which are numbered: the last one is the version."""
    latest = max(path.stem for path in (folder / "versions").glob("*.py")).partition("_")[0]
    try:
        connection = await asyncpg.connect(database_url)
        try:
            known = await connection.fetchval(f'select version_num from "{schema}".alembic_version')  # noqa: S608
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # told well by what follows
        return False
    return bool(known == latest)
