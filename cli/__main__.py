"""The `cairn` command."""

import importlib
import os
import sys
from importlib import metadata

import click

from chassis.settings import SettingsError
from cli.problems import Problem
from cli.settings import Session, cli_settings

# Each is imported only when it is used: the command answers at once.
COMMANDS = {
    "up": "cli.up:up",
    "token": "cli.token:token",
    "feed": "cli.feed:feed",
    "bookmarks": "cli.bookmarks:bookmarks",
    "links": "cli.links:links",
    "status": "cli.status:status",
    "search": "cli.search:search",
    "transcribe": "cli.transcribe:transcribe",
    "title": "cli.titles:title",
    "memories": "cli.memories:memories",
    "interview": "cli.interviews:interview",
    "jobs": "cli.jobs:jobs",
    "admin": "cli.admin:admin",
    "health": "cli.health:health",
}


class Commands(click.Group):
    """The group of all commands, in the order above."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def _version() -> str:
    try:
        return metadata.version("cairn")
    except metadata.PackageNotFoundError:
        return "(run from its source tree)"  # as the container image does


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), message="cairn %(version)s")
@click.pass_context
def cairn(context: click.Context) -> None:
    """Saved items, presence, search and jobs for a chat product: run Cairn on this machine, feed it, and use it.

    \b
    A first walk:
      cairn up                               start everything; leave it running
      cairn bookmarks list --user mira       what mira has saved in the sample workspace
      cairn bookmarks save message:m-007 --user mira
      cairn links add https://example.org --user mira
      cairn status set "🎯 Focusing" --for 25m --user mira
      cairn search "keep the lamp burning" --user mira
      cairn transcribe examples/lighthouse.ogg --user mira
      cairn token --user mira                a token, to call the API with curl

    Settings are environment variables CAIRN_…; `cairn up` keeps its state and its secrets in .data
    (CAIRN_DATA_DIR). Run the other commands in the same folder and they find them.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 nothing answers.
    """
    if context.obj is None:
        try:
            context.obj = Session(cli_settings(os.environ), os.environ)
        except SettingsError as error:
            raise Problem(str(error)) from error


def main() -> None:
    """Run the command line; a reader that closes the pipe early is no error."""
    try:
        cairn(prog_name="cairn")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
