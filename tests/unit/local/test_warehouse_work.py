"""Which folders of a work table a query needs."""

from __future__ import annotations

import pytest
from sqlglot import exp

from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.warehouse_work import wanted_folders

CASES = {
    "k.cohort_id = 'R1' AND k.arm = 'a'": [{"cohort_id": "R1", "arm": "a"}],
    "(k.cohort_id = 'R1' AND (k.arm = 'a')) AND k.customer_id IS NULL": [{"cohort_id": "R1", "arm": "a"}],
    "((k.cohort_id = 'R1') AND c.status = 'x') AND c.arm = 'a'": [{"cohort_id": "R1"}],
    "k.cohort_id = 'R1' OR k.arm = 'a'": [{"cohort_id": "R1"}, {"arm": "a"}],
    "k.cohort_id = 'R1' OR k.customer_id = 'C'": [{}],
    "NOT (k.cohort_id = 'R1' AND k.arm = 'a')": [{}],
    "k.cohort_id = 'R1' AND k.cohort_id = 'R2'": [],
    "(k.cohort_id = 'R1' OR k.cohort_id = 'R2') AND k.arm = 'a'": [
        {"cohort_id": "R1", "arm": "a"},
        {"cohort_id": "R2", "arm": "a"},
    ],
}


@pytest.mark.parametrize("where", CASES)
def test_folders_are_those_that_a_row_can_come_from(where: str) -> None:
    query = exp.select("k.customer_id").from_("work.cohorts AS k").join("customers AS c").where(where)
    [reference] = [found for found in sql.tables_of(query) if found.name == "cohorts"]
    assert wanted_folders(table("cohorts"), reference) == tuple(CASES[where])
