"""Sets that a parameter names: customers of a segment, of a cell of another analysis, or products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from sqlglot import exp

from enishi.analysis.library import parameters
from enishi.analysis.model import Analysis
from enishi.errors import AnalysisError
from enishi.lake.sql import column, literal, table_ref
from enishi.segment import compile as segment_compile
from enishi.segment.library import Library
from enishi.segment.moment import Moment
from enishi.segment.problems import explain
from enishi.segment.products import Catalogue

CellQuery = Callable[[str], exp.Query]
"""The customers (or products) of a cell's address, as a query of one column."""


def resolve(
    analysis: Analysis, values: Mapping[str, Any], moment: Moment, library: Library, cells: Mapping[str, CellQuery]
) -> dict[str, Any]:
    """`values` with each segment and product set as a query of one column.

    Args:
        cells: how a cell's address becomes a set, by type of parameter.

    Raises:
        AnalysisError, SegmentError: a set that does not exist or is wrong.
    """
    kinds = {parameter.name: parameter.type for parameter in parameters(analysis)}
    resolved = dict(values)
    for name, value in values.items():
        if value is not None and kinds.get(name) in cells:
            kind = kinds[name]
            resolved[name] = cells[kind](value) if is_address(value) else _WRITTEN[kind](value, moment, library)
    return resolved


def is_address(value: Any) -> bool:
    """Whether a set is named by a cell's address: `analysis(…)[cell]`, `not` before it for the complement."""
    return isinstance(value, str) and value.rstrip().endswith("]") and "[" in value


def customers(value: Any, moment: Moment, library: Library) -> exp.Query:
    """The members of a saved segment by its id, or of a condition as written."""
    written = {"segment": value} if isinstance(value, str) else value
    return segment_compile.members(written, moment, library, employees=True)


def _products(value: Any, moment: Moment, _: Library) -> exp.Query:
    """A saved product set by its id, else a filter on the catalogue; a bare word is a category or a path of them."""
    if isinstance(value, str) and value.startswith("set:"):
        return _saved_products(value.removeprefix("set:"), moment)
    try:
        chosen = Catalogue.model_validate({"category": value} if isinstance(value, str) else value)
    except ValidationError as error:
        raise explain(error, "-p product_filter: ", AnalysisError) from None
    return exp.select(column("p", "product_id")).from_(table_ref("products", "p")).where(chosen.test("p"))


def _saved_products(name: str, moment: Moment) -> exp.Query:
    """The members of a saved set at its latest snapshot up to the moment's day."""
    mine = exp.EQ(this=column("m", "segment_id"), expression=literal(name))
    known = exp.LTE(this=column("m", "as_of_date"), expression=literal(moment.day))
    latest = exp.select(exp.Max(this=column("m", "as_of_date"))).from_(table_ref("segment_members", "m"))
    of_day = exp.EQ(this=column("n", "as_of_date"), expression=exp.Subquery(this=latest.where(exp.and_(mine, known))))
    named = exp.EQ(this=column("n", "segment_id"), expression=literal(name))
    return exp.select(column("n", "member_id")).from_(table_ref("segment_members", "n")).where(exp.and_(named, of_day))


_WRITTEN: Mapping[str, Callable[[Any, Moment, Library], exp.Query]] = {"segment": customers, "product_set": _products}
