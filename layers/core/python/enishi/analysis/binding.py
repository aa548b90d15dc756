"""Values into a statement: every `:name` becomes a literal, a list, a set of ids, or an axis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from enishi.analysis.axes import axis, read_by
from enishi.analysis.expressions import write_out
from enishi.analysis.library import parameters
from enishi.analysis.macros import with_macros
from enishi.analysis.model import Analysis, Parameter
from enishi.data_files import data_of
from enishi.errors import AnalysisError
from enishi.lake.sql import array, literal, literals, with_people
from enishi.segment.problems import did_you_mean
from enishi.settings import Settings

NAMES_PEOPLE = "names_people"
"""`:names_people`: whether the rows are for the people of a cell that a numeric step names, not for the answer."""
Values = Mapping[str, Any]
"""Parameter values by name; sets and segments already as queries of one column."""


@cache
def labels() -> Mapping[str, str]:
    """Words of answers that SQL says as `:unknown`, `:other`, …"""
    read: dict[str, str] = data_of("enishi.analysis", "labels.yaml")
    return MappingProxyType(read)


def bind(tree: exp.Query, analysis: Analysis, values: Values, settings: Settings) -> exp.Query:
    """`tree` itself, ready to run: macros and shared expressions written out, then every `:name` filled in.

    Raises:
        AnalysisError: a `:name` that is no parameter of the analysis.
    """
    tree = with_people(write_out(with_macros(tree), analysis.place))
    axes = {parameter.name: parameter for parameter in parameters(analysis) if parameter.type == "axis"}
    for name, parameter in axes.items():
        _fill_axis(tree, parameter, values[name])
    names = {f"{name}_name": values[name] for name in axes}
    known = {**labels(), NAMES_PEOPLE: False, **values, **names, **_reads(axes, values), **_derived(values, settings)}
    for hole in list(tree.find_all(exp.Placeholder)):
        _fill(hole, known, analysis)
    return tree


def _reads(axes: Mapping[str, Parameter], values: Values) -> dict[str, bool]:
    """`:axis_reads_products`: whether the chosen axis is made of columns of that relation."""
    return {
        f"{name}_reads_{relation}": relation in read_by(values[name], parameter.over)
        for name, parameter in axes.items()
        for relation in parameter.over
    }


def _derived(values: Values, settings: Settings) -> dict[str, Any]:
    """What follows from settings and parameters: the zone, the normal quantile of `confidence`, what is open."""
    confidence = values.get("confidence")
    return {
        "zone": settings.zone,
        "z": NormalDist().inv_cdf(0.5 + confidence / 2) if confidence else None,
        "everyone": values.get("base_segment") is None,
        "any_product": values.get("product_filter") is None,
        **{f"{name}_is_open": value is None for name, value in values.items()},
    }


def _fill_axis(tree: exp.Query, parameter: Parameter, given: str | None) -> None:
    holes = [hole for hole in tree.find_all(exp.Placeholder) if hole.name == parameter.name]
    for hole in holes:
        unknown = labels()["unknown"]
        hole.replace(axis(given, parameter.over, unknown) if given else literal(labels()["total"]))


def _fill(hole: exp.Placeholder, known: Values, analysis: Analysis) -> None:
    if hole.name not in known:
        raise AnalysisError(
            f":{hole.name} is no parameter of {analysis.id}",
            where=analysis.place,
            remedy=did_you_mean(hole.name, known),
        )
    value = known[hole.name]
    if isinstance(hole.parent, exp.In):
        hole.parent.replace(_membership(hole.parent, value))
    elif isinstance(value, tuple):
        hole.replace(array(value))
    elif isinstance(value, exp.Query):
        hole.replace(exp.true())
    else:
        hole.replace(literal(value))


def _membership(test: exp.In, value: Any) -> exp.Expr:
    """`x IN (:name)`: no restriction for null, else among the values or the rows of the query."""
    if value is None:
        return exp.true()
    if isinstance(value, exp.Query):
        return exp.In(this=test.this.copy(), query=exp.Subquery(this=value.copy()))
    if not value:
        return exp.false()
    return exp.In(this=test.this.copy(), expressions=literals(value))
