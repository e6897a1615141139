"""`cairn interview`: practice interviews, at a terminal, through the same API that clients use."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from cli.following import seen_through
from cli.person import Desk, for_a_person
from cli.problems import Problem
from cli.tables_actions import allowance_card, interview_card, interviews_table, job_infos_table

JOB_INFOS, INTERVIEWS = "/api/v1/job-infos", "/api/v1/interviews"
LEVELS = click.Choice(["junior", "mid-level", "senior"])
DIFFICULTIES = click.Choice(["easy", "medium", "hard"])


@click.group()
def interview() -> None:
    """Describe a job that you want, and let an interview for it be prepared.

    \b
    What you may have depends on the plan that your token carries; --feature signs one into it:
      cairn interview describe "Keeper" --level junior --text "Lamps, logs and ladders." --user mira
      cairn interview start 01999b2e-… --user mira --feature 1_interview --feature 5_questions
    """


@interview.command()
@click.argument("name")
@click.option("--level", type=LEVELS, required=True, help="How experienced one should be.")
@click.option("--title", help="The title that goes with the job.")
@click.option("--text", help="What the job is.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same, from a file.")
@for_a_person
def describe(desk: Desk, level: str, text: str | None, file: Path | None, **named: str | None) -> None:
    """Describe a job, under a NAME.

    \b
    Example:
      cairn interview describe "Keeper" --level senior --file keeper.txt --user mira
    """
    if (text is None) == (file is None):
        raise click.UsageError("Say what the job is: --text, or --file.")
    description = text if file is None else _read(file)
    body = {**named, "experienceLevel": level.replace("-", "_"), "description": description}
    body = {name: value for name, value in body.items() if value is not None}
    data = desk.gateway.call("POST", JOB_INFOS, json=body)["data"]
    desk.show(data, f"Described: {data['name']} ({data['id']})")


@interview.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@for_a_person
def jobs(desk: Desk, limit: int) -> None:
    """List the jobs that you described, the one changed last first.

    \b
    Example:
      cairn interview jobs --user mira
    """
    items, _ = desk.gateway.listed(JOB_INFOS, {}, limit)
    desk.show(items, job_infos_table(items) if items else "No job is described.")


@interview.command()
@click.argument("job", type=click.UUID)
@click.option("--difficulty", type=DIFFICULTIES, help="Of the questions. [default: mixed]")
@click.option("--questions", "questionCount", type=click.IntRange(1, 20), help="How many. [default: 5]")
@for_a_person
def start(desk: Desk, job: UUID, **wanted: Any) -> None:
    """Prepare an interview for a JOB that you described. Ctrl-C cancels.

    \b
    Example:
      cairn interview start 01999b2e-… --difficulty hard --user mira --feature unlimited_interviews
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    result = seen_through(desk.gateway, INTERVIEWS, json={"jobInfoId": str(job), **given})["interview"]
    _show(desk, result["interviewId"])


@interview.command("list")
@click.argument("job", type=click.UUID)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@for_a_person
def list_(desk: Desk, job: UUID, limit: int) -> None:
    """List the interviews for a JOB that you described.

    \b
    Example:
      cairn interview list 01999b2e-… --user mira
    """
    items, _ = desk.gateway.listed(INTERVIEWS, {"jobInfoId": str(job)}, limit)
    desk.show(items, interviews_table(items) if items else "No interviews.")


@interview.command()
@click.argument("interview_id", metavar="INTERVIEW", type=click.UUID)
@for_a_person
def show(desk: Desk, interview_id: UUID) -> None:
    """Show all of one INTERVIEW.

    \b
    Example:
      cairn interview show 01999b2e-… --user mira
    """
    _show(desk, str(interview_id))


@interview.command()
@for_a_person
def allowance(desk: Desk) -> None:
    """Show what your plan gives, and what is left of it.

    \b
    Example:
      cairn interview allowance --user mira --feature 1_interview
    """
    data = desk.gateway.call("GET", f"{INTERVIEWS}/allowance")["data"]
    desk.show(data, allowance_card(data))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{file} cannot be read as text: {error}.") from error


def _show(desk: Desk, id_: str) -> None:
    data = desk.gateway.call("GET", f"{INTERVIEWS}/{id_}")["data"]
    desk.show(data, interview_card(data))
