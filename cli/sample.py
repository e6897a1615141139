"""The sample workspace of examples/, loaded once into a database that was empty."""

import asyncio
from pathlib import Path

import asyncpg

from cli.changes import send_changes
from cli.feed import feeder
from cli.problems import Problem
from cli.settings import Session
from cli.stack.supervisor import say

SAMPLE = Path(__file__).parents[1] / "examples" / "workspace.ndjson"
PENDING = "sample.pending"


def note_if_empty(session: Session) -> None:
    """Write down that the sample is wanted, if nothing was ever made in the database.

    On disk, since the services make their tables next: a start that breaks off before the sample is in would
    otherwise take the database for one in use.
    """
    if asyncio.run(_is_empty(session.settings.database_url)):
        (session.settings.data_dir / PENDING).touch()


def load_if_wanted(session: Session) -> None:
    """Send the sample through the gateway, as a host application would."""
    pending = session.settings.data_dir / PENDING
    if not pending.exists() or not SAMPLE.exists():
        return
    with feeder(session) as gateway, SAMPLE.open("rb") as lines:
        sent = sum(send_changes(gateway, lines, 1, say))
    pending.unlink()
    say(f"loaded the sample workspace ({sent} changes) into the empty database")


async def _is_empty(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        raise Problem(f"The database of CAIRN_DATABASE_URL cannot be used: {error}") from error
    try:
        tables = "SELECT 1 FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
        return not await connection.fetchval(tables)
    finally:
        await connection.close()
