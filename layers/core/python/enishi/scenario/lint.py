"""What makes a scenario wrong although it reads well: one rule a function, one sentence a finding.

`RULES` is the list; the rules themselves stand in `lint_steps` (what happens) and `lint_entry` (who comes in,
when, and what for).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from enishi.errors import ScenarioError
from enishi.scenario import lint_entry, lint_steps
from enishi.scenario.findings import Finding, Lint, Rule
from enishi.scenario.library import Definition
from enishi.settings import Settings

RULES: Mapping[str, Rule] = {**lint_steps.RULES, **lint_entry.RULES}


def lint(definition: Definition, settings: Settings, today: date) -> list[Finding]:
    """Everything that the rules find, in the order of the rules; [] when the scenario may run from `today` on."""
    asked = Lint(definition, settings, today)
    return [Finding(name, what, where, remedy) for name, rule in RULES.items() for what, where, remedy in rule(asked)]


def must_hold(definition: Definition, settings: Settings, today: date) -> None:
    """Raises ScenarioError with the first finding."""
    for finding in lint(definition, settings, today):
        raise ScenarioError(finding.what, where=finding.where, remedy=finding.remedy)
