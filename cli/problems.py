"""What goes wrong in a command, told so that the reader knows what to do next."""

import click


class Problem(click.ClickException):
    """Ends the command with a message; it says what is wrong and what to do about it."""

    exit_code = 1


class Unreachable(Problem):
    """Nothing answers; told apart so that scripts can wait and try again."""

    exit_code = 3
