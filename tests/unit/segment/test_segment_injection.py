"""Values are values: what a planner types stands in the query as one literal and finds only what equals it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlglot import exp

from enishi.errors import QueryError
from enishi.lake.sql import parse_condition, to_athena
from enishi.segment.compile import predicate
from enishi.segment.model import load
from enishi.segment.moment import Moment
from tests.unit.segment.small_lake import Lake

TODAY = Moment.end_of(date(2026, 11, 21), ZoneInfo("Asia/Tokyo"))

_FILE = Path(__file__).parents[2] / "cases" / "segments" / "injection" / "payloads.yaml"
_STEMS: list[str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_FRAMES = ("{}", "{}x", "x{}", "' {}")
PAYLOADS = sorted({frame.replace("{}", stem) for stem in _STEMS for frame in _FRAMES})
PLAIN = [payload for payload in PAYLOADS if "\0" not in payload]

OPERATORS: dict[str, Callable[[str], dict[str, Any]]] = {
    "equals": lambda text: {"attribute": {"prefecture": {"equals": text}}},
    "not_equals": lambda text: {"attribute": {"prefecture": {"not_equals": text}}},
    "in": lambda text: {"attribute": {"prefecture": ["zz", text]}},
    "not_in": lambda text: {"attribute": {"prefecture": {"not_in": [text]}}},
    "between": lambda text: {"attribute": {"prefecture": {"between": [text, text]}}},
    "at_least": lambda text: {"attribute": {"prefecture": {"at_least": text}}},
    "below": lambda text: {"attribute": {"prefecture": {"below": text}}},
    "starts_with": lambda text: {"attribute": {"prefecture": {"starts_with": text}}},
    "contains": lambda text: {"attribute": {"prefecture": {"contains": text}}},
    "own column": lambda text: {"attribute": {f"attributes.{text}": text}},
    "category": lambda text: {"purchase": {"ever": True, "of": {"category": text}}},
    "product": lambda text: {"purchase": {"ever": True, "of": {"product": [text], "attributes": {text: text}}}},
    "store": lambda text: {"purchase": {"ever": True, "store": text}},
    "search": lambda text: {"web": {"searched": text, "in": "7 days"}},
    "message": lambda text: {"message": {"scenario": text, "step": text, "ever": True}},
    "coupon": lambda text: {"coupon": {"id": text, "campaign": text}},
    "survey": lambda text: {"survey": {"question": text, "answer": text}},
    "near_store": lambda text: {"near_store": {"within_km": 1, "store": text}},
    "favourite": lambda text: {"favourite": {"brand": text}},
    "warranty": lambda text: {"warranty": {"plan": text}},
}


def _texts(tree: exp.Expr) -> list[str]:
    return sorted(node.this for node in tree.find_all(exp.Literal) if node.is_string)


def _shape(tree: exp.Expr) -> str:
    """The condition with every literal blanked out."""
    return repr(tree.transform(lambda node: exp.Literal.string("") if isinstance(node, exp.Literal) else node))


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 200


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_payload_stays_one_literal(operator: str) -> None:
    """The text of the condition, read back, holds the very payload and has the shape that a plain word gives."""
    build = OPERATORS[operator]
    plain = _shape(parse_condition(to_athena(predicate(build("plain"), TODAY)), operator))
    for payload in PLAIN:
        written = predicate(build(payload), TODAY)
        again = parse_condition(to_athena(written), operator)
        wanted = payload.lower() if operator == "search" else payload
        assert wanted in _texts(again), payload
        assert _texts(again) == _texts(written), payload
        assert _shape(again) == plain or (operator == "category" and "/" in payload), payload


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_nul_is_refused(operator: str) -> None:
    with pytest.raises(QueryError, match="NUL"):
        predicate(OPERATORS[operator]("a\0b"), TODAY)


def test_a_payload_finds_only_itself(lake: Lake) -> None:
    """Every payload as a value of a customer: equality finds that customer alone, of all of them at once."""
    people = [{"customer_id": f"C{n:03}", "prefecture": text} for n, text in enumerate(PLAIN)]
    lake.fill({"customers": people})
    for number in range(0, len(PLAIN), 8):
        text = PLAIN[number]
        assert lake.who(load({"attribute": {"prefecture": text}}), TODAY) == [f"C{number:03}"], text
        found = lake.who(load({"attribute": {"prefecture": {"contains": text}}}), TODAY)
        assert found == [f"C{n:03}" for n, other in enumerate(PLAIN) if text in other], text
        found = lake.who(load({"attribute": {"prefecture": {"starts_with": text}}}), TODAY)
        assert found == [f"C{n:03}" for n, other in enumerate(PLAIN) if other.startswith(text)], text


def test_all_payloads_at_once_find_all(lake: Lake) -> None:
    people = [{"customer_id": f"C{n:03}", "prefecture": text} for n, text in enumerate(PLAIN)]
    lake.fill({"customers": [*people, {"customer_id": "other", "prefecture": "other"}]})
    assert lake.who(load({"attribute": {"prefecture": PLAIN}}), TODAY) == sorted(p["customer_id"] for p in people)
    assert lake.who(load({"attribute": {"prefecture": {"not_in": PLAIN}}}), TODAY) == ["other"]
