"""No analysis is too large for Athena: what a plan could not hold is written first, and every part is small enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp

from enishi import wiring
from enishi.analysis import library, runner
from enishi.lake.sql import divided, expand_views, stages
from enishi.lake.sql.divide import LIMIT
from enishi.settings import Settings
from tests.unit.analysis.small_shop import PRESENT
from tests.unit.analysis.test_golden import FILES


def statements(home: Path) -> Iterator[tuple[str, exp.Query]]:
    """Each analysis as its first case asks it, over a lake without rows."""
    services = wiring.services(Settings(home=home, present=PRESENT))
    for name, file in FILES.items():
        question = runner.ask(services, library.get(name), file["cases"][0].get("given", {}))
        yield name, expand_views(runner.statement(services, question))


@pytest.mark.heavy
def test_every_analysis_can_be_divided_into_statements_that_athena_plans(tmp_path: Path) -> None:
    too_large = []
    for name, tree in statements(tmp_path):
        parts = divided(tree)
        if (most := max(map(stages, (*parts.first.values(), parts.rest)))) > LIMIT:
            too_large.append(f"{name}: {most} stages")
    assert too_large == []
