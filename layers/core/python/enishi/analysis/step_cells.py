"""Cells whose people a numeric step names (a cluster, a region of probabilities): worked out anew, then read by SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from enishi.analysis import steps
from enishi.analysis.cells import Address, Chosen, Condition
from enishi.analysis.model import Analysis
from enishi.errors import AnalysisError
from enishi.lake.sql import column, literal, table_ref
from enishi.ports import Services

TABLE = "cell_members"


def members(
    services: Services, analysis: Analysis, parameters: Mapping[str, Any], statement: exp.Query, chosen: Chosen
) -> exp.Select:
    """The people of a cell, as a query of the folder of `work.cell_members` that is written here.

    The step runs again on the statement's rows under the address's parameters (its seed among them): the same address
    over the same lake gives the same people.

    Raises:
        AnalysisError: the step cannot be done on these rows, or does not name people by these keys.
    """
    people = _kept(analysis, steps.people(analysis.step, services.warehouse.query(statement), parameters), chosen)
    set_id = Address(analysis.id, chosen.text, parameters).id
    with services.work.create(f"{TABLE}/set_id={set_id}/members.parquet") as file:
        pq.write_table(people.select(["customer_id"]), file, compression="zstd")
    mine = exp.EQ(this=column("m", "set_id"), expression=literal(set_id))
    return exp.select(column("m", "customer_id")).from_(table_ref(f"work.{TABLE}", "m")).where(mine)


def _kept(analysis: Analysis, people: pa.Table, chosen: Chosen) -> pa.Table:
    if lacking := {"customer_id", *chosen.tests} - set(people.column_names):
        raise AnalysisError(
            f"the step {analysis.step} names nobody by {', '.join(sorted(lacking))}",
            where=analysis.place,
            remedy="Let its `people` give this column.",
        )
    for name, test in chosen.tests.items():
        people = people.filter(_holds(test, people.column(name)))
    return people


def _holds(test: Condition, values: Any) -> Any:
    """Where a column of the step is what the cell says; money is compared as numbers."""
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
        test = Condition(tuple(_float(value) for value in test.values), _float(test.low), _float(test.high))
    if test.low is None and test.high is None:
        return pc.is_in(values, pa.array(test.values, values.type))
    above = pc.greater_equal(values, pa.scalar(test.low, values.type))
    return pc.and_(above, pc.less_equal(values, pa.scalar(test.high, values.type)))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
