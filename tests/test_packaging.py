"""Everything that starts Cairn says the same: packages, locks, the image, compose, and `cairn up`."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from chassis.settings import load, variables
from cli.__main__ import cairn
from cli.credentials import ensure_secrets
from cli.settings import cli_settings
from cli.stack.embedded import Embedded
from cli.stack.processes import PROCESSES, process_environ
from gateway.settings import Settings as GatewaySettings
from services.bookmarks.settings import Settings as BookmarksSettings
from services.jobs.settings import Settings as JobsSettings
from services.jobs.settings import WorkerProcess as JobsWorkerSettings
from services.presence.settings import Settings as PresenceSettings
from services.presence.worker import Settings as PresenceWorkerSettings

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
OURS = ("chassis", "cli", "gateway", "services")
SETTINGS: dict[str, type[Any]] = {
    "gateway": GatewaySettings,
    "services.bookmarks": BookmarksSettings,
    "services.jobs": JobsSettings,
    "services.jobs.worker": JobsWorkerSettings,
    "services.presence": PresenceSettings,
    "services.presence.worker": PresenceWorkerSettings,
}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OUR_SERVICES = {name: each for name, each in COMPOSE["services"].items() if each.get("build")}
SECRETS = {
    "CAIRN_JWT_SECRET": "x" * 32,
    "CAIRN_SERVICE_KEYS": "feed:0123456789abcdef",
    "CAIRN_PAGE_TOKEN_SECRET": "y" * 32,
    "CAIRN_INTERNAL_KEY": "i" * 32,
    "CAIRN_POSTGRES_PASSWORD": "z",
}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_with_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)|^-", text, re.MULTILINE)
    for requirement in re.findall(r"^[a-z0-9].*(?:\n\s.*)*", text, re.MULTILINE):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", requirement)
        assert "--hash=sha256:" in requirement


def test_the_locks_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.lock": project["dependencies"] + extras["models"],
        "requirements-embedded.lock": project["dependencies"] + extras["models"] + extras["embedded"],
        "requirements-dev.lock": [*project["dependencies"], *(each for extra in extras.values() for each in extra)],
    }
    for lock, requirements in wanted.items():
        pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        assert {distribution(name) for name in requirements} <= pinned, lock


def test_what_runs_imports_only_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {distribution(name) for name in project["dependencies"]}
    providers = metadata.packages_distributions()
    for path in (path for folder in OURS for path in (ROOT / folder).rglob("*.py")):
        for package in imported(path) - sys.stdlib_module_names - {*OURS, "cairn", "buf"}:
            brought = {distribution(name) for name in providers.get(package, ())}
            assert brought & declared, f"{path}: {package}"


def test_a_package_takes_along_what_it_reads() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    taken = {
        path for name, globs in told.items() for each in globs for path in (ROOT / name.replace(".", "/")).glob(each)
    }
    there = {path for folder in OURS for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert {path for path in there if path.suffix not in (".py", ".pyc")} == taken


def test_the_image_holds_what_its_processes_need() -> None:
    text = (ROOT / "Dockerfile").read_text()
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == {*OURS, "gen", "requirements.lock"}
    assert all((ROOT / name).exists() for name in allowed)
    assert "--no-deps --require-hashes -r requirements.lock" in text
    stages = text.split("\nFROM ")[1:]
    assert re.search(r"^USER (?!root|0)\w+", stages[-1], re.MULTILINE)
    assert_runs(yaml.safe_load(re.findall(r"^CMD (.*)", text, re.MULTILINE)[-1]))
    assert_healthcheck(yaml.safe_load(re.findall(r"^ +CMD (.*)", text, re.MULTILINE)[-1]), 8080)


@pytest.mark.parametrize("name", OUR_SERVICES)
def test_compose_starts_real_processes_with_settings_that_load(name: str) -> None:
    service = OUR_SERVICES[name]
    assert_runs(service["command"])
    settings = SETTINGS[service["command"][2]]
    environ = {key: substituted(value, SECRETS) for key, value in service["environment"].items()}
    assert set(environ) <= variables(settings)
    load(settings, environ)
    port = int(environ[f"CAIRN_{name.upper()}_PORT"])
    assert_healthcheck(service["healthcheck"]["test"][1:], port)
    if name == "gateway":
        assert service["ports"][0].endswith(f":{port}")
    for upstream in ("bookmarks", "jobs"):
        other = COMPOSE["services"][upstream]["environment"]
        variable = f"CAIRN_{upstream.upper()}_ADDRESS"
        place = f"{upstream}:{other[f'CAIRN_{upstream.upper()}_PORT']}"
        assert environ.get(variable, place) == place


def test_the_worker_that_looks_links_up_has_a_browser() -> None:
    stage = (ROOT / "Dockerfile").read_text().partition("\nFROM cairn AS capture\n")[2]
    assert re.search(r"apt-get install .*--no-install-recommends \\\n +chromium fonts-", stage)
    capturing = {name for name, each in OUR_SERVICES.items() if each["build"]["target"] == "capture"}
    assert capturing == {"jobs_bulk"}
    assert "objects:/var/lib/cairn/objects" in OUR_SERVICES["bookmarks"]["volumes"]


def test_compose_knows_every_process_and_waits_for_health() -> None:
    assert {service["command"][2] for service in OUR_SERVICES.values()} == {process.module for process in PROCESSES}
    for service in COMPOSE["services"].values():
        assert service["healthcheck"]["test"]
        for awaited, condition in service.get("depends_on", {}).items():
            assert awaited in COMPOSE["services"]
            assert condition == {"condition": "service_healthy"}


# A key set may stand for the JWT secret; the services say so if both are missing.
@pytest.mark.parametrize("missing", sorted(SECRETS.keys() - {"CAIRN_JWT_SECRET"}))
def test_compose_refuses_to_start_without_a_secret(missing: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    with pytest.raises(LookupError, match="set it to"):
        substituted(text, {name: value for name, value in SECRETS.items() if name != missing})
    substituted(text, SECRETS)


def test_cairn_up_gives_every_process_what_it_needs(tmp_path: Path) -> None:
    kept = ensure_secrets(tmp_path)
    settings = cli_settings({"CAIRN_DATA_DIR": str(tmp_path), "CAIRN_BOOKMARKS_PORT": "7001"})
    environ = process_environ(Embedded.of(settings).complete(settings), kept)
    loaded = {each.name: load(SETTINGS[each.module], {**environ, **each.given}) for each in PROCESSES}
    assert loaded["bookmarks"].bookmarks_port == 7001
    assert loaded["gateway"].bookmarks_address == "127.0.0.1:7001"
    assert {loaded[name].jobs_queue for name in ("jobs_interactive", "jobs_bulk")} == {"interactive", "bulk"}
    assert loaded["bookmarks"].objects.objects_url == str(tmp_path / "objects")
    assert environ["CAIRN_INTERNAL_KEY"] == kept["CAIRN_INTERNAL_KEY"]


def test_ci_checks_and_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-2:] == ["make check", "make test"]
    listed = subprocess.check_output(["make", "--no-print-directory", "-C", str(ROOT), "help"], text=True)
    for target in ("setup", "run", "test", "check", "proto", "lock", "bench", "clean"):
        assert re.search(rf"^  {target}\s+\w", listed, re.MULTILINE)


def distribution(requirement: str) -> str:
    """The normal form of the name in front."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def imported(path: Path) -> set[str]:
    """The top-level packages a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found}


def assert_runs(command: list[str]) -> None:
    """`python -m` something that is there."""
    assert command[:2] == ["python", "-m"]
    module = importlib.util.find_spec(command[2])
    assert module
    # A package runs by its __main__; a module runs itself.
    assert module.submodule_search_locations is None or importlib.util.find_spec(f"{command[2]}.__main__")


def assert_healthcheck(command: list[str], port: int) -> None:
    """`cairn health` with an address it understands, at this port; nothing listens, so it says no."""
    assert_runs(command)
    assert f":{port}" in command[-1]
    assert CliRunner().invoke(cairn, [*command[3:], "--timeout", "0.01"]).exit_code in (0, 3)


def substituted(text: str, environ: dict[str, str]) -> str:
    """The text with ${NAME}, ${NAME:-default} and ${NAME:?complaint} filled in, as compose does."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if name in environ:
            return environ[name]
        if kind == "?":
            raise LookupError(rest)
        return str(rest or "")

    return re.sub(r"\$\{(\w+)(?::([?-])([^}]*))?\}", value, text)
