"""Which records are one person: deterministic rules as data, each a query that answers pairs with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from sqlglot import exp

from enishi.identity.trees import standing_on, tree
from enishi.lake.sql import column, literal


@dataclass(frozen=True)
class Rule:
    """A row of `rules.yaml`. `score` is 0-1; `most` is how many records may share what the rule compares."""

    id: str
    ja: str
    score: float
    most: int


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, strongest first."""
    data = yaml.safe_load(files("enishi.identity").joinpath("rules.yaml").read_text(encoding="utf-8"))
    return tuple(Rule(**row) for row in data)


def pairs(rule: Rule) -> exp.Query:
    """Rows (low_id, high_id, rule, score, evidence) for `rule`, low_id < high_id."""
    found = tree(f"rules/{rule.id}", most=rule.most).subquery("f")
    named = [
        column("f", "low_id"),
        column("f", "high_id"),
        exp.alias_(literal(rule.id), "rule"),
        exp.alias_(literal(rule.score), "score"),
        column("f", "evidence"),
    ]
    return exp.select(*named).from_(found)


def all_pairs() -> exp.Query:
    """The pairs of every rule, on `people` and `held`."""
    first, *others = [pairs(rule) for rule in rules()]
    union: exp.Query = first
    for other in others:
        union = exp.union(union, other, distinct=False)
    return standing_on(union, people=tree("queries/people"), held=tree("queries/held"))
