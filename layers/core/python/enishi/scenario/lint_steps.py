"""Rules on what happens in a scenario: its steps, their templates, the ways through them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

from enishi.consent.quiet import quiet_hours
from enishi.ports import Channel
from enishi.scenario.durations import text
from enishi.scenario.findings import Lint, Rule, Said, near
from enishi.scenario.graph import graph, unreachable
from enishi.scenario.model import (
    OTHERWISE,
    BranchStep,
    ExportStep,
    SendStep,
    SplitStep,
    Step,
    UpdateStep,
    WaitDate,
    WaitDay,
    WaitField,
    WaitFor,
    WaitStep,
    WaitUntil,
)

CHANNEL_FILES: Mapping[Channel, str] = {
    Channel.MAIL: "mail.html.j2",
    Channel.LINE: "line.json.j2",
    Channel.PUSH: "push.json.j2",
}
"""The file that a template folder has for each channel that can be sent."""
PERISHABLE = (Channel.LINE, Channel.PUSH)
LONGEST_WAIT = timedelta(days=364)
MOST_STEPS = 60
MOST_ARMS = 10


def _ids_are_unique(lint: Lint) -> Said:
    counted = Counter(step.id for step in lint.steps)
    for step_id, count in counted.items():
        if count > 1:
            where = lint.definition.where_step(step_id)
            yield f"the step id {step_id!r} stands {count} times", where, "Give each step its own id."


def _every_step_is_reached(lint: Lint) -> Said:
    for step_id in unreachable(lint.scenario.steps):
        where = lint.definition.where_step(step_id)
        yield f"nobody comes to the step {step_id}", where, "Everybody leaves before it: move it, or remove it."


def _not_too_many_steps(lint: Lint) -> Said:
    if len(lint.steps) > MOST_STEPS:
        yield f"{len(lint.steps)} steps; at most {MOST_STEPS} run", lint.at("steps"), "Make two scenarios of it."


def _something_is_sent(lint: Lint) -> Said:
    if not lint.sends:
        yield "the scenario sends nothing", lint.at("steps"), "Add a `send` step."


def _branches_catch_everybody(lint: Lint) -> Said:
    for step in lint.steps:
        if isinstance(step, BranchStep) and OTHERWISE not in {arm.name for arm in step.branch}:
            yield (
                f"the branch {step.id} has no `otherwise`",
                lint.at_step(step),
                "Add `- otherwise: []` as its last arm.",
            )


def _otherwise_comes_last(lint: Lint) -> Said:
    for step in lint.steps:
        names = [arm.name for arm in step.branch] if isinstance(step, BranchStep) else []
        if OTHERWISE in names[:-1]:
            yield f"arms after `otherwise` of {step.id} catch nobody", lint.at_step(step), "Put `otherwise` last."


def _arms_have_conditions(lint: Lint) -> Said:
    for step in lint.steps:
        for arm in step.branch if isinstance(step, BranchStep) else ():
            if arm.when is None and arm.name != OTHERWISE:
                yield f"the arm {arm.name} of {step.id} has no `when`", lint.at_step(step), "Say who takes it."


def _arms_have_different_names(lint: Lint) -> Said:
    for step in lint.steps:
        counted = Counter(arm.name for arm in step.branch) if isinstance(step, BranchStep) else Counter()
        for name, count in counted.items():
            if count > 1:
                yield f"{step.id} has {count} arms named {name}", lint.at_step(step), "Give each arm its own name."


def _not_too_many_arms(lint: Lint) -> Said:
    for step in lint.steps:
        count = len(step.branch) if isinstance(step, BranchStep) else len(getattr(step, "split", ()))
        if count > MOST_ARMS:
            yield f"{step.id} has {count} arms; at most {MOST_ARMS} run", lint.at_step(step), "Use fewer arms."


def _weights_are_positive(lint: Lint) -> Said:
    for step in lint.steps:
        for name, weight in step.split.items() if isinstance(step, SplitStep) else ():
            if weight < 1:
                yield f"the arm {name} of {step.id} weighs {weight}", lint.at_step(step), "Give it a weight above zero."


def _splits_have_two_arms(lint: Lint) -> Said:
    for step in lint.steps:
        if isinstance(step, SplitStep) and len(step.split) < 2:
            yield f"the split {step.id} has one arm", lint.at_step(step), "Name at least two."


def _arms_of_a_split_have_weights(lint: Lint) -> Said:
    for step in lint.steps:
        if isinstance(step, SplitStep):
            for name in step.arms.keys() - step.split.keys():
                remedy = near(name, list(step.split), "Add its weight to `split`.")
                yield f"the arm {name} of {step.id} has no weight", lint.at_step(step), remedy


def _templates_exist(lint: Lint) -> Said:
    folders = sorted({name.partition("/")[0] for name in lint.definition.files if "/" in name} - {"_shared"})
    for step in lint.sends:
        if step.send.template not in folders:
            remedy = near(step.send.template, folders, f"Make the folder `{step.send.template}/` beside scenario.yaml.")
            yield f"there is no template {step.send.template!r}", lint.at_step(step), remedy


def _templates_have_their_channels(lint: Lint) -> Said:
    files = lint.definition.files
    for step in lint.sends:
        folder = step.send.template
        for channel in step.send.channels:
            file = CHANNEL_FILES.get(channel)
            if file and f"{folder}/{file}" not in files and any(name.startswith(f"{folder}/") for name in files):
                yield (
                    f"the template {folder!r} has no {file} for {channel}",
                    lint.at_step(step),
                    f"Write {folder}/{file}, or leave {channel} out.",
                )


def _channels_can_be_sent(lint: Lint) -> Said:
    for step in lint.sends:
        for channel in step.send.channels:
            if channel not in CHANNEL_FILES:
                known = ", ".join(CHANNEL_FILES)
                yield f"{channel} cannot be sent by this version", lint.at_step(step), f"Use {known}."


def _perishable_sends_say_how_long(lint: Lint) -> Said:
    for step in lint.sends:
        fleeting = [channel for channel in step.send.channels if channel in PERISHABLE]
        if fleeting and step.send.useful_for is None:
            what = f"{step.id} sends by {' and '.join(fleeting)} without saying how long it is useful"
            yield what, lint.at_step(step), "Add `useful_for: 12 hours`."


def _required_blocks_are_offered(lint: Lint) -> Said:
    offered = list(lint.scenario.offer)
    for step in lint.sends:
        for block in step.send.requires:
            if block not in offered:
                remedy = near(block, offered, f"Add `{block}` to `offer`.")
                yield f"{step.id} requires the block {block!r}, which no offer makes", lint.at_step(step), remedy


def _sends_are_apart(lint: Lint) -> Said:
    ways = graph(lint.scenario.steps).ways
    by_id = {step.id: step for step in lint.steps}
    for step in lint.sends:
        for other in _sends_without_wait(step, ways, by_id):
            what = f"{other.id} follows {step.id} without a wait: one person gets both at once"
            yield what, lint.at_step(other), "Put a `wait` between them, or use `prefer`."


def _sends_without_wait(step: Step, ways: Mapping[str, tuple[str, ...]], by_id: Mapping[str, Step]) -> Iterator[Step]:
    ahead, seen = list(ways[step.id]), set[str]()
    while ahead:
        node = ahead.pop()
        following = by_id.get(node)
        if following is None or node in seen or isinstance(following, WaitStep):
            continue
        seen.add(node)
        if isinstance(following, SendStep):
            yield following
        else:
            ahead += ways[node]


def _waits_are_short_enough(lint: Lint) -> Said:
    for step in lint.waits:
        length = _length(step)
        if length > LONGEST_WAIT:
            remedy = "Select those whose time has come, every day."
            yield f"{step.id} waits {text(length)}; a run lives less than a year", lint.at_step(step), remedy


def _whole_run_is_short_enough(lint: Lint) -> Said:
    total = sum((_length(step) for step in lint.waits if _length(step) <= LONGEST_WAIT), timedelta(0))
    if total > LONGEST_WAIT:
        what = f"all waits together take {text(total)}; a run lives less than a year"
        yield what, lint.at("steps"), "Make a second scenario that selects those whose time has come."


def _length(step: WaitStep) -> timedelta:
    wait = step.wait
    if isinstance(wait, WaitFor):
        return wait.duration
    if isinstance(wait, WaitUntil):
        return wait.at_least
    return timedelta(days=wait.day) if isinstance(wait, WaitDay) else timedelta(0)


def _waits_can_be_waited(lint: Lint) -> Said:
    for step in lint.waits:
        wait = step.wait
        if isinstance(wait, WaitField):
            remedy = "Select those whose date has come, every day."
            yield f"{step.id} waits for each customer's own date", lint.at_step(step), remedy
        elif isinstance(wait, WaitUntil | WaitDay | WaitDate) and wait.zone and wait.zone not in available_timezones():
            remedy = near(wait.zone, sorted(available_timezones()), "Leave `zone` out: the environment's is taken.")
            yield f"{step.id} waits in the zone {wait.zone!r}, which cannot be used", lint.at_step(step), remedy


def _dates_exist(lint: Lint) -> Said:
    for step in lint.waits:
        if isinstance(step.wait, WaitDate) and not _is_date(step.wait.date):
            yield f"{step.id} waits for {step.wait.date}, which is no date", lint.at_step(step), "Correct the date."


def _is_date(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True


def _nothing_is_sent_in_quiet_hours(lint: Lint) -> Said:
    quiet = quiet_hours(lint.settings)
    ways = graph(lint.scenario.steps).ways
    sends = {step.id for step in lint.sends if step.send.hour is None}
    for step in lint.waits:
        clock = getattr(step.wait, "until", None) or getattr(step.wait, "at", None)
        moment = datetime.combine(date(2000, 1, 1), time.fromisoformat(clock), UTC) if clock else None
        if moment and quiet.holds(moment, UTC) and sends & set(ways[step.id]):  # type: ignore[arg-type]
            what = f"{step.id} waits until {clock}, in the quiet hours, and then sends"
            yield what, lint.at_step(step), f"Wait until {lint.settings.quiet_until} or later."


def _steps_can_run(lint: Lint) -> Said:
    for step in lint.steps:
        if isinstance(step, UpdateStep | ExportStep):
            kind = "update" if isinstance(step, UpdateStep) else "export"
            yield f"{step.id}: `{kind}` does not run in this version", lint.at_step(step), "Leave the step out."


RULES: Mapping[str, Rule] = {
    "duplicate-id": _ids_are_unique,
    "unreachable": _every_step_is_reached,
    "too-many-steps": _not_too_many_steps,
    "nothing-sent": _something_is_sent,
    "no-otherwise": _branches_catch_everybody,
    "otherwise-not-last": _otherwise_comes_last,
    "arm-without-when": _arms_have_conditions,
    "duplicate-arm": _arms_have_different_names,
    "too-many-arms": _not_too_many_arms,
    "weight": _weights_are_positive,
    "one-armed-split": _splits_have_two_arms,
    "arm-without-weight": _arms_of_a_split_have_weights,
    "template-missing": _templates_exist,
    "template-channel": _templates_have_their_channels,
    "channel-not-sendable": _channels_can_be_sent,
    "perishable": _perishable_sends_say_how_long,
    "block-not-offered": _required_blocks_are_offered,
    "sends-together": _sends_are_apart,
    "wait-too-long": _waits_are_short_enough,
    "run-too-long": _whole_run_is_short_enough,
    "wait-impossible": _waits_can_be_waited,
    "date": _dates_exist,
    "quiet-hours": _nothing_is_sent_in_quiet_hours,
    "step-not-supported": _steps_can_run,
}
