"""The tables as they are in PostgreSQL: what tables.py says, what cannot be written (row G-A11), and the tallies."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import DatabaseFault
from services.bookmarks.tables import SCHEMA, metadata
from tests.services.bookmarks.client import NOBODYS_ID, Service

INSERT = """
    insert into bookmarks.bookmarks (id, workspace, user_id, target_type, target_id, state, collection_id)
    select gen_random_uuid(), :workspace, :user, :type, 'target-' || n, :state, cast(:collection as uuid)
    from generate_series(1, :number) n
"""
ROW: dict[str, Any] = {"user": "ann", "type": "message", "state": "open", "collection": None, "number": 1}
TALLIES = """
    select target_type, total from bookmarks.tallies where workspace = :workspace and total <> 0 order by target_type
"""
COUNTS = """
    select target_type, count(*) as total from bookmarks.bookmarks where workspace = :workspace
    group by target_type order by target_type
"""


def differences(connection: Connection) -> list[Any]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return name == SCHEMA if kind == "schema" else name != "alembic_version"

    options = {"include_schemas": True, "include_name": ours, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_migrations_make_what_tables_says(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize(
    "wrong", [{"type": "nonsense"}, {"type": None}, {"state": "nonsense"}, {"collection": NOBODYS_ID}]
)
async def test_ga11_a_row_that_means_nothing_cannot_be_written(service: Service, wrong: dict[str, Any]) -> None:
    with pytest.raises(DatabaseFault):
        await service.execute(INSERT, **ROW | wrong)


async def test_a02_a_target_is_there_once(service: Service) -> None:
    await service.execute(INSERT, **ROW)
    with pytest.raises(DatabaseFault, match="bookmarks_target"):
        await service.execute(INSERT, **ROW)
    await service.execute(INSERT, **ROW | {"type": "file"})
    await service.execute(INSERT, **ROW | {"user": "bob"})


async def test_tallies_follow_every_statement(service: Service) -> None:
    async def agree() -> list[tuple[str, int]]:
        counted = [tuple(row) for row in await service.execute(COUNTS)]
        assert [tuple(row) for row in await service.execute(TALLIES)] == counted
        return counted

    for type_, number in (("message", 100), ("file", 7)):
        await service.execute(INSERT, **ROW | {"type": type_, "number": number})
    assert await agree() == [("file", 7), ("message", 100)]
    await service.execute(
        "delete from bookmarks.bookmarks where workspace = :workspace and target_id in ('target-1', 'target-2')"
    )
    assert await agree() == [("file", 5), ("message", 98)]
    await service.execute("update bookmarks.bookmarks set note = 'x' where workspace = :workspace")
    assert await agree() == [("file", 5), ("message", 98)]
    await service.execute("delete from bookmarks.bookmarks where workspace = :workspace")
    assert await agree() == []
