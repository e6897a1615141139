"""docs/settings.md names every variable that a process reads, and no other."""

import re
from pathlib import Path

from chassis.settings import variables
from cli.settings import CliSettings
from gateway.settings import Settings as GatewaySettings
from services.bookmarks.settings import Settings as BookmarksSettings
from services.jobs.settings import Settings as JobsSettings
from services.jobs.settings import WorkerProcess as JobsWorkerSettings
from services.presence.settings import Settings as PresenceSettings
from services.presence.worker import Settings as PresenceWorkerSettings

ROOT = Path(__file__).parents[1]
PROCESSES = (
    *(GatewaySettings, CliSettings),
    *(BookmarksSettings, PresenceSettings, PresenceWorkerSettings, JobsSettings, JobsWorkerSettings),
)


def test_every_setting_is_documented() -> None:
    read = set().union(*(variables(settings) for settings in PROCESSES))
    assert set(re.findall(r"CAIRN_[A-Z_]+", (ROOT / "docs" / "settings.md").read_text())) == read
