"""A scenario in short lines, for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enishi.scenario.durations import text
from enishi.scenario.model import (
    BranchStep,
    EndStep,
    Part,
    Scenario,
    SendStep,
    SplitStep,
    Step,
    WaitDate,
    WaitDay,
    WaitField,
    WaitFor,
    WaitStep,
    WaitUntil,
    arms_of,
)
from enishi.scenario.schedule import (
    AtTrigger,
    ChangeTrigger,
    CronTrigger,
    EventTrigger,
    EveryTrigger,
    ManualTrigger,
    Trigger,
)

Line = dict[str, str]


def outline(scenario: Scenario) -> list[Line]:
    """Every step as `{"step": id, "does": sentence}`, the steps of an arm indented under it."""
    return list(_lines(scenario.steps, ""))


def _lines(steps: tuple[Step, ...], indent: str) -> Iterator[Line]:
    for step in steps:
        yield {"step": step.id, "does": indent + _does(step)}
        for name, inner in arms_of(step).items():
            if inner or isinstance(step, BranchStep):
                yield {"step": "", "does": f"{indent}  {name}: {_who(step, name)}"}
                yield from _lines(inner, f"{indent}    ")


def _who(step: Step, arm: str) -> str:
    if isinstance(step, SplitStep):
        return f"{step.split[arm]} of {sum(step.split.values())}"
    when = next((part.when for part in step.branch if part.name == arm), None) if isinstance(step, BranchStep) else None
    return json.dumps(when, ensure_ascii=False) if when else "everybody else"


def _does(step: Step) -> str:
    if isinstance(step, WaitStep):
        return f"wait {_WAITS[type(step.wait)](step.wait)}"
    if isinstance(step, SendStep):
        return _send(step)
    if isinstance(step, EndStep):
        return "leave"
    if isinstance(step, SplitStep):
        return "split " + ", ".join(f"{name} {weight}" for name, weight in step.split.items())
    return "branch" if isinstance(step, BranchStep) else next(iter(type(step).model_fields.keys() - {"id"}))


def _send(step: SendStep) -> str:
    send = step.send
    parts = [f"send {send.template} by {' or '.join(send.channels)}"]
    parts += ["at each person's best hour"] if send.hour else []
    parts += [f"useful for {text(send.useful_for)}"] if send.useful_for else []
    parts += [f"only with {', '.join(send.requires)}"] if send.requires else []
    return ", ".join(parts)


_WAITS: Mapping[type[Part], Callable[[Any], str]] = {
    WaitFor: lambda wait: text(wait.duration),
    WaitUntil: lambda wait: f"until {wait.until}" + (f", at least {text(wait.at_least)}" if wait.at_least else ""),
    WaitDay: lambda wait: f"until day {wait.day} at {wait.at}",
    WaitDate: lambda wait: f"until {wait.date} {wait.at}",
    WaitField: lambda wait: f"until {wait.until_field}",
}


def starts(trigger: Trigger) -> str:
    """When a scenario starts, in a few words."""
    return _TRIGGERS[type(trigger)](trigger)


def _at(trigger: AtTrigger) -> str:
    days = ", ".join(str(day) for day in (*trigger.days, *trigger.dates))
    return f"at {trigger.at}, {days or 'every day'}"


_TRIGGERS: Mapping[type, Callable[[Any], str]] = {
    AtTrigger: _at,
    CronTrigger: lambda trigger: f"cron {trigger.cron}",
    EveryTrigger: lambda trigger: f"every {text(trigger.every)}",
    EventTrigger: lambda trigger: f"{trigger.event}, gathered over {text(trigger.batch)}",
    ChangeTrigger: lambda trigger: f"new rows in {trigger.table}",
    ManualTrigger: lambda _: "by hand, after approval",
}
