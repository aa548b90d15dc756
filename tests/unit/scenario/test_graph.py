"""Where ways meet, on graphs worked out by hand."""

from typing import Any

import pytest

from enishi.scenario.graph import EXIT, graph, unreachable
from enishi.scenario.model import Scenario
from enishi.scenario.spelling import spell

HEAD = {"id": "x", "stage": "y", "title": "t", "trigger": "manual", "target": {"everyone": True}, "reentry": "always"}
WAIT = {"wait": "1 hour"}
END = "end"
SPLIT = {"split": {"A": 1, "B": 1}}


def branch(*arms: list[Any]) -> dict[str, Any]:
    *named, other = arms
    return {"branch": [*({"when": {"everyone": True}, "steps": arm} for arm in named), {"otherwise": other}]}


def steps(written: list[Any]) -> Any:
    spelt, _ = spell({**HEAD, "steps": written})
    return Scenario.model_validate(spelt).steps


@pytest.mark.parametrize(
    ("written", "node", "meets"),
    [
        ([WAIT, WAIT], "s1", "s2"),
        ([WAIT], "s1", EXIT),
        ([branch([WAIT], []), WAIT], "s1", "s2"),
        ([branch([WAIT], [])], "s1", EXIT),
        ([branch([WAIT, END], []), WAIT], "s1", "s2"),
        ([branch([END], [WAIT], [WAIT]), WAIT], "s1", "s2"),
        ([branch([END], [WAIT, END])], "s1", None),
        ([branch([branch([WAIT], []), WAIT], []), WAIT], "s1.a.1", "s1.a.2"),
        ([branch([branch([WAIT], [])], []), WAIT], "s1.a.1", "s2"),
        ([branch([branch([END], [END])], []), WAIT], "s1.a.1", None),
        ([branch([branch([END], [END])], []), WAIT], "s1", "s2"),
        ([SPLIT, WAIT], "s1", "s2"),
    ],
)
def test_ways_meet_at_the_post_dominator(written: list[Any], node: str, meets: str | None) -> None:
    assert graph(steps(written)).meeting(node) == meets


@pytest.mark.parametrize(
    ("written", "missed"),
    [
        ([WAIT, WAIT], []),
        ([END, WAIT], ["s2"]),
        ([branch([END], [END]), WAIT], ["s2"]),
        ([branch([END, WAIT], []), WAIT], ["s1.a.2"]),
        ([branch([END], []), WAIT], []),
    ],
)
def test_what_nobody_reaches(written: list[Any], missed: list[str]) -> None:
    assert unreachable(steps(written)) == missed
