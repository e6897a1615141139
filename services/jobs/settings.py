"""What the processes of jobs read from the environment."""

from dataclasses import dataclass, field
from typing import Annotated

from chassis.database import DatabaseSettings
from chassis.server import ServerSettings
from chassis.settings import MIN_SECRET_LENGTH, Port, Rule, Secret
from chassis.worker import WorkerSettings
from services.jobs.browser_settings import BrowserSettings
from services.jobs.domain import Caps, Queue
from services.jobs.embedder import SearchSettings
from services.jobs.model_settings import ModelSettings, SpeechSettings
from services.jobs.outgoing_addresses import READABLE

# With none of it, everything would start and nothing be done.
AtLeastOne = Annotated[int, Rule(lambda number: number >= 1, "must be at least 1")]


@dataclass(frozen=True)
class JobsSettings:
    """What must be the same in every process of jobs."""

    # How long a job stays with a worker that gives no sign of life, and how often a worker gives one.
    jobs_lease_seconds: float = 15.0
    jobs_beat_seconds: float = 5.0
    # What a person may have running, and unfinished, at a time.
    jobs_user_running: AtLeastOne = 4
    jobs_user_unfinished: AtLeastOne = 1000
    # Names that every new conversation gets from the host: where it has one of these, it may have a title.
    title_default_names: tuple[str, ...] = ("New Chat", "New conversation", "Untitled")

    def __post_init__(self) -> None:
        """Refuse leases that a single lost beat would end."""
        if not 0 < self.jobs_beat_seconds <= self.jobs_lease_seconds / 2:
            raise ValueError("CAIRN_JOBS_BEAT_SECONDS must be above 0 and at most half of CAIRN_JOBS_LEASE_SECONDS")

    @property
    def caps(self) -> Caps:
        """The limits of a person."""
        return Caps(self.jobs_user_running, self.jobs_user_unfinished)


@dataclass(frozen=True)
class InterviewSettings:
    """What a person may have of interviews, and of the jobs that they are about."""

    # What the plan feature 1_interview means.
    interviews_one_plan: AtLeastOne = 2
    job_info_limit: AtLeastOne = 100


@dataclass(frozen=True)
class LinkSettings:
    """Where the links are that jobs look up and import, and how they are asked for."""

    bookmarks_address: str = "127.0.0.1:50051"
    # The same in all processes; empty: nobody is asked.
    internal_key: Annotated[
        str, Rule(lambda key: not key or len(key) >= MIN_SECRET_LENGTH, "must have at least 32 characters")
    ] = ""
    upstream_ca: str = ""
    # Pictures of pages taken, and texts read from pictures, at a time.
    captures: AtLeastOne = 2


@dataclass(frozen=True)
class Settings:
    """The service process."""

    server: ServerSettings
    database: DatabaseSettings
    jobs: JobsSettings
    search: SearchSettings
    page_token_secret: Secret
    jobs_port: Port = 50053
    interviews: InterviewSettings = InterviewSettings()
    models: ModelSettings = field(default_factory=ModelSettings)


@dataclass(frozen=True)
class WorkerProcess:
    """What a worker process reads; each works off one queue."""

    worker: WorkerSettings
    database: DatabaseSettings
    jobs: JobsSettings
    search: SearchSettings
    jobs_queue: Queue
    # Jobs at a time.
    jobs_slots: AtLeastOne = 8
    jobs_interactive_port: Port = 50057
    jobs_bulk_port: Port = 50058
    # What people may have us fetch from although it is not public: host names, addresses and networks.
    outgoing_allow: Annotated[tuple[str, ...], READABLE] = ()
    models: ModelSettings = field(default_factory=ModelSettings)
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    capture: BrowserSettings = field(default_factory=BrowserSettings)
    links: LinkSettings = field(default_factory=LinkSettings)

    @property
    def port(self) -> int:
        """Where it tells how it is."""
        return {Queue.INTERACTIVE: self.jobs_interactive_port, Queue.BULK: self.jobs_bulk_port}[self.jobs_queue]
