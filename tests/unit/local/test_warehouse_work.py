"""Which folders of a work table a query needs."""

from __future__ import annotations

import pytest
from sqlglot import exp

from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.warehouse_work import folder_values

CASES = {
    "k.cohort_id = 'R1' AND k.arm = 'a'": {"cohort_id": "R1", "arm": "a"},
    "(k.cohort_id = 'R1' AND (k.arm = 'a')) AND k.customer_id IS NULL": {"cohort_id": "R1", "arm": "a"},
    "((k.cohort_id = 'R1') AND c.status = 'x') AND c.arm = 'a'": {"cohort_id": "R1"},
    "k.cohort_id = 'R1' OR k.arm = 'a'": {},
    "NOT (k.cohort_id = 'R1' AND k.arm = 'a')": {},
    "(k.cohort_id = 'R1' OR k.cohort_id = 'R2') AND k.arm = 'a'": {"arm": "a"},
}


@pytest.mark.parametrize("where", CASES)
def test_folders_are_what_every_row_must_have(where: str) -> None:
    query = exp.select("k.customer_id").from_("work.cohorts AS k").join("customers AS c").where(where)
    [reference] = [found for found in sql.tables_of(query) if found.name == "cohorts"]
    assert folder_values(table("cohorts"), reference) == CASES[where]
