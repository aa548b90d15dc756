"""Compiled definitions: golden ones, what every one must keep, and how broken ones are found out."""

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.errors import NotSupportedError, ScenarioError
from enishi.scenario import asl
from enishi.scenario.compile import compile_scenario
from enishi.scenario.library import Library, library
from enishi.scenario.model import Scenario
from enishi.scenario.spelling import spell
from enishi.settings import Settings

CASES = Path(__file__).parents[2] / "cases" / "asl"
GOLDEN = sorted(path.stem for path in CASES.glob("*.json"))
BROKEN: list[dict[str, Any]] = yaml.safe_load((CASES / "broken.yaml").read_text(encoding="utf-8"))
SHIPPED: Library = library(Settings())


def scenario(name: str) -> Scenario:
    spelt, _ = spell(yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8")))
    return Scenario.model_validate(spelt)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_definition_is_the_golden_one(name: str) -> None:
    golden = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    assert compile_scenario(scenario(name)) == golden


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_definitions_hold(name: str) -> None:
    assert asl.findings(compile_scenario(scenario(name))) == []


@pytest.mark.parametrize("name", SHIPPED.paths)
def test_every_scenario_that_ships_compiles_to_a_definition_that_holds(name: str) -> None:
    assert asl.findings(compile_scenario(SHIPPED.load(name))) == []


@pytest.mark.parametrize("case", BROKEN, ids=[f"{case['rule']}-{at}" for at, case in enumerate(BROKEN)])
def test_a_broken_definition_is_found_out(case: dict[str, Any]) -> None:
    definition = copy.deepcopy(compile_scenario(scenario("plain")))
    *way, last = case["at"]
    inside = definition
    for key in way:
        inside = inside[key]
    inside[last] = case["to"]
    if case["to"] is None:
        del inside[last]
    assert any(case["says"] in sentence for sentence in asl.findings(definition)), asl.findings(definition)
    with pytest.raises(ScenarioError, match="the state machine does not hold"):
        asl.check(definition, "plain")


def test_every_asl_rule_has_a_broken_definition() -> None:
    assert {case["rule"] for case in BROKEN} == {rule.__name__ for rule in asl.RULES}


def test_people_never_stand_in_the_state() -> None:
    """Every task gets references; nothing that grows with the audience is passed on."""
    text = json.dumps(compile_scenario(SHIPPED.load("cart_abandonment")))
    assert "customer" not in text
    assert len(text) < 100_000


def test_claims_are_waited_out() -> None:
    sends = [
        state
        for block in asl.blocks(compile_scenario(scenario("plain"), claim_seconds=120))
        for name, state in block.states.items()
        if name.endswith(" send")
    ]
    waits = [
        retrier for state in sends for retrier in state["Retry"] if "ClaimsInFlightError" in retrier["ErrorEquals"]
    ]
    assert [(wait["IntervalSeconds"], wait["BackoffRate"]) for wait in waits] == [(120, 1.0)]


def test_what_cannot_run_yet_is_said() -> None:
    one = scenario("plain").model_dump() | {"steps": [{"id": "s1", "update": {"tag": "x"}}]}
    with pytest.raises(NotSupportedError, match=r"s1 \(update\)"):
        compile_scenario(Scenario.model_validate(one))


def test_the_model_survives_json() -> None:
    for name in SHIPPED.paths:
        one = SHIPPED.load(name)
        assert Scenario.model_validate_json(one.model_dump_json()) == one
        assert one.latest >= timedelta(0)
