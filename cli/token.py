"""`cairn token`: credentials for trying the API."""

import re
from datetime import timedelta
from typing import Any

import click

from cli.credentials import Person, service_key, sign
from cli.settings import Session

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Lasting(click.ParamType[timedelta]):
    """A length of time: 90s, 25m, 12h, 7d."""

    name = "time"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Parse it."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value)
        if not match:
            self.fail(
                f"{value!r} is no length of time. Write a number and s, m, h or d: 90s, 25m, 12h, 7d.", param, ctx
            )
        return timedelta(**{UNITS[match[2]]: int(match[1])})


@click.command()
@click.option("--user", help="The person the token is for.")
@click.option("--workspace", help="The workspace it is for. [default: CAIRN_WORKSPACE, else demo]")
@click.option("--feature", "features", multiple=True, help="A plan feature it carries; may be repeated.")
@click.option("--expires", type=Lasting(), default="12h", show_default=True, help="How long it is valid.")
@click.option("--service", help="Print the key of this service of the host application instead.")
@click.pass_obj
def token(session: Session, /, service: str | None, user: str | None, **claims: Any) -> None:
    """Print a token for a person, or the key of a service.

    \b
    A person's token, and a call with it:
      TOKEN=$(cairn token --user mira)
      curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/bookmarks
    \b
    A service acts for whom it names (`cairn up` makes keys for feed and ops):
      curl -H "Authorization: Service $(cairn token --service ops)" \\
           -H "X-Cairn-Workspace: demo" -H "X-Cairn-User: mira" \\
           http://127.0.0.1:8080/api/v1/bookmarks/count

    It signs with the secret that `cairn up` keeps, or with CAIRN_JWT_SECRET.
    """
    if (user is None) == (service is None):
        raise click.UsageError("Name one of --user and --service.")
    click.echo(service_key(session.settings, service) if service else _signed(session, user or "", **claims))


def _signed(session: Session, user: str, workspace: str | None, features: tuple[str, ...], expires: timedelta) -> str:
    person = Person(user, workspace or session.settings.workspace, features)
    return sign(session.settings, person, expires)
