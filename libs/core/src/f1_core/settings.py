"""Settings from the environment. All problems are reported at once, not one per restart."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, overload

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode

from f1_core.configuration.certificates import CaFile, verified
from f1_core.configuration.setting_names import misspelt
from f1_core.errors import SettingsError
from f1_core.sources import DEFAULT_ORDER, SOURCES

A = TypeVar("A", bound=BaseSettings)
B = TypeVar("B", bound=BaseSettings)
C = TypeVar("C", bound=BaseSettings)
_SECRET = re.compile("KEY|SECRET|TOKEN|DATABASE_URL")


@overload
def load(a: type[A], /) -> tuple[A]: ...
@overload
def load(a: type[A], b: type[B], /) -> tuple[A, B]: ...
@overload
def load(a: type[A], b: type[B], c: type[C], /) -> tuple[A, B, C]: ...
@overload
def load(*kinds: type[BaseSettings]) -> tuple[BaseSettings, ...]: ...


def load(*kinds: type[BaseSettings]) -> tuple[BaseSettings, ...]:
    """Read settings of several kinds from the environment, or from files of the same names.

    The folder F1_SECRETS_DIR may have a file for each variable, such as F1_DATABASE_URL, as
    Kubernetes mounts Secrets; a variable of the environment wins over its file.

    Raises:
        SettingsError: lists every variable that is missing, wrong or misspelt, of all kinds.
    """
    loaded: list[BaseSettings] = []
    problems: list[str] = []
    folder = SecretsSettings().dir
    if folder is not None and not folder.is_dir():
        problems.append(f"F1_SECRETS_DIR: {folder} is not a folder")
        folder = None
    for kind in kinds:
        try:
            loaded.append(kind(_secrets_dir=folder))
        except ValidationError as error:
            problems += [_problem(kind, item) for item in error.errors()]
    own = {_prefixed(kind, field) for kind in kinds for field in kind.model_fields}
    problems += misspelt(os.environ, own)
    if problems:
        raise SettingsError("invalid settings:\n  " + "\n  ".join(problems))
    return tuple(loaded)


def _prefixed(kind: type[BaseSettings], field: str) -> str:
    return f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def _problem(kind: type[BaseSettings], item: Any) -> str:
    name = _prefixed(kind, "_".join(str(part) for part in item["loc"]))
    if item["type"] == "missing":
        return f"{name} is not set"
    # A secret must not be logged, even an invalid one.
    got = "" if _SECRET.search(name) else f", got {item['input']!r}"
    return f"{name}: {item['msg']}{got}"


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _known_sources(order: Any) -> Any:
    order = _split(order)
    if len(set(order)) < len(order) or not set(order) <= set(SOURCES):
        raise ValueError(f"name each source once, best first, such as {','.join(DEFAULT_ORDER)}")
    # Existing settings do not list sources of later releases.
    return [*order, *(source for source in DEFAULT_ORDER if source not in order)]


def _postgres_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(
        ("postgresql://", "postgresql+psycopg2://", "postgres://")
    ):
        raise ValueError("write postgresql://user:password@host:5432/name")
    return url


def _http_url(value: Any) -> Any:
    if isinstance(value, str):
        if not value.startswith(("http://", "https://")):
            raise ValueError("write a URL with http:// or https://")
        return value.rstrip("/")
    return value


HttpUrl = Annotated[str, BeforeValidator(_http_url)]
"""A URL without a `/` at its end."""
Seconds = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


class SecretsSettings(BaseSettings, env_prefix="F1_SECRETS_", extra="ignore"):
    """A folder with a file for each secret variable, named as the variable; none by default."""

    dir: Path | None = None


class DatabaseSettings(BaseSettings, env_prefix="F1_DATABASE_", extra="ignore"):
    """The database's address: `postgresql://user:password@host:5432/name`.

    Attributes:
        ca_file: certificates of the authority that signed the server's; `url` then has
            sslmode=verify-full, unless it has verify-ca.
    """

    ca_file: CaFile | None = None  # before url, whose validation reads it
    url: Annotated[SecretStr, AfterValidator(_postgres_url)]
    pool_size: int = Field(default=5, ge=1)
    statement_timeout_s: int = Field(default=120, ge=1)
    idle_in_transaction_timeout_s: int = Field(default=60, ge=1)

    @field_validator("url")
    @classmethod
    def _verify(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        ca_file = info.data.get("ca_file")
        return SecretStr(verified(url.get_secret_value(), ca_file)) if ca_file else url


def newest_database_url() -> SecretStr | None:
    """The URL in the folder F1_SECRETS_DIR as it is now; None without one, or if it is unusable."""
    folder = SecretsSettings().dir
    if folder is None:
        return None
    try:
        return DatabaseSettings(_secrets_dir=folder).url  # type: ignore[call-arg]
    except ValidationError:
        return None


class SourceSettings(BaseSettings, env_prefix="F1_SOURCE_", extra="ignore"):
    """Which source has precedence, best first."""

    order: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_known_sources)] = DEFAULT_ORDER


class LogSettings(BaseSettings, env_prefix="F1_LOG_", extra="ignore"):
    """The format of logs: `json`, one line per event, or `console` for people."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(lambda name: str(name).upper()),
    ] = "INFO"
    format: Literal["json", "console"] = "json"
