"""Where a source's files come from, when they are due and what makes a delivery complete, as its mapping says it.

`from:` names one connector; each is a model here, and `CONNECTORS` is the table of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator, model_validator

_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_LENGTH = re.compile(r"^(\d{1,6}) (minute|hour|day|week)s?$")
_ROLE = r"^(default|arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)$"
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def length(value: Any) -> timedelta:
    """`2 days` → timedelta.

    Raises:
        ValueError: anything but whole minutes, hours, days or weeks.
    """
    if isinstance(value, timedelta):
        return value
    found = _LENGTH.match(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a length of time such as `30 minutes`, `6 hours` or `2 days`")
    return int(found[1]) * _UNITS[found[2]]


def _words(value: timedelta) -> str:
    minutes = value // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    return f"{days} days" if not rest else f"{minutes} minutes"


Length = Annotated[timedelta, BeforeValidator(length), PlainSerializer(_words)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Incremental(_Model):
    """Only rows whose `column` lies after the last fetch, less the look-back for rows that come late.

    A column of instants or days looks back a length of time, a growing number looks back a count.
    """

    column: str
    type: Literal["timestamp", "datetime", "date", "integer"] = "timestamp"
    lookback: Length | int = timedelta(0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _same_kind(self) -> Incremental:
        counted = isinstance(self.lookback, int)
        if (self.type == "integer") != counted and self.lookback not in (0, timedelta(0)):
            raise ValueError("lookback is a length of time for timestamps and dates, and a count for an integer")
        return self


class _Asked(_Model):
    """What databases share: one table or one query, whole or by an incremental column."""

    table: str = Field(default="", description="schema.table")
    query: str = Field(default="", description="one SELECT in the database's own dialect")
    columns: tuple[str, ...] = Field(default=(), description="of the table; none = every column")
    incremental: Incremental | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> _Asked:
        if bool(self.table) == bool(self.query):
            raise ValueError("needs either table or query")
        if self.query and self.columns:
            raise ValueError("columns belong to table; a query names its own")
        return self


class Redshift(_Asked):
    """A table or query of Amazon Redshift, unloaded as Parquet into the raw store by the cluster itself."""

    workgroup: str = ""
    cluster: str = ""
    database: str
    role: str = Field(pattern=_ROLE, description="IAM role of the cluster that may write to the raw bucket")
    user: str = Field(default="", description="database user (temporary credentials); with cluster only")
    secret: str = Field(default="", description="ARN of a secret with user name and password")

    @model_validator(mode="after")
    def _one_place(self) -> Redshift:
        if bool(self.workgroup) == bool(self.cluster):
            raise ValueError("needs either workgroup (serverless) or cluster")
        if self.cluster and bool(self.user) == bool(self.secret):
            raise ValueError("a cluster needs either user or secret")
        if self.workgroup and self.user:
            raise ValueError("a workgroup knows its user by the caller's role; leave user out")
        return self


class BigQuery(_Asked):
    """A table or query of BigQuery, read by its REST interface page by page into Parquet files of the raw store."""

    project: str = Field(pattern=r"^[a-z][a-z0-9.:-]{2,60}$", description="the project that pays for the query")
    location: str = Field(default="", description="where the data set lies, such as asia-northeast1")
    credentials: str = Field(default="", description="name of the secret with the credential configuration (JSON)")
    max_gigabytes: int = Field(default=100, ge=1, description="a query that would bill more is refused by BigQuery")


class Complete(_Model):
    """What says that a delivery of several files is all there. Patterns are file names, as in a shell."""

    manifest: str = Field(default="", description="Redshift's UNLOAD manifest or JSON in its form")
    success: str = Field(default="", description="an empty file that comes last, such as _SUCCESS")
    trigger: str = Field(default="", description="one a data file: its name with this ending, as .done")
    check: tuple[Literal["file", "rows", "md5", "sha256", "bytes"], ...] = Field(
        default=(), description="fields of the trigger file's one line"
    )
    stable: Length | None = Field(default=None, description="unchanged for so long; for files that come without a sign")

    @model_validator(mode="after")
    def _one_sign(self) -> Complete:
        if sum(map(bool, (self.manifest, self.success, self.trigger, self.stable))) != 1:
            raise ValueError("needs exactly one of manifest, success, trigger, stable")
        if self.check and not self.trigger:
            raise ValueError("check says what stands in a trigger file")
        if self.trigger and not self.trigger.startswith("."):
            raise ValueError("trigger is an ending such as .done")
        return self


class Drops(_Model):
    """Files that the retailer's systems put into a bucket."""

    bucket: str = Field(default="", description="the retailer's own bucket; none = the raw store's drop folder")
    prefix: str = ""
    complete: Complete | None = None


CONNECTORS: Mapping[str, type[_Model]] = {"redshift": Redshift, "bigquery": BigQuery, "s3": Drops}


class Origin(_Model):
    """`from:` of a source: exactly one connector, by its name."""

    redshift: Redshift | None = None
    bigquery: BigQuery | None = None
    s3: Drops | None = None

    @model_validator(mode="after")
    def _one(self) -> Origin:
        if sum(getattr(self, name) is not None for name in CONNECTORS) != 1:
            raise ValueError(f"from: names one connector of {', '.join(CONNECTORS)}")
        return self

    @property
    def kind(self) -> str:
        """The connector's name."""
        return next(name for name in CONNECTORS if getattr(self, name) is not None)

    @property
    def asked(self) -> Redshift | BigQuery | None:
        """The database that is asked; None for files."""
        return self.redshift or self.bigquery

    @property
    def complete(self) -> Complete | None:
        """What makes a delivery in the drop folder complete; None = every file by itself.

        Redshift writes its manifest last, and what is read from BigQuery ends with a manifest of the same form. What
        is copied out of a retailer's bucket was complete there.
        """
        if self.asked:
            return Complete(manifest="manifest")
        return self.s3.complete if self.s3 and not self.s3.bucket else None


class Schedule(_Model):
    """When a connector fetches: a local time (`at: "05:30"`), or five fields of cron."""

    at: str = Field(default="", pattern=rf"{_CLOCK}|^$")
    days: tuple[str | int, ...] = ()
    cron: str = ""
    zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"at": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Schedule:
        if bool(self.at) == bool(self.cron):
            raise ValueError("needs either at or cron")
        if self.cron and self.days:
            raise ValueError("days belong to at; cron says its own")
        return self

    @property
    def trigger(self) -> dict[str, Any]:
        """The same as a trigger of the scenario language, which knows slots and EventBridge's expressions."""
        return self.model_dump(exclude_defaults=True)


class DueBy(_Model):
    """By when a delivery is expected, and on which days."""

    at: str = Field(pattern=_CLOCK)
    days: Literal["every", "business"] = "every"
    country: str = Field(default="JP", pattern=r"^[A-Z]{2}$", description="whose public holidays are no business days")
    closed: tuple[str, ...] = Field(default=(), description="further days without a delivery: 12-31 or 2026-05-01")
    zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"at": value} if isinstance(value, str) else value

    @field_validator("closed")
    @classmethod
    def _days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [day for day in value if not re.match(r"^(\d{4}-)?\d{2}-\d{2}$", day)]:
            raise ValueError(f"{wrong[0]} is no day: write 12-31 (yearly) or 2026-05-01")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value} is not an IANA zone such as Asia/Tokyo") from error
