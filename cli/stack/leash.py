"""How `cairn up` starts a program so that it ends with it, and never as root where it must not be."""

import os
import shutil
import signal
from pathlib import Path

from cli.problems import Problem

# PostgreSQL refuses to run as root. Every Linux has this user.
UNPRIVILEGED_USER = "nobody"
CAP_DAC_OVERRIDE = 1


def leashed(command: list[str], sign: signal.Signals, *, never_root: bool = False) -> list[str]:
    """The command, made to receive `sign` when its parent dies in whatever way, even by SIGKILL.

    With `never_root` a root caller starts it as an ordinary user, who keeps one right of root: to pass through
    folders closed to others, since the checkout may lie in root's home.
    """
    setpriv = shutil.which("setpriv")
    root = never_root and os.geteuid() == 0
    if setpriv is None:
        if root:
            raise Problem(
                "PostgreSQL does not run as root, and the command setpriv (package util-linux), which would "
                "change the user, is missing. Run this as an ordinary user, or set CAIRN_DATABASE_URL."
            )
        return command
    drop = [f"--reuid={UNPRIVILEGED_USER}", "--clear-groups", *_kept_rights()] if root else []
    return [setpriv, *drop, f"--pdeathsig={sign.name.removeprefix('SIG')}", "--", *command]


def give_up_folder(folder: Path) -> None:
    """Let the ordinary user who runs a `never_root` program own its folder."""
    if os.geteuid() == 0:
        shutil.chown(folder, UNPRIVILEGED_USER)


def _kept_rights() -> list[str]:
    status = Path("/proc/self/status").read_text()
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff"))
    if not effective >> CAP_DAC_OVERRIDE & 1:
        return []
    return ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
