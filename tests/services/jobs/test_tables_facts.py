"""The tables of facts as they are in PostgreSQL: what tables_facts.py says, and how vectors are kept."""

from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from services.jobs.tables import SCHEMA, metadata
from services.jobs.tables_facts import HalfVector, conversations, memberships, messages, users
from services.jobs.tables_memories import memories, memory_marks

OURS = {table.name for table in (users, conversations, memberships, messages, memories, memory_marks)}


def differences(connection: Connection) -> list[Any]:
    def ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == SCHEMA
        return (name if kind == "table" else parents["table_name"]) in OURS

    connection.dialect.ischema_names["halfvec"] = lambda _size: HalfVector()  # type: ignore[attr-defined]
    options = {"include_schemas": True, "include_name": ours, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return [each for each in found if not (each[0] == "add_table" and each[1].name not in OURS)]


async def test_the_migrations_make_what_tables_say(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert [each for each in found if not (each[0] == "add_index" and each[1].table.name not in OURS)] == []


async def test_vectors_are_kept_in_the_row(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    kept = "select attstorage, format_type(atttypid, atttypmod) as type from pg_attribute where attname = 'vector'"
    row = await connection.fetchrow(f"{kept} and attrelid = 'jobs.messages'::regclass")
    await connection.close()
    assert tuple(row) == (b"p", "halfvec(384)")
