"""PostgreSQL: SQLAlchemy Core writes the SQL, compiled once a statement; asyncpg runs it, prepared, from a pool.

A single statement runs in autocommit (`Database` itself); `begin()` gives one transaction. Errors of the database are
translated here and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import Executable, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from chassis.cancellation import unless_cancelled
from chassis.errors import CairnError, Unavailable
from chassis.settings import PostgresUrl

# One row, read by column name. asyncpg ships no types.
Row: TypeAlias = Any
DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class DatabaseSettings:
    """Which PostgreSQL, and how it is used."""

    database_url: PostgresUrl
    database_pool_size: int = 10
    # Longest time a statement may run, or wait for a connection.
    database_timeout_seconds: float = 10.0
    # 0 where a connection pooler stands between that shares connections by transaction.
    database_statement_cache: int = 200


class DatabaseAway(Unavailable):
    """The database cannot be reached"""

    reason = "DATABASE_AWAY"


class DatabaseBusy(Unavailable):
    """The database is overloaded"""

    reason = "DATABASE_BUSY"


class DatabaseFault(Exception):
    """A mistake of ours. It goes to the log, and so repeats no value: what people write stands in them."""

    @classmethod
    def of(cls, error: Exception) -> "DatabaseFault":
        """Errors about data (class 22) quote them in their text, others only in their details."""
        state, constraint = getattr(error, "sqlstate", None) or "", getattr(error, "constraint_name", None) or ""
        quotes = isinstance(error, ValueError) or state.startswith("22")
        text = "" if quotes or not error.args else error.args[0]
        return cls(" ".join(filter(None, (type(error).__name__, state, constraint, text))))


class Statement:
    """A Core statement, compiled once. Parameters are given by name when it runs.

    `refusals` names the error to raise where a constraint of that name refuses a row.
    """

    def __init__(self, core: Executable, refusals: Mapping[str, type[CairnError]] | None = None) -> None:
        """Compile for PostgreSQL with numbered parameters."""
        self.refusals = refusals or {}
        compiled = core.compile(dialect=DIALECT)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self._names: list[str] = list(compiled.positiontup or ())
        self._fixed: dict[str, Any] = compiled.params

    def arguments(self, given: dict[str, Any]) -> list[Any]:
        """The values in the order of their numbers: those given, and those written into the statement."""
        fixed = self._fixed
        return [given[name] if name in given else fixed[name] for name in self._names]


class Queries:
    """Runs statements: on any connection of the pool, each by itself, or all in one transaction."""

    def __init__(self, runner: Any, patience: float) -> None:
        """`runner` is a pool or one of its connections; no statement takes longer than `patience` seconds."""
        self._runner = runner
        self._patience = patience

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[Row]:
        async with asyncio.timeout(self._patience):
            rows: list[Row] = await self._runner.fetch(sql, *arguments)
            return rows

    async def rows(self, statement: Statement, **parameters: Any) -> list[Row]:
        """All rows."""
        arguments = statement.arguments(parameters)
        with _translated(statement.refusals):
            return await self._fetch(statement.sql, arguments)

    async def row(self, statement: Statement, **parameters: Any) -> Row | None:
        """The first row, if any."""
        rows = await self.rows(statement, **parameters)
        return rows[0] if rows else None

    async def value(self, statement: Statement, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, **parameters)
        return row[0] if row else None

    async def serialise(self, name: str) -> None:
        """Let others who say the same name wait until this transaction ends."""
        await self.value(_serialise(), name=name)


class Database(Queries):
    """A pool of connections. Made by `connect`; closed by `aclose`."""

    @classmethod
    async def connect(cls, settings: DatabaseSettings, application: str) -> "Database":
        """Open the pool. Connections that the server drops are replaced as they are needed."""
        patience = settings.database_timeout_seconds
        with _translated():
            pool = await asyncpg.create_pool(
                settings.database_url,
                min_size=1,
                max_size=settings.database_pool_size,
                statement_cache_size=settings.database_statement_cache,
                # Also for what begins and ends a transaction.
                command_timeout=patience,
                # Nothing here leaves state on a connection; clearing it would cost a round trip a statement.
                reset=_keep,
                server_settings={
                    "application_name": application,
                    "jit": "off",
                    # Planning costs as much as running here. What a plan must know stands in the statement.
                    "plan_cache_mode": "force_generic_plan",
                    # For statements whose client is gone; ours give up by themselves.
                    "statement_timeout": str(round(patience * 1000)),
                    # For processes that are frozen in a transaction, whose locks others wait for.
                    "idle_in_transaction_session_timeout": str(round(patience * 3000)),
                },
            )
        return cls(pool, patience)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Queries]:
        """One transaction: committed at the end of the block, rolled back if an exception leaves it."""
        with _translated():
            async with asyncio.timeout(self._patience):
                connection = await self._runner.acquire()
            try:
                async with connection.transaction():
                    yield Queries(connection, self._patience)
            except TimeoutError:  # at its end, so that nobody knows how it ended
                unless_cancelled()
                raise
            finally:
                await self._give_back(connection)

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[Row]:
        connection = None
        try:
            async with asyncio.timeout(self._patience):
                connection = await self._runner.acquire()
                rows: list[Row] = await connection.fetch(sql, *arguments)
                return rows
        finally:
            if connection is not None:
                await self._give_back(connection)

    async def _give_back(self, connection: Any) -> None:
        """To the pool, which replaces it if it does not answer any more."""
        # What was asked of it is given up as soon as the server says so, which may be never.
        with suppress(TimeoutError):
            await self._runner.release(connection, timeout=self._patience)

    async def aclose(self) -> None:
        """Wait for what runs, as long as a statement may take, then close every connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._runner.close()


@lru_cache
def _serialise() -> Statement:
    key = func.hashtextextended(bindparam("name", type_=Text), literal_column("0"))
    return Statement(select(func.pg_advisory_xact_lock(key)))


async def _keep(_connection: Any) -> None:
    """Leave a connection that returns to the pool as it is."""


@contextmanager
def _translated(refusals: Mapping[str, type[CairnError]] = MappingProxyType({})) -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if refusal := refusals.get(error.constraint_name or ""):
            raise refusal from error
        raise DatabaseFault.of(error) from None
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.InsufficientResourcesError) as error:
        raise DatabaseBusy(retry_after=1) from error
    except (asyncpg.QueryCanceledError, asyncpg.InvalidCachedStatementError, TimeoutError) as error:
        raise DatabaseBusy(retry_after=1) from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        # After a failover or a change of the password the next connection is a better one.
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.IdleInTransactionSessionTimeoutError,
        OSError,
    ) as error:
        if isinstance(error, ValueError):  # asyncpg's own word for an argument of the wrong type
            raise DatabaseFault.of(error) from None
        raise DatabaseAway(retry_after=1) from error
    except asyncpg.PostgresError as error:
        raise DatabaseFault.of(error) from None
