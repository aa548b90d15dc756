"""Settings: frozen, read once at the edge (a handler's start, a command's start), passed down as an argument."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from enishi.errors import SettingsError

PREFIX = "ENISHI_"


class Retention(BaseModel):
    """How long a table keeps its past and its rows, in days; None = as the table declares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot_days: int | None = Field(default=None, ge=0)
    row_days: int | None = Field(default=None, ge=1)


class Settings(BaseModel):
    """What differs between environments. Environment variables are these names in upper case after `ENISHI_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str = "local"
    tenant: str = "sample"
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    locale: str = "ja"
    home: Path = Path(".enishi")
    present: AwareDatetime | None = Field(
        default=None, description="where a workspace's virtual clock stands; None = now"
    )
    secret: SecretStr = Field(
        default=SecretStr("local-only-not-a-secret"), description="signs send ids, links and coupon codes"
    )
    secret_name: str = Field(default="", description="the same secret's name in Secrets Manager; it wins over `secret`")
    clock: Literal["system", "planned"] = Field(
        default="system", description="planned: a task's `at` is the present (emulators that skip waits)"
    )
    public_url: str = Field(default="http://localhost:8078", description="base of click and unsubscribe links")
    engine_memory: str = Field(
        default="1GB",
        pattern=r"^[1-9]\d*(MB|GB)$",
        description="what a laptop's queries hold at most, the rest is spilled; its process holds half of it again",
    )
    chunk_size: int = Field(default=1000, ge=1, le=10_000)

    lake_database: str = "enishi"
    pii_database: str = "enishi_pii"
    staging_database: str = "enishi_staging"
    lake_bucket: str = ""
    raw_bucket: str = ""
    work_bucket: str = ""
    exports_bucket: str = Field(default="", description="files for the core system")
    workgroup: str = "enishi"
    delivery_workgroup: str = "enishi-delivery"
    ledger_table: str = ""
    guards_table: str = ""
    scenarios_path: Path | None = Field(default=None, description="the scenario library; None = beside the code")
    ses_configuration_set: str = ""
    mail_from: str = ""
    push_application_id: str = ""
    line_token: SecretStr = SecretStr("")
    line_token_name: str = Field(
        default="", description="the token's name in Secrets Manager; it wins over `line_token`"
    )
    erasure_key: str = Field(default="", description="KMS key that signs erasure reports (asymmetric, ECC_NIST_P256)")
    line_url: str = "https://api.line.me"

    web_stream: str = Field(default="", description="the stream that carries the web collector's lines")
    page_stream: str = Field(default="", description="the stream that carries clicks and opt-outs of our own links")
    collector_sites: str = Field(default="", description="who may send web events: site=origin origin; site=origin")
    collector_internal: str = Field(default="", description="the retailer's own networks, no visitors")

    retention: dict[str, Retention] = Field(default_factory=dict, description="by table; over what the tables declare")

    quiet_from: str = Field(default="21:00", description="no marketing message from then, customer zone")
    quiet_until: str = "08:00"
    cap_per_day: int = Field(default=2, ge=1, description="marketing messages a customer and day, all channels")
    cap_per_week: int = Field(default=5, ge=1, description="the same, a week from Monday")
    mail_rate: float = Field(default=14, gt=0, description="mails a second that the SES account allows")
    line_rate: float = Field(default=2000, gt=0, description="LINE pushes a second that the channel allows")
    push_rate: float = Field(default=1000, gt=0, description="app notifications a second")
    claim_seconds: int = Field(default=900, ge=1, description="life of a claim; longer than a sender may run")

    @field_validator("retention", mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        """A variable says it as JSON."""
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


WORKSPACE = "workspace.yaml"
"""What a workspace folder says of itself: the settings that belong to its data."""
_OF_A_WORKSPACE = {"tenant", "zone", "currency", "locale", "present", "retention"}


def from_environment(environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings from `given` values, else `ENISHI_*` variables, else the workspace's own file, else the defaults.

    Raises:
        SettingsError: a name is unknown or its value is not of the setting's type.
    """
    source = os.environ if environ is None else environ
    named: dict[str, object] = {
        name[len(PREFIX) :].lower(): value for name, value in source.items() if name.startswith(PREFIX)
    }
    named |= {name: value for name, value in given.items() if value is not None}
    home = Path(str(named.get("home", Settings.model_fields["home"].default)))
    return _valid({**_workspace(home), **named}, home)


def remember(settings: Settings, **values: object) -> Settings:
    """Write what belongs to the workspace's data into its file; the settings that follow from it.

    Raises:
        SettingsError: a value does not hold, or is not a workspace's to say.
    """
    kept = {**_workspace(settings.home), **values}
    foreign = sorted(set(kept) - _OF_A_WORKSPACE)
    if foreign:
        raise SettingsError(f"a workspace does not say {', '.join(foreign)}", where=str(settings.home / WORKSPACE))
    changed = _valid({**settings.model_dump(), **kept}, settings.home)
    settings.home.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(changed.model_dump(include=set(kept), mode="json"), allow_unicode=True)
    (settings.home / WORKSPACE).write_text(text, encoding="utf-8")
    return changed


def _workspace(home: Path) -> dict[str, object]:
    path = home / WORKSPACE
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, yaml.YAMLError) as error:
        remedy = "Correct the file, or remove it to go back to the defaults."
        raise SettingsError("the workspace's file does not read as YAML", where=str(path), remedy=remedy) from error
    return dict(said or {})


def _valid(values: Mapping[str, object], home: Path) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise SettingsError(
            f"the setting {name} does not hold: {first['msg']}",
            where=f"{PREFIX}{name.upper()} or {home / WORKSPACE}",
            remedy="Correct the value or remove it.",
        ) from error
