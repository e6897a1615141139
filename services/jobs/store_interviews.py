"""Interviews and their questions in PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Interval,
    Select,
    SmallInteger,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Queries, Row, Statement
from services.jobs.domain import Owner
from services.jobs.domain_interviews import Brief, Difficulty, Interview, JobInfoNotFound, Level, Question, Status
from services.jobs.domain_interviews import Wanted as Asked
from services.jobs.domain_views import Position
from services.jobs.store_job_infos import USER, WORKSPACE, follows
from services.jobs.store_moves import NOW, UNFINISHED
from services.jobs.tables import jobs
from services.jobs.tables_interviews import allowances, interviews, job_infos, questions

c, q = interviews.c, questions.c
OWN = (c.workspace == WORKSPACE, c.user_id == USER)
THIS = c.id == bindparam("id", type_=Uuid)
ASKED = (q.workspace == WORKSPACE, q.user_id == USER, q.interview_id == bindparam("id", type_=Uuid))
JOB = bindparam("job", type_=Uuid)


async def create(queries: Queries, owner: Owner, id_: UUID, job_id: UUID, asked: Asked) -> None:
    """An interview that a job prepares; raises JobInfoNotFound where what it is about is not the person's, or gone."""
    values = {"about": asked.job_info_id, "difficulty": asked.difficulty, "count": asked.question_count}
    await queries.rows(_create(), **owner._asdict(), id=id_, job=job_id, **values)


async def get(queries: Queries, owner: Owner, id_: UUID) -> Interview | None:
    """One of a person's, without its questions."""
    row = await queries.row(_get(), **owner._asdict(), id=id_)
    return row and _to_interview(row)


async def asked(queries: Queries, owner: Owner, id_: UUID) -> Sequence[Question]:
    """The questions of an interview, in order."""
    rows = await queries.rows(_asked(), **owner._asdict(), id=id_)
    return [Question(row["text"], Difficulty(row["difficulty"])) for row in rows]


async def page(
    queries: Queries, owner: Owner, job_info_id: UUID, after: Position | None, size: int
) -> Sequence[Interview]:
    """The interviews about a job that come after a position, the one that was changed last first."""
    at, id_ = after or (None, None)
    rows = await queries.rows(_page(), **owner._asdict(), about=job_info_id, at=at, after=id_, size=size)
    return [_to_interview(row) for row in rows]


async def set_duration(queries: Queries, owner: Owner, id_: UUID, duration: timedelta) -> bool:
    """Say how long an interview took; tells whether it was there."""
    return bool(await queries.rows(_set_duration(), **owner._asdict(), id=id_, duration=duration))


async def remove(queries: Queries, owner: Owner, id_: UUID) -> bool:
    """Delete an interview with its questions; tells whether it was there."""
    return bool(await queries.rows(_remove(), **owner._asdict(), id=id_))


async def begin(queries: Queries, owner: Owner, id_: UUID, job_id: UUID) -> Brief | None:
    """What the questions are to be made from, which this job does from now on; None where the interview is gone."""
    row = await queries.row(_begin(), **owner._asdict(), id=id_, job=job_id)
    if row is None:
        return None
    wanted = row["difficulty"] and Difficulty(row["difficulty"])
    title = row["title"] or row["name"]
    return Brief(Level(row["level"]), title, row["description"], wanted, row["question_count"])


async def keep(queries: Queries, owner: Owner, id_: UUID, extractor: str, made: Sequence[Question]) -> bool:
    """Keep the questions, in a transaction, unless there are some; tells whether the interview is there."""
    row = await queries.row(_lock(), **owner._asdict(), id=id_)
    if row is None:
        return False
    if row["extractor"] is None:
        texts, hardness = [each.text for each in made], [each.difficulty.value for each in made]
        await queries.rows(_ask(), **owner._asdict(), id=id_, texts=texts, hardness=hardness)
        await queries.rows(_ready(), **owner._asdict(), id=id_, extractor=extractor)
    return True


def theirs(users: Select[Any]) -> list[Any]:
    """What deletes everything of these users of the workspace; interviews go with what they are about."""
    return [
        delete(each).where(each.c.workspace == WORKSPACE, each.c.user_id.in_(users)) for each in (job_infos, allowances)
    ]


def _to_interview(row: Row) -> Interview:
    ready = row["extractor"] is not None
    return Interview(
        id=row["id"],
        job_info_id=row["job_info_id"],
        status=Status.READY if ready else Status.PENDING if row["under_way"] else Status.FAILED,
        job_id=row["job_id"],
        difficulty=Difficulty(row["difficulty"]) if row["difficulty"] else None,
        question_count=row["question_count"],
        extractor=row["extractor"],
        duration=row["duration"],
        created_time=row["created_at"],
        updated_time=row["updated_at"],
    )


def _shown() -> Any:
    """Interviews, each with whether its job goes on."""
    own = (jobs.c.workspace == c.workspace, jobs.c.user_id == c.user_id, jobs.c.id == c.job_id)
    under_way = select(literal_column("1")).where(*own, UNFINISHED).exists().label("under_way")
    return select(*c, under_way).where(*OWN)


@lru_cache
def _create() -> Statement:
    values = {
        "workspace": WORKSPACE,
        "user_id": USER,
        "id": bindparam("id", type_=Uuid),
        "job_info_id": bindparam("about", type_=Uuid),
        "job_id": JOB,
        "difficulty": bindparam("difficulty", type_=Text),
        "question_count": bindparam("count", type_=SmallInteger),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Statement(insert(interviews).values(values), {"interviews_job_info": JobInfoNotFound})


@lru_cache
def _get() -> Statement:
    return Statement(_shown().where(THIS))


@lru_cache
def _asked() -> Statement:
    return Statement(select(q.text, q.difficulty).where(*ASKED).order_by(q.number))


@lru_cache
def _page() -> Statement:
    found = _shown().where(c.job_info_id == bindparam("about", type_=Uuid), follows(c))
    return Statement(found.order_by(c.updated_at.desc(), c.id.desc()).limit(bindparam("size")))


@lru_cache
def _set_duration() -> Statement:
    values = {"duration": bindparam("duration", type_=Interval), "updated_at": NOW}
    return Statement(update(interviews).where(*OWN, THIS).values(values).returning(c.id))


@lru_cache
def _remove() -> Statement:
    return Statement(delete(interviews).where(*OWN, THIS).returning(c.id))


@lru_cache
def _begin() -> Statement:
    i = job_infos.c
    same = and_(i.workspace == c.workspace, i.user_id == c.user_id, i.id == c.job_info_id)
    taken = update(interviews).where(*OWN, THIS, same).values(job_id=JOB)
    return Statement(taken.returning(c.difficulty, c.question_count, i.name, i.title, i.description, i.level))


@lru_cache
def _lock() -> Statement:
    return Statement(select(c.extractor).where(*OWN, THIS).with_for_update())


@lru_cache
def _ask() -> Statement:
    names = {"text": bindparam("texts", type_=ARRAY(Text)), "difficulty": bindparam("hardness", type_=ARRAY(Text))}
    rows = func.unnest(*names.values()).table_valued(*(column(name) for name in names), with_ordinality="number")
    made = rows.render_derived(name="made")
    new = select(WORKSPACE, USER, bindparam("id", type_=Uuid), made.c.number, made.c.text, made.c.difficulty)
    return Statement(insert(questions).from_select([each.name for each in q], new))


@lru_cache
def _ready() -> Statement:
    values = {"extractor": bindparam("extractor", type_=Text), "updated_at": NOW}
    return Statement(update(interviews).where(*OWN, THIS).values(values))
