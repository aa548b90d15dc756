from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.errors import ScenarioError
from enishi.scenario.lint import RULES, lint, must_hold
from enishi.settings import Settings

FOLDER = Path(__file__).parents[2] / "cases" / "scenarios"
CASES: list[dict[str, Any]] = [
    case for path in sorted(FOLDER.glob("lint_*.yaml")) for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
TODAY = date(2026, 11, 21)
MANY = "  - wait: 1 minute\n" * 60


def changed(base: str, case: dict[str, Any]) -> str:
    for old, new in case["replace"].items():
        assert old in base, f"the base has no {old!r}"
        base = base.replace(old, new.replace("%MANY%", MANY))
    return base


@pytest.mark.parametrize("case", CASES, ids=[f"{case['rule']}-{at}" for at, case in enumerate(CASES)])
def test_the_rule_speaks(case: dict[str, Any], base: str, written: Any) -> None:
    text = changed(base, case)
    found = [finding for finding in lint(written(text), Settings(), TODAY) if finding.rule == case["rule"]]
    assert found, "the rule said nothing"
    assert case["says"] in found[0].what
    assert case.get("remedy", "") in found[0].remedy
    assert found[0].remedy.endswith((".", "?"))
    file, _, line = found[0].where.rpartition(":")
    assert file == "research/welcome/scenario.yaml"
    assert case["line"] in text.splitlines()[int(line) - 1]


def test_every_rule_has_a_case() -> None:
    assert {case["rule"] for case in CASES} == set(RULES)


def test_the_base_holds(base: str, written: Any) -> None:
    assert lint(written(base), Settings(), TODAY) == []


def test_must_hold_raises_the_first_finding(base: str, written: Any) -> None:
    definition = written(base.replace("template: again", "template: agian"))
    with pytest.raises(
        ScenarioError, match=r"scenario\.yaml:21: there is no template 'agian'\. Did you mean `again`\?"
    ):
        must_hold(definition, Settings(), TODAY)
