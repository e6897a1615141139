"""Jobs with their attempts and events, the archive, and the messages that search and other actions read."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = [
    """
    create table jobs.jobs (
        id uuid not null primary key,
        workspace text not null,
        user_id text not null,
        kind text not null,
        queue text not null,
        status text not null,
        input bytea not null,
        result bytea,
        result_seconds integer not null,
        result_expires_at timestamptz,
        reason text,
        message text,
        retryable boolean,
        progress jsonb,
        steps jsonb not null default '[]',
        checkpoint json,
        attempt integer not null default 0,
        max_attempts integer not null,
        crashes integer not null default 0,
        created_at timestamptz not null,
        turn bigint not null,
        next_run_at timestamptz not null,
        started_at timestamptz,
        completed_at timestamptz,
        died_at timestamptz,
        archive_at timestamptz,
        lease_token uuid,
        lease_until timestamptz,
        worker text,
        seq bigint not null default 0,
        dedupe_key text,
        retried_from uuid,
        redriven_as uuid,
        traceparent text not null default '',
        constraint jobs_status check (
            status in ('pending', 'running', 'canceling', 'complete', 'error', 'canceled')
        ),
        constraint jobs_final check ((completed_at is not null) = (status in ('complete', 'error', 'canceled'))),
        constraint jobs_leased check (
            (lease_token is not null) = (status in ('running', 'canceling'))
            and (lease_until is not null) = (lease_token is not null)
        ),
        constraint jobs_died check (died_at is null or status = 'error'),
        constraint jobs_over check ((archive_at is not null) = (completed_at is not null)),
        constraint jobs_result check ((result_expires_at is not null) = (status = 'complete')),
        constraint jobs_attempts check (attempt between 0 and max_attempts)
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)
    """,
    "create index jobs_turn on jobs.jobs (queue, turn, id) where status = 'pending'",
    "create index jobs_due on jobs.jobs (queue, next_run_at) where status = 'pending'",
    "create index jobs_running on jobs.jobs (queue, turn) where lease_token is not null",
    "create index jobs_unfinished on jobs.jobs (workspace, user_id, queue, turn) where completed_at is null",
    "create index jobs_ended on jobs.jobs (workspace, completed_at, id) where completed_at is not null",
    "create index jobs_over on jobs.jobs (archive_at) where archive_at is not null",
    "create index jobs_dead on jobs.jobs (workspace, died_at, id) where died_at is not null",
    "create index jobs_newest on jobs.jobs (workspace, user_id, created_at, id)",
    """
    create unique index jobs_dedupe on jobs.jobs (workspace, user_id, kind, dedupe_key)
    where dedupe_key is not null and completed_at is null
    """,
    """
    create function jobs.final_is_final() returns trigger language plpgsql as $$
    begin
        raise exception 'job % is %, which is final', old.id, old.status using errcode = 'restrict_violation';
    end
    $$
    """,
    """
    create trigger final_is_final before update on jobs.jobs for each row
    when (old.completed_at is not null and new.status is distinct from old.status)
    execute function jobs.final_is_final()
    """,
    """
    create table jobs.attempts (
        job_id uuid not null,
        number integer not null,
        worker text not null,
        started_at timestamptz not null,
        ended_at timestamptz not null,
        reason text,
        message text,
        retryable boolean,
        primary key (job_id, number)
    )
    """,
    """
    create table jobs.events (
        job_id uuid not null,
        seq bigint not null,
        kind text not null,
        payload jsonb not null,
        at timestamptz not null,
        primary key (job_id, seq)
    )
    """,
    """
    create table jobs.requests (
        workspace text not null,
        user_id text not null,
        request_id text not null,
        fingerprint bytea not null,
        job_id uuid not null,
        made_at timestamptz not null,
        primary key (workspace, user_id, request_id)
    )
    """,
    "create index requests_old on jobs.requests (made_at)",
    """
    create table jobs.archive (
        id uuid not null,
        workspace text not null,
        user_id text not null,
        kind text not null,
        status text not null,
        input bytea not null,
        result_expires_at timestamptz,
        reason text,
        message text,
        retryable boolean,
        progress jsonb,
        steps jsonb not null,
        attempt integer not null,
        max_attempts integer not null,
        attempts jsonb not null,
        created_at timestamptz not null,
        started_at timestamptz,
        completed_at timestamptz not null,
        seq bigint not null,
        retried_from uuid,
        redriven_as uuid,
        primary key (id, completed_at)
    ) partition by range (completed_at)
    """,
    "create index archive_ended on jobs.archive (workspace, completed_at, id)",
    "create index archive_newest on jobs.archive (workspace, user_id, created_at, id)",
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
