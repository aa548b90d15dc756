"""The page's examples are read by the language itself."""

import re
from pathlib import Path
from typing import Any

import pytest

from enishi.scenario import asl
from enishi.scenario.compile import compile_scenario
from enishi.scenario.model import find_step

PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
HEAD = "title: t\npurpose: p\ntarget: {everyone: true}\nreentry: always\nkpi: [k]\ntips: t\n"
SEND = "  - send: {template: hello, channel: mail}\n"


def test_the_example_is_a_scenario(written: Any) -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[0]
    scenario = written(text).scenario
    assert asl.findings(compile_scenario(scenario)) == []


def first_cells(heading: str) -> list[str]:
    """The code in the first column of the table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \|", section, re.M)


@pytest.mark.parametrize("trigger", first_cells("Triggers"))
def test_every_trigger_of_the_page_is_one(trigger: str, written: Any) -> None:
    assert written(f"{HEAD}trigger: {trigger}\nsteps:\n{SEND}").scenario.trigger


@pytest.mark.parametrize("step", [step for step in first_cells("Steps") if "…" not in step and "template" not in step])
def test_every_step_of_the_page_is_one(step: str, written: Any) -> None:
    scenario = written(f"{HEAD}trigger: manual\nsteps:\n  - {step}\n{SEND}").scenario
    assert find_step(scenario, "s1")
