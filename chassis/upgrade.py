"""Alembic, per service: each owns one PostgreSQL schema and the migrations that make it."""

import asyncio
import time
from functools import partial
from pathlib import Path

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.settings import SettingsError

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.5
# PostgreSQL's own codes. Wrong name or password; no such database.
NOT_LET_IN = ("28", "3D")
STARTING = "57P03"


async def upgrade(database_url: str, folder: Path, schema: str) -> None:
    """As chassis.migrations says, under a lock."""
    # asyncpg itself reads the address: SQLAlchemy would not understand `?sslmode=require`.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(asyncpg.connect, database_url), poolclass=NullPool
    )
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            async with engine.connect() as connection:
                await connection.run_sync(_upgrade, folder, schema)
                return
        except (OSError, DBAPIError) as error:
            state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
            if state.startswith(NOT_LET_IN):
                raise SettingsError(f"Cannot start:\n  - CAIRN_DATABASE_URL: {getattr(error, 'orig', '')}") from error
            if time.monotonic() > give_up or not (isinstance(error, OSError) or state == STARTING):
                raise
            structlog.get_logger().info("waiting for the database", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)


def _upgrade(connection: Connection, folder: Path, schema: str) -> None:
    # Held until the connection closes. A lock of the session and not of a transaction: each migration commits.
    connection.execute(text("select pg_advisory_lock(hashtextextended(:name, 0))"), {"name": f"cairn.{schema}"})
    # A migration that would wait behind a long query gives up instead of holding up everybody else.
    connection.execute(text("set lock_timeout = '5s'"))
    connection.execute(text(f'create schema if not exists "{schema}"'))
    connection.commit()
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes.update(connection=connection, schema=schema)
    command.upgrade(config, "head")
    connection.commit()
