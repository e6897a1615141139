"""Jobs put into the database as they are wanted: no worker touches them."""

import asyncio
from uuid import UUID

import asyncpg
import uuid_utils.compat

from cairn.jobs.v1 import search_pb2
from services.jobs.domain import Owner
from tests.conftest import Stack

INSERT = """
    insert into jobs.jobs (
        id, workspace, user_id, kind, queue, status, input, result_seconds, attempt, max_attempts, created_at, turn,
        next_run_at, completed_at, archive_at, died_at, reason, message, retryable, seq, lease_token, lease_until
    )
    select $1::uuid, $2, $3, 'search', 'interactive', $4, $5,
        3600, case $4 when 'pending' then 0 else 1 end, 3, now(), 0, later, ended, ended + interval '1 hour', ended,
        case $4 when 'error' then 'TIMEOUT' end, case $4 when 'error' then 'It took too long.' end,
        case $4 when 'error' then true end, 1,
        case $4 when 'running' then $1::uuid end, case $4 when 'running' then later end
    from (select case $4 when 'error' then now() end as ended, now() + interval '1 hour' as later) as moments
"""


def put(stack: Stack, workspace: str, status: str, user: str = "mira") -> str:
    """The id of a search for a whale: it waits for an hour (pending), runs for one (running), or is dead (error)."""
    id_ = uuid_utils.compat.uuid7()
    asyncio.run(_put(stack.settings.database_url, id_, Owner(workspace, user), status))
    return str(id_)


async def _put(url: str, id_: UUID, owner: Owner, status: str) -> None:
    wanted = search_pb2.StartSearchRequest(query="whale").SerializeToString()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(INSERT, id_, *owner, status, wanted)
    finally:
        await connection.close()
