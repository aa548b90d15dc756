"""The scenario language, as data classes. What a planner may write, and nothing else.

A scenario answers Target (`target`), Offer (`offer`, templates), Timing (`trigger`, waits, `hour`), Channel (`send`).
Conditions (`target`, `when`, `exit`, `goal`) are of the segment language and stay raw mappings here; `enishi.segment`
checks and compiles them. `offer` is raw too: `enishi.offer` owns its block sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    model_validator,
)

from enishi.ports import Channel
from enishi.scenario.durations import Duration
from enishi.scenario.schedule import Trigger

Condition = Mapping[str, Any]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
StepId = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_.]{0,39}$")]
ArmName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
OTHERWISE = "otherwise"


class Part(BaseModel):
    """Base of everything that stands in a scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class WaitFor(Part):
    """A length of time from the moment the step is reached."""

    duration: Duration


class WaitUntil(Part):
    """The next time the clock shows `until`, at least `at_least` from now, in `zone` (None = the environment's)."""

    until: Clock
    at_least: Duration = timedelta(0)
    zone: str | None = None


class WaitDay(Part):
    """The N-th day after the run's slot day, at a time of day: day 0 is the slot's own day."""

    day: int = Field(ge=0)
    at: Clock
    zone: str | None = None


class WaitDate(Part):
    """One calendar date, at a time of day."""

    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    at: Clock
    zone: str | None = None


class WaitField(Part):
    """Until a date that each customer has; refused by the lint: a daily selection says the same."""

    until_field: str


_WAITS = {"duration": WaitFor, "until": WaitUntil, "day": WaitDay, "date": WaitDate, "until_field": WaitField}


def _wait_kind(value: Any) -> str | None:
    if isinstance(value, Part):
        return next((kind for kind, model in _WAITS.items() if isinstance(value, model)), None)
    return next((kind for kind in _WAITS if isinstance(value, Mapping) and kind in value), None)


def _spell_wait(value: Any) -> Any:
    return {"duration": value} if isinstance(value, str) else value


Wait = Annotated[
    Annotated[WaitFor, Tag("duration")]
    | Annotated[WaitUntil, Tag("until")]
    | Annotated[WaitDay, Tag("day")]
    | Annotated[WaitDate, Tag("date")]
    | Annotated[WaitField, Tag("until_field")],
    Discriminator(
        _wait_kind,
        custom_error_type="wait_kind",
        custom_error_message="a wait is a length of time, or says one of `until`, `day`, `date`",
    ),
    BeforeValidator(_spell_wait),
]


class WaitStep(Part):
    id: StepId
    wait: Wait


class Arm(Part):
    """One way out of a branch. `when` is None for the arm that takes everybody else."""

    name: ArmName
    when: Condition | None = None
    steps: tuple[Step, ...] = ()


class BranchStep(Part):
    """Arms are tried in order; the first whose condition holds at that moment takes the customer."""

    id: StepId
    branch: tuple[Arm, ...] = Field(min_length=1)


class SplitStep(Part):
    """A stable random split. Without `arms` it only labels people (the variant that a template can read)."""

    id: StepId
    split: Mapping[ArmName, int] = Field(min_length=1)
    arms: Mapping[ArmName, tuple[Step, ...]] = Field(default_factory=dict)


