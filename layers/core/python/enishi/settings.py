"""Settings: frozen, read once at the edge (a handler's start, a command's start), passed down as an argument."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from enishi.errors import SettingsError

PREFIX = "ENISHI_"


class Settings(BaseModel):
    """What differs between environments. Environment variables are these names in upper case after `ENISHI_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str = "local"
    tenant: str = "sample"
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    locale: str = "ja"
    home: Path = Path(".enishi")
    secret: SecretStr = Field(
        default=SecretStr("local-only-not-a-secret"), description="signs send ids, links and coupon codes"
    )
    secret_name: str = Field(default="", description="the same secret's name in Secrets Manager; it wins over `secret`")
    clock: Literal["system", "planned"] = Field(
        default="system", description="planned: a task's `at` is the present (emulators that skip waits)"
    )
    public_url: str = Field(default="http://localhost:8077", description="base of click and unsubscribe links")
    chunk_size: int = Field(default=1000, ge=1, le=10_000)

    lake_database: str = "enishi"
    pii_database: str = "enishi_pii"
    staging_database: str = "enishi_staging"
    lake_bucket: str = ""
    raw_bucket: str = ""
    work_bucket: str = ""
    workgroup: str = "enishi"
    delivery_workgroup: str = "enishi-delivery"
    ledger_table: str = ""
    guards_table: str = ""
    scenarios_path: Path | None = Field(default=None, description="the scenario library; None = beside the code")
    ses_configuration_set: str = ""
    mail_from: str = ""
    push_application_id: str = ""
    line_token: SecretStr = SecretStr("")
    line_token_name: str = Field(default="", description="the token's name in Secrets Manager; it wins over `line_token`")
    line_url: str = "https://api.line.me"

    quiet_from: str = Field(default="21:00", description="no marketing message from then, customer zone")
    quiet_until: str = "08:00"
    cap_per_day: int = Field(default=2, ge=1, description="marketing messages a customer and day, all channels")
    cap_per_week: int = Field(default=5, ge=1, description="the same, a week from Monday")
    claim_seconds: int = Field(default=900, ge=1, description="life of a claim; longer than a sender may run")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def from_environment(environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings from `ENISHI_*` variables; `given` values win.

    Raises:
        SettingsError: a variable is unknown or its value is not of the setting's type.
    """
    source = os.environ if environ is None else environ
    named = {name[len(PREFIX) :].lower(): value for name, value in source.items() if name.startswith(PREFIX)}
    try:
        return Settings.model_validate({**named, **{k: v for k, v in given.items() if v is not None}})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(
            f"the setting does not hold: {first['msg']}", where=name, remedy="Correct the variable or remove it."
        ) from error
