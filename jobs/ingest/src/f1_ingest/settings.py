"""Settings of ingest, from the environment; README.md lists them for people."""

from dataclasses import dataclass, fields
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from f1_core.settings import DatabaseSettings, HttpUrl, LogSettings, Seconds, load
from f1_core.store.rawstore import StoreSettings
from f1_core.store.zips import Caps
from f1_ingest.urls import is_url


def _readable(url: str) -> str:
    if not is_url(url):
        raise ValueError("write a URL with a host: this one cannot be read")
    return url


SourceUrl = Annotated[HttpUrl, AfterValidator(_readable)]
Count = Annotated[int, Field(ge=1)]


class BudgetSettings(BaseSettings, env_prefix="F1_BUDGET_", extra="ignore"):
    """The request limits of a source with Jolpica's protocol, for all processes together."""

    per_second: Count = 4
    per_hour: Count = 200
    window_s: Seconds = Field(3600.0, description="how long the `hour` is; tests shorten it")


class JolpicaSettings(BaseSettings, env_prefix="F1_JOLPICA_", extra="ignore"):
    """Jolpica's URLs; with a token, the newest dump is read instead of the free, delayed one."""

    url: SourceUrl = "https://api.jolpi.ca/ergast/f1"
    dumps_url: SourceUrl = "https://api.jolpi.ca/data/dumps/download"
    token: SecretStr | None = None


class OpenF1Settings(BaseSettings, env_prefix="F1_OPENF1_", extra="ignore"):
    """OpenF1's address and limits."""

    url: SourceUrl = "https://api.openf1.org/v1"
    per_second: Count = 3
    per_minute: Count = 30


class SyntheticSettings(BaseSettings, env_prefix="F1_SYNTHETIC_", extra="ignore"):
    """The synthetic source: a server with Jolpica's protocol, or the generator."""

    url: SourceUrl | None = None
    seed: int = 1


class HttpSettings(BaseSettings, env_prefix="F1_HTTP_", extra="ignore"):
    """Time limits for a source."""

    timeout_s: Seconds = Field(20.0, description="of one request, from its grant to its last byte")
    patience_s: Seconds = Field(600.0, description="of one page's failures in a row")
    poll_patience_s: Seconds = Field(120.0, description="the same for a poll, which comes again")
    backoff_s: Seconds = Field(1.0, description="after the first failure; doubles, with jitter")
    backoff_max_s: Seconds = 60.0
    contact: str = Field(
        "",
        description="an address for the User-Agent, where the source's maintainers can reach you",
    )


class ArchiveSettings(BaseSettings, env_prefix="F1_ARCHIVE_", extra="ignore"):
    """Limits of archives."""

    max_mb: Count = Field(256, description="as it is downloaded or read")
    max_unpacked_mb: Count = Field(512, description="the worker takes no more either")
    max_ratio: Count = Field(100, description="unpacked to packed")
    max_members: Count = 200

    @property
    def max_bytes(self) -> int:
        """Limit of an archive as it is downloaded or read."""
        return self.max_mb * 2**20

    @property
    def caps(self) -> Caps:
        """Limits of an unpacked zip."""
        return Caps(self.max_unpacked_mb * 2**20, self.max_ratio, self.max_members)


class IngestSettings(BaseSettings, env_prefix="F1_INGEST_", extra="ignore"):
    """How captures are made and when they are due again."""

    lease_s: Seconds = Field(
        60.0, description="a process without a heartbeat for this time loses its fetch"
    )
    restarts: int = Field(3, ge=0, description="of a capture whose total changes while it is read")
    edge_requests: int = Field(24, ge=0, description="at most, for rows lost at page edges")
    database_patience_s: float = Field(
        60.0, ge=0, description="at the start; a new pod may be cut off"
    )
    store_patience_s: Seconds = Field(300.0, description="with S3, once a capture is read")
    schedule_fresh_h: Seconds = Field(24.0, description="a running season's schedule is read again")
    refresh_days: Count = Field(
        120, description="after a race, days in which corrections are fetched"
    )
    refresh_every_h: Seconds = Field(20.0, description="least time between two such fetches")
    job_name: str = Field("", description="of a CronJob's Job, from which its schedule is read")


class PollSettings(BaseSettings, env_prefix="F1_POLL_", extra="ignore"):
    """When and how often the poll fetches."""

    schedule_every_h: Seconds = Field(12.0, description="outside the windows, one request")
    window_h: Seconds = Field(
        120.0, description="after a session, hours in which its data is requested"
    )
    share: float = Field(0.05, gt=0, lt=0.5, description="of the budget that is kept for the poll")


@dataclass(frozen=True)
class Settings:
    """All settings of ingest."""

    database: DatabaseSettings
    store: StoreSettings
    log: LogSettings
    budget: BudgetSettings
    jolpica: JolpicaSettings
    openf1: OpenF1Settings
    synthetic: SyntheticSettings
    http: HttpSettings
    archive: ArchiveSettings
    ingest: IngestSettings
    poll: PollSettings

    @classmethod
    def from_environment(cls) -> Self:
        """Read all settings.

        Raises:
            SettingsError: lists every variable that is missing or wrong.
        """
        return cls(*load(*(kind.type for kind in fields(cls))))  # type: ignore[arg-type]
