"""What starts a scenario: the six kinds of trigger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator

from enishi.scenario.cron import cron
from enishi.scenario.durations import Duration

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "last"] | Annotated[int, Field(ge=1, le=31)]
_DAY = timedelta(days=1)


class _Kind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AtTrigger(_Kind):
    """A time of day: every day, or on weekdays or days of the month (`last` too), or on dates (`12-01`: yearly)."""

    at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    days: tuple[Day, ...] = ()
    dates: tuple[Annotated[str, Field(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")], ...] = ()
    zone: str | None = None


class CronTrigger(_Kind):
    """Five fields of cron: minute hour day-of-month month weekday."""

    cron: str
    zone: str | None = None

    @field_validator("cron")
    @classmethod
    def _parses(cls, value: str) -> str:
        cron(value)
        return value


class EveryTrigger(_Kind):
    """A steady beat, counted from midnight UTC; its length divides a day."""

    every: Duration

    @field_validator("every")
    @classmethod
    def _divides_a_day(cls, value: timedelta) -> timedelta:
        return _beat(value)


class EventTrigger(_Kind):
    """Something customers did, gathered over `batch` (divides a day): who did it since the last batch is selected."""

    event: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    batch: Duration = timedelta(hours=1)

    @field_validator("batch")
    @classmethod
    def _divides_a_day(cls, value: timedelta) -> timedelta:
        return _beat(value)


class ChangeTrigger(_Kind):
    """New rows landed in a table of the lake."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class ManualTrigger(_Kind):
    """A planner starts it, after approval."""

    manual: Literal[True] = True


def _beat(value: timedelta) -> timedelta:
    if value <= timedelta(0) or _DAY % value:
        raise ValueError("the length must divide a day, such as `5 minutes`, `1 hour` or `6 hours`")
    return value


TRIGGERS: Mapping[str, type[_Kind]] = {
    "at": AtTrigger,
    "cron": CronTrigger,
    "every": EveryTrigger,
    "event": EventTrigger,
    "table": ChangeTrigger,
    "manual": ManualTrigger,
}


def trigger_kind(value: Any) -> str | None:
    """The word that says what kind of trigger it is; None when there is none."""
    if isinstance(value, _Kind):
        return next((kind for kind, model in TRIGGERS.items() if isinstance(value, model)), None)
    return next((kind for kind in TRIGGERS if isinstance(value, Mapping) and kind in value), None)


Trigger = Annotated[
    Annotated[AtTrigger, Tag("at")]
    | Annotated[CronTrigger, Tag("cron")]
    | Annotated[EveryTrigger, Tag("every")]
    | Annotated[EventTrigger, Tag("event")]
    | Annotated[ChangeTrigger, Tag("table")]
    | Annotated[ManualTrigger, Tag("manual")],
    Discriminator(
        trigger_kind,
        custom_error_type="trigger_kind",
        custom_error_message=f"a trigger says one of {', '.join(TRIGGERS)}",
    ),
    BeforeValidator(lambda value: {"manual": True} if value == "manual" else value),
]
