"""Every template of tests/cases/templates/attacks.yaml: no escape, each ends within 2 seconds and 1 MB."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.content.limits import METER, Limits, Meter
from enishi.content.links import is_web_address
from enishi.content.sandbox import Sandbox, print_html
from enishi.errors import TemplateError

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "templates" / "attacks.yaml").read_text("utf-8"))
VARIABLES: dict[str, Any] = {
    "text": "abc",
    "items": [{"name": "n", "price": 5}],
    "numbers": list(range(50)),
    "name": "<b>&\"'",
    "curly": "{{ 7 * 7 }}",
    "newline": "a\r\nBcc: x",
}
PATH = "attack/mail.html.j2"


def source_of(case: dict[str, Any]) -> str:
    times = case.get("times", 0)
    source = case["source"].replace("REPEAT", case.get("repeat", "") * times)
    return source + case.get("close", "") * times + case.get("after", "")


def refuse_or_sign(url: str, *_: object) -> str:
    if not is_web_address(url):
        raise TemplateError("a link must lead to an absolute http(s) address")
    return url


def outcome(case: dict[str, Any]) -> tuple[str, str]:
    sandbox = Sandbox({PATH: source_of(case)}, print_html, Limits(), {})
    try:
        template = sandbox.get_template(PATH)
    except TemplateError:
        return "refused", ""
    token = METER.set(Meter(Limits(), refuse_or_sign))
    try:
        return "harmless", template.render(VARIABLES)
    except Exception:
        return "stopped", ""
    finally:
        METER.reset(token)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_attack_ends_as_expected_within_its_budget(case: dict[str, Any]) -> None:
    begun = time.process_time()
    verdict, result = outcome(case)
    assert time.process_time() - begun < 2
    assert verdict == case["expect"]
    assert len(result.encode()) <= 1_000_000
    assert result == case.get("gives", result)


def test_there_are_enough_attacks_and_each_has_its_own_name() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


def test_templates_cannot_change_the_data() -> None:
    before = {**VARIABLES, "items": [dict(item) for item in VARIABLES["items"]]}
    for case in CASES:
        outcome(case)
    assert before == VARIABLES
