"""Statements, transactions, and what becomes of the errors of the database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select, text

from chassis.database import (
    Database,
    DatabaseAway,
    DatabaseBusy,
    DatabaseFault,
    DatabaseSettings,
    Statement,
    _translated,
)
from chassis.errors import AlreadyExists, Unavailable

METADATA = MetaData()
THINGS = Table("things", METADATA, Column("id", Integer, primary_key=True), Column("name", Text))
SECRET = "what somebody wrote"


class ThingExists(AlreadyExists):
    """There is one of that name"""

    reason = "THING_EXISTS"


ADD = Statement(
    insert(THINGS).values(id=bindparam("id"), name=bindparam("name", type_=Text)), {"things_name": ThingExists}
)
NAMES = Statement(select(THINGS.c.name).order_by(THINGS.c.id))
SLEEP = Statement(text("select pg_sleep(10)"))


async def connected(url: str, **settings: Any) -> Database:
    return await Database.connect(DatabaseSettings(url, **settings), "tests")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with an empty table."""
    database = await connected(database_url)
    for sql in (
        "drop table if exists things",
        "create table things (id int primary key, name text not null, constraint things_name unique (name))",
        "alter table things add constraint things_short check (length(name) < 100)",
    ):
        await database.rows(Statement(text(sql)))
    yield database
    await database.aclose()


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await database.rows(NAMES)]


def test_a_statement_is_compiled_with_numbered_parameters() -> None:
    statement = Statement(select(THINGS.c.name).where(THINGS.c.id == bindparam("id"), THINGS.c.name == "fixed"))
    assert ["$1" in statement.sql, "$2" in statement.sql, "$3" in statement.sql] == [True, True, False]
    assert statement.arguments({"id": 7, "unused": 1}) == [7, "fixed"]


async def test_rows_a_row_and_a_value(database: Database) -> None:
    assert await database.row(NAMES) is None
    assert await database.value(NAMES) is None
    for number, name in ((2, "b"), (1, "a")):
        await database.rows(ADD, id=number, name=name)
    assert await names(database) == ["a", "b"]
    row = await database.row(NAMES)
    assert row is not None
    assert (row["name"], await database.value(NAMES)) == ("a", "a")


async def test_a_transaction_is_taken_whole_or_not_at_all(database: Database) -> None:
    async with database.begin() as queries:
        await queries.rows(ADD, id=1, name="a")
        assert await names(database) == []

    async def fail_half_way() -> None:
        async with database.begin() as queries:
            await queries.rows(ADD, id=2, name="b")
            raise KeyError

    with pytest.raises(KeyError):
        await fail_half_way()
    assert await names(database) == ["a"]


async def test_a_constraint_with_a_name_is_an_error_with_a_name(database: Database) -> None:
    await database.rows(ADD, id=1, name="a")
    with pytest.raises(ThingExists):
        await database.rows(ADD, id=2, name="a")
    with pytest.raises(ThingExists):
        async with database.begin() as queries:
            await queries.rows(ADD, id=2, name="a")
    assert await names(database) == ["a"]


@pytest.mark.parametrize(
    ("sql", "values", "told"),
    [
        ("insert into things values (1, :name)", {"name": SECRET * 10}, "things_short"),
        ("insert into things values (1, null)", {}, "NotNullViolation"),
        ("select cast(:name as text)::int", {"name": SECRET}, "InvalidTextRepresentation"),
        ("select cast(:name as text)", {"name": SECRET + "\x00"}, "CharacterNotInRepertoire"),
        ("select cast(:name as int)", {"name": SECRET}, "DataError"),
        ("select cast(:name as int)", {"name": 2**40}, "DataError"),
        ("select no_such_column from things", {}, "no_such_column"),
    ],
    ids=range(7),
)
async def test_a_mistake_of_ours_is_loud_but_repeats_no_value(
    database: Database, sql: str, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(DatabaseFault, match=told) as caught:
        await database.rows(Statement(text(sql)), **values)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (asyncpg.DeadlockDetectedError("x"), DatabaseBusy),
        (asyncpg.SerializationError("x"), DatabaseBusy),
        (asyncpg.TooManyConnectionsError("x"), DatabaseBusy),
        (asyncpg.QueryCanceledError("x"), DatabaseBusy),
        (asyncpg.InvalidCachedStatementError("x"), DatabaseBusy),
        (TimeoutError(), DatabaseBusy),
        (asyncpg.ConnectionDoesNotExistError("x"), DatabaseAway),
        (asyncpg.AdminShutdownError("x"), DatabaseAway),
        (asyncpg.CannotConnectNowError("x"), DatabaseAway),
        (asyncpg.ReadOnlySQLTransactionError("x"), DatabaseAway),
        (asyncpg.InvalidPasswordError("x"), DatabaseAway),
        (asyncpg.IdleInTransactionSessionTimeoutError("x"), DatabaseAway),
        (asyncpg.InterfaceError("connection is closed"), DatabaseAway),
        (ConnectionRefusedError(), DatabaseAway),
        (KeyError("not ours"), KeyError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_passes_by_itself_can_be_tried_again(raised: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, _translated():
        raise raised
    assert not isinstance(caught.value, Unavailable) or caught.value.retry_after == 1


async def test_no_statement_takes_forever(database_url: str, database: Database) -> None:
    hasty = await connected(database_url, database_pool_size=1, database_timeout_seconds=0.1)
    for _ in range(2):
        with pytest.raises(DatabaseBusy):
            await hasty.rows(SLEEP)
    assert await names(hasty) == []
    async with hasty.begin():
        with pytest.raises(DatabaseBusy):
            await hasty.rows(NAMES)
        with pytest.raises(DatabaseBusy):
            async with hasty.begin():
                pass
    assert await names(hasty) == await names(database) == []
    await hasty.aclose()


async def test_closing_waits_for_nobody_for_ever(database_url: str) -> None:
    hasty = await connected(database_url, database_timeout_seconds=0.1)
    kept = await hasty._runner.acquire()
    async with asyncio.timeout(5):
        await hasty.aclose()
    with pytest.raises(asyncpg.InterfaceError):
        await kept.execute("select 1")


async def test_a_connection_that_is_cut_is_replaced(database_url: str, database: Database) -> None:
    single = await connected(database_url, database_pool_size=1)
    process = await single.value(Statement(text("select pg_backend_pid()")))
    sleeping = asyncio.ensure_future(single.rows(SLEEP))
    running = Statement(text("select 1 from pg_stat_activity where pid = :pid and query like '%pg_sleep%'"))
    async with asyncio.timeout(10):
        while await database.row(running, pid=process) is None:
            pass
    await database.rows(Statement(text("select pg_terminate_backend(:pid)")), pid=process)
    with pytest.raises(DatabaseAway):
        await sleeping
    assert await names(single) == []
    await single.aclose()


async def test_a_database_that_is_away_is_said_to_be(free_port: Any) -> None:
    with pytest.raises(DatabaseAway):
        await connected(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
