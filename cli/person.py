"""Commands that a person gives: who they are, at which gateway, and how they want the answer."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import click
from rich.console import RenderableType

from cli.credentials import Person, sign
from cli.gateway import Gateway
from cli.settings import Session
from cli.terminal import Terminal

LASTING = timedelta(minutes=10)

OPTIONS = (
    click.option("--user", help="Who you are; signs a token with the secret `cairn up` keeps."),
    click.option("--workspace", help="The workspace, with --user. [default: CAIRN_WORKSPACE, else demo]"),
    click.option("--feature", "features", multiple=True, help="A plan feature, with --user; may be repeated."),
    click.option("--token", help="Your token, instead of --user. [default: CAIRN_TOKEN]"),
    click.option("--url", help="The gateway. [default: CAIRN_URL, else the one `cairn up` starts]"),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts."),
)


@dataclass(frozen=True)
class Desk:
    """Where a person's command does its work."""

    gateway: Gateway
    as_json: bool

    def show(self, data: Any, text: RenderableType) -> None:
        """Print the answer: `data` for a script, `text` for a person."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        else:
            Terminal(soft_wrap=isinstance(text, str)).print(text)


def for_a_person(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of OPTIONS and, for its first argument, a desk."""

    @click.pass_obj
    @functools.wraps(command)
    def run(session: Session, /, as_json: bool, url: str | None, **given: Any) -> None:
        who = {name: given.pop(name) for name in ("user", "workspace", "features", "token")}
        headers = {"Authorization": f"Bearer {_token(session, **who)}"}
        with Gateway(url or session.settings.gateway_url, headers) as gateway:
            command(Desk(gateway, as_json), **given)

    for option in reversed(OPTIONS):
        run = option(run)
    return run


def _token(
    session: Session, user: str | None, workspace: str | None, features: tuple[str, ...], token: str | None
) -> str:
    if user and token:
        raise click.UsageError("Name one of --user and --token: a token says who you are.")
    if features and not user:
        raise click.UsageError("--feature goes with --user: a token has the features that it has.")
    if user:
        return sign(session.settings, Person(user, workspace or session.settings.workspace, features), LASTING)
    token = token or session.settings.token
    if not token:
        raise click.UsageError("Say who you are: --user NAME, or --token TOKEN (or CAIRN_TOKEN).")
    return token
