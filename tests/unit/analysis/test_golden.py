"""Every case of tests/cases/analyses/<category>/<id>.yaml: rows and cells with answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from enishi.analysis import runner
from enishi.analysis.library import shipped
from tests.unit.analysis.small_shop import CASES, Shop, plain, read, same

FILES = {path.stem: read(path) for path in sorted(CASES.glob("*/*.yaml")) if path.parent.name != "worlds"}
CORE = {name for name, analysis in shipped().items() if analysis.tier == "core"}
HEAVY = (pytest.mark.heavy,)
ALL = [
    pytest.param(name, case, id=f"{name}: {case['name']}", marks=() if name in CORE and not number else HEAVY)
    for name, file in FILES.items()
    for number, case in enumerate(file["cases"])
]
"""The first case of each core analysis runs always, every other in `make cases`."""
Shops = Callable[[str, Mapping[str, Any]], Shop]


def test_every_analysis_has_a_case_that_says_where_its_figures_come_from() -> None:
    assert sorted(FILES) == sorted(shipped())
    assert [name for name, file in FILES.items() if not file.get("worked")] == []


@pytest.mark.parametrize(("name", "case"), ALL)
def test_case(name: str, case: Mapping[str, Any], shops: Shops) -> None:
    """`columns`, or all that the statement gives, are compared in the order of the answer's rows; `cells` are the ids
    that they open."""
    shop, given = shops(name, FILES[name]), case.get("given", {})
    question = shop.ask(name, given)
    answer = runner.run(shop.services, question)
    if "rows" in case:
        columns = case.get("columns", list(answer.analysis.stated_names))
        rows = [[row[column] for column in columns] for row in answer.rows.to_pylist()]
        shown = [[plain(value) for value in row] for row in rows]
        wanted = case["rows"]
        assert len(rows) == len(wanted), shown
        assert all(same(row, line) for row, line in zip(rows, wanted, strict=True)), shown
    for label, value in case.get("footnotes", {}).items():
        assert same(dict(answer.footnotes)[label], value)
    for cell, ids in case.get("cells", {}).items():
        assert shop.opened(question, cell) == sorted(ids), cell
    for cell, ids in case.get("products", {}).items():
        assert shop.opened(question, cell, entity="product") == sorted(ids), cell