class Send(Part):
    """One message a customer: by `channel`, or by the first of `prefer` that is allowed and reachable.

    `useful_for`: how long after the step's moment the message still makes sense; later it is skipped and reported.
    `hour: best`: each customer's own best hour within the next 24 hours.
    `requires`: blocks without which the message is not sent.
    """

    template: Name
    channel: Channel | None = None
    prefer: tuple[Channel, ...] = ()
    useful_for: Duration | None = None
    hour: Literal["best"] | None = None
    requires: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_name_channels(self) -> Send:
        if (self.channel is None) == (not self.prefer):
            raise ValueError("name either `channel` or `prefer`")
        return self

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels in order of preference."""
        return (self.channel,) if self.channel else self.prefer


class SendStep(Part):
    id: StepId
    send: Send


class EndStep(Part):
    """Whoever comes here leaves the scenario."""

    id: StepId
    end: Literal[True] = True


class UpdateStep(Part):
    id: StepId
    update: Mapping[str, Any]


class ExportStep(Part):
    id: StepId
    export: Mapping[str, Any]


STEP_KINDS: Mapping[str, type[Part]] = {
    "wait": WaitStep,
    "branch": BranchStep,
    "split": SplitStep,
    "send": SendStep,
    "end": EndStep,
    "update": UpdateStep,
    "export": ExportStep,
}


def step_kind(value: Any) -> str | None:
    """The word that says what a step does; None when there is none."""
    if isinstance(value, Part):
        return next((kind for kind, model in STEP_KINDS.items() if isinstance(value, model)), None)
    return next((kind for kind in STEP_KINDS if isinstance(value, Mapping) and kind in value), None)


Step = Annotated[
    Annotated[WaitStep, Tag("wait")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[SplitStep, Tag("split")]
    | Annotated[SendStep, Tag("send")]
    | Annotated[EndStep, Tag("end")]
    | Annotated[UpdateStep, Tag("update")]
    | Annotated[ExportStep, Tag("export")],
    Discriminator(
        step_kind,
        custom_error_type="step_kind",
        custom_error_message=f"a step says one of {', '.join(STEP_KINDS)}",
    ),
]


class Reentry(Part):
    """When a customer may enter again: never, always, or `after` a length of time since the last entry."""

    rule: Literal["never", "always", "after"]
    after: Duration | None = None


def _spell_reentry(value: Any) -> Any:
    if isinstance(value, str):
        return {"rule": value}
    if isinstance(value, Mapping) and set(value) == {"after"}:
        return {"rule": "after", **value}
    return value


class Goal(Part):
    """What the scenario wants: a condition of the segment language, and the window that counts."""

    condition: Condition
    within: Duration | None = None


def _spell_goal(value: Any) -> Any:
    if isinstance(value, Mapping) and "condition" not in value:
        return {
            "condition": {key: item for key, item in value.items() if key != "within"},
            **{key: item for key, item in value.items() if key == "within"},
        }
    return value


def _share(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("%"):
        return float(value[:-1]) / 100
    return value


Share = Annotated[float, BeforeValidator(_share), PlainSerializer(lambda share: f"{share * 100:g}%")]


class Scenario(Part):
    """One scenario, whole. Made by `enishi.scenario.library`; steps always carry their ids here."""

    id: Name
    stage: Name
    title: str = Field(min_length=1, max_length=120)
    purpose: str = ""
    trigger: Trigger
    target: Condition
    holdout: Share = 0.1
    reentry: Annotated[Reentry, BeforeValidator(_spell_reentry)]
    exit: tuple[Condition, ...] = ()
    goal: Annotated[Goal, BeforeValidator(_spell_goal)] | None = None
    steps: tuple[Step, ...] = Field(min_length=1)
    offer: Mapping[Name, Any] = Field(default_factory=dict)
    priority: int = Field(default=50, ge=0, le=100)
    capacity: int | None = Field(default=None, ge=1)
    latest: Duration = timedelta(hours=6)
    parameters: Mapping[Name, Any] = Field(default_factory=dict)
    kpi: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    tips: str = ""


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, nested ones included, in reading order."""
    for step in steps:
        yield step
        for inner in arms_of(step).values():
            yield from walk(inner)


def arms_of(step: Step) -> dict[str, tuple[Step, ...]]:
    """Arm name → its steps, of a branch or a split; {} for any other step."""
    if isinstance(step, BranchStep):
        return {arm.name: arm.steps for arm in step.branch}
    if isinstance(step, SplitStep):
        return {name: step.arms.get(name, ()) for name in step.split}
    return {}


def find_step(scenario: Scenario, step_id: str) -> Step:
    """The step of that id. Raises KeyError when there is none: a compiled definition never names one."""
    return next(step for step in walk(scenario.steps) if step.id == step_id)


Arm.model_rebuild()
SplitStep.model_rebuild()
BranchStep.model_rebuild()
Scenario.model_rebuild()
