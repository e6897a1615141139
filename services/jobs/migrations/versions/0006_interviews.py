"""Job descriptions, interviews about them, and how many a person may have."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = [
    """
    create table jobs.job_infos (
        workspace text not null,
        user_id text not null,
        id uuid not null,
        name text not null,
        title text,
        description text not null,
        level text not null,
        version integer not null default 1,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (workspace, user_id, id)
    )
    """,
    "create index job_infos_changed on jobs.job_infos (workspace, user_id, updated_at, id)",
    """
    create table jobs.interviews (
        workspace text not null,
        user_id text not null,
        id uuid not null,
        job_info_id uuid not null,
        job_id uuid not null,
        difficulty text,
        question_count smallint not null,
        extractor text,
        duration interval not null default '0',
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (workspace, user_id, id),
        constraint interviews_job_info foreign key (workspace, user_id, job_info_id)
            references jobs.job_infos (workspace, user_id, id) on delete cascade
    )
    """,
    "create index interviews_changed on jobs.interviews (workspace, user_id, job_info_id, updated_at, id)",
    """
    create table jobs.questions (
        workspace text not null,
        user_id text not null,
        interview_id uuid not null,
        number smallint not null,
        text text not null,
        difficulty text not null,
        primary key (workspace, user_id, interview_id, number),
        constraint questions_interview foreign key (workspace, user_id, interview_id)
            references jobs.interviews (workspace, user_id, id) on delete cascade
    )
    """,
    """
    create table jobs.allowances (
        workspace text not null,
        user_id text not null,
        full_at timestamptz not null,
        used integer not null default 0,
        primary key (workspace, user_id)
    )
    """,
]


def upgrade() -> None:
    """Make everything."""
    for statement in TABLES:
        op.execute(statement)
