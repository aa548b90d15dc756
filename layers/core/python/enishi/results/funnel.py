"""What came of each scenario: audience → sent → delivered → opened → clicked → bought → increment over the holdout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from enishi.ports import Warehouse
from enishi.results.increment import Arm, Increment, increment
from enishi.results.queries import ask

OUTCOMES = ("accepted", "refused", "suppressed", "unknown", "holdout", "quarantined")


@dataclass(frozen=True)
class Reach:
    """Messages of one channel and what became of them; opens and clicks are people's, not machines'."""

    channel: str
    sent: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    left_channel: int


@dataclass(frozen=True)
class Balance:
    """One send step: who arrived, counted apart from what became of them."""

    scenario_id: str
    step_id: str
    runs: int
    arrivals: int
    accepted: int
    refused: int
    suppressed: int
    unknown: int
    holdout: int
    quarantined: int

    @property
    def accounted(self) -> int:
        return sum(getattr(self, name) for name in OUTCOMES)

    @property
    def not_yet(self) -> int:
        return self.arrivals - self.accounted


@dataclass(frozen=True)
class ScenarioResult:
    scenario_id: str
    reaches: tuple[Reach, ...] = ()
    balances: tuple[Balance, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    treated: Arm = field(default_factory=lambda: Arm(0, 0))
    control: Arm = field(default_factory=lambda: Arm(0, 0))
    treated_amount: Decimal = Decimal(0)
    control_amount: Decimal = Decimal(0)
    credited_orders: int = 0
    credited_amount: Decimal = Decimal(0)

    def total(self, name: str) -> int:
        """A figure of `Reach` or of `Balance` over all channels or steps."""
        parts: Iterable[Reach | Balance] = self.reaches if name in Reach.__dataclass_fields__ else self.balances
        return sum(getattr(part, name) for part in parts)

    @property
    def increment(self) -> Increment | None:
        return increment(self.treated, self.control)


def balances(warehouse: Warehouse) -> list[Balance]:
    """The balance of every send step, over all runs."""
    return [Balance(**row) for row in ask(warehouse, "balance")]


def scenario_results(warehouse: Warehouse, window_days: int = 7, model: str = "last_click") -> list[ScenarioResult]:
    """One result a scenario that has run, by scenario id; purchases within `window_days` of the first contact."""
    facts: dict[str, dict[str, Any]] = defaultdict(dict)
    for scenario, rows in _by_scenario(ask(warehouse, "reach")):
        facts[scenario]["reaches"] = tuple(_reach(row) for row in rows)
    for scenario, rows in _by_scenario(ask(warehouse, "balance")):
        facts[scenario]["balances"] = tuple(Balance(**row) for row in rows)
    for scenario, rows in _by_scenario(ask(warehouse, "refusals")):
        facts[scenario]["reasons"] = tuple((row["reason"] or "", row["people"]) for row in rows)
    for scenario, rows in _by_scenario(ask(warehouse, "attributed", model=model)):
        facts[scenario] |= {"credited_orders": rows[0]["orders"], "credited_amount": rows[0]["amount"]}
    for scenario, rows in _by_scenario(ask(warehouse, "outcomes", window_days=window_days)):
        for row in rows:
            arm = "control" if row["is_control"] else "treated"
            facts[scenario] |= {arm: Arm(row["people"], row["buyers"]), f"{arm}_amount": row["amount"]}
    return [ScenarioResult(scenario_id=scenario, **facts[scenario]) for scenario in sorted(facts)]


def _by_scenario(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["scenario_id"]].append(row)
    return list(groups.items())


def _reach(row: dict[str, Any]) -> Reach:
    return Reach(**{name: row[name] for name in Reach.__dataclass_fields__})
