"""Rules on who comes in, when, and what for: trigger, conditions, holdout, goal, the planner's notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

from enishi.clock import start_of_day
from enishi.errors import DefinitionError
from enishi.lake.schema import tables
from enishi.scenario import source
from enishi.scenario.findings import Lint, Rule, Said, near
from enishi.scenario.model import BranchStep, Condition
from enishi.scenario.schedule import AtTrigger, ChangeTrigger, CronTrigger, EventTrigger
from enishi.scenario.triggers import due_slots, in_a_gap
from enishi.segment.compile import tables as tables_read
from enishi.segment.library import shipped
from enishi.segment.model import condition

LARGEST_HOLDOUT = 0.5
_AHEAD = timedelta(days=366 * 5)


@cache
def events() -> Mapping[str, str]:
    """Events that may trigger a scenario, and the table in which each shows."""
    text = (files("enishi.scenario") / "events.yaml").read_text(encoding="utf-8")
    return {name: str(table) for name, table in source.read(text, "events.yaml").data.items()}


def _folder_has_the_id(lint: Lint) -> Said:
    folder = lint.definition.source.name.split("/")[-2]
    if lint.scenario.id != folder:
        yield f"the id {lint.scenario.id!r} is not the folder's name {folder!r}", lint.at("id"), "Remove `id`."


def _holdout_is_a_control(lint: Lint) -> Said:
    if not 0 <= lint.scenario.holdout <= LARGEST_HOLDOUT:
        what = f"the holdout is {lint.scenario.holdout:.0%}; it may be 0 % to {LARGEST_HOLDOUT:.0%}"
        yield what, lint.at("holdout"), "Write `holdout: 10%`."


def _goal_has_a_window(lint: Lint) -> Said:
    if lint.scenario.goal and lint.scenario.goal.within is None:
        yield "the goal has no window", lint.at("goal"), "Add `within: 7 days` to the goal."


def _reentry_takes_time(lint: Lint) -> Said:
    after = lint.scenario.reentry.after
    if lint.scenario.reentry.rule == "after" and (after is None or after <= timedelta(0)):
        yield "re-entry after no time means always", lint.at("reentry"), "Write `reentry: {after: 7 days}` or `always`."


def _conditions_hold(lint: Lint) -> Said:
    for written, where in _conditions(lint):
        try:
            tables_read(condition(written), replace(shipped(), open=True))
        except DefinitionError as error:
            what = f"{error.where}: {error.what}" if error.where else error.what
            yield what, where, error.remedy


def _conditions(lint: Lint) -> Iterator[tuple[Condition, str]]:
    scenario = lint.scenario
    yield scenario.target, lint.at("target")
    yield from ((written, lint.at("exit", index)) for index, written in enumerate(scenario.exit))
    if scenario.goal:
        yield scenario.goal.condition, lint.at("goal")
    for step in lint.steps:
        for arm in step.branch if isinstance(step, BranchStep) else ():
            if arm.when is not None:
                yield arm.when, lint.at_step(step)


def _event_is_known(lint: Lint) -> Said:
    trigger = lint.scenario.trigger
    if isinstance(trigger, EventTrigger) and trigger.event not in events():
        remedy = near(trigger.event, list(events()), f"Events are {', '.join(events())}.")
        yield f"there is no event {trigger.event!r}", lint.at("trigger"), remedy


def _table_is_known(lint: Lint) -> Said:
    trigger = lint.scenario.trigger
    if isinstance(trigger, ChangeTrigger) and trigger.table not in tables():
        remedy = near(trigger.table, list(tables()), "`docs/lake.md` names the tables.")
        yield f"the lake has no table {trigger.table!r}", lint.at("trigger"), remedy


def _zone_is_known(lint: Lint) -> Said:
    zone = getattr(lint.scenario.trigger, "zone", None)
    if zone and zone not in available_timezones():
        remedy = near(zone, sorted(available_timezones()), "Write a zone such as Asia/Tokyo.")
        yield f"there is no time zone {zone!r}", lint.at("trigger", "zone"), remedy


def _trigger_is_due_some_day(lint: Lint) -> Said:
    trigger, zone = lint.scenario.trigger, lint.settings.zone
    if not isinstance(trigger, AtTrigger | CronTrigger) or any(_zone_is_known(lint)):
        return
    begin = start_of_day(lint.today, lint.settings.tz)
    if not due_slots(trigger, begin, begin + _AHEAD, zone):
        yield "the trigger is never due", lint.at("trigger"), "Correct its dates."


def _clock_shows_the_time(lint: Lint) -> Said:
    trigger, zone = lint.scenario.trigger, lint.settings.zone
    if not isinstance(trigger, AtTrigger | CronTrigger) or any(_zone_is_known(lint)):
        return
    skipped = in_a_gap(trigger, zone, (lint.today + timedelta(days=number) for number in range(366 * 2)))
    if skipped:
        what = f"on {skipped} the clock skips a time at which the trigger is due"
        yield what, lint.at("trigger"), "Choose a time that every day has."


def _tables_of_the_notes_exist(lint: Lint) -> Said:
    for index, name in enumerate(lint.scenario.data):
        if name not in tables():
            remedy = near(name, list(tables()), "`docs/lake.md` names the tables.")
            yield f"`data` names {name!r}, which the lake has not", lint.at("data", index), remedy


def _notes_are_written(lint: Lint) -> Said:
    for name in ("purpose", "kpi", "tips"):
        if not getattr(lint.scenario, name):
            yield f"`{name}` is empty: planners read it beside the scenario", lint.at(), f"Add `{name}: …`."


RULES: Mapping[str, Rule] = {
    "folder": _folder_has_the_id,
    "holdout": _holdout_is_a_control,
    "goal-window": _goal_has_a_window,
    "reentry": _reentry_takes_time,
    "condition": _conditions_hold,
    "event": _event_is_known,
    "table": _table_is_known,
    "zone": _zone_is_known,
    "never-due": _trigger_is_due_some_day,
    "clock-gap": _clock_shows_the_time,
    "data": _tables_of_the_notes_exist,
    "notes": _notes_are_written,
}
