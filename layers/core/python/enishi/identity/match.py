"""Which records are one person: deterministic rules as data, each a query that answers pairs with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce

from sqlglot import exp

from enishi.data_files import data_of
from enishi.identity.model import Model
from enishi.identity.scoring import scored_pairs
from enishi.identity.trees import standing_on, tree


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
    data = data_of("enishi.identity", "rules.yaml")
    return tuple(Rule(**row) for row in data)


def pairs(rule: Rule) -> exp.Query:
    """Rows (low_id, high_id, rule, score, evidence, band) for `rule`, low_id < high_id."""
    found = tree(f"rules/{rule.id}", most=rule.most)
    return standing_on(tree("queries/by_rule", rule=rule.id, score=rule.score), found=found)


def all_pairs(model: Model, unification: str, *, compare: bool = True) -> exp.Query:
    """The links of a pass: what rules and scoring say of fresh records, and what was known of the others.

    Without `compare` (no record is fresh) the known links alone.
    """
    found: list[exp.Query] = [*map(pairs, rules()), scored_pairs(model)] if compare else []
    whole: list[exp.Query] = [exp.select("*").from_(query.subquery("f")) for query in (tree("queries/kept"), *found)]
    union: exp.Query = reduce(lambda left, right: exp.union(left, right, distinct=False), whole)
    return standing_on(
        union,
        people=tree("queries/people", unification=unification),
        records=tree("queries/records_of", unification=unification),
        held=tree("queries/held"),
    )
