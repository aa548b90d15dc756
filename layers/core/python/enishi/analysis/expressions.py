"""Shared expressions (`expressions.yaml`): a rule of the catalogue that is written once and said by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from enishi.data_files import data_of
from enishi.errors import AnalysisError
from enishi.lake.sql import parse


@dataclass(frozen=True)
class Expression:
    """A named expression over its arguments."""

    name: str
    arguments: tuple[str, ...]
    says: str
    tree: exp.Expr


@cache
def _given() -> Mapping[str, Mapping[str, Any]]:
    read: Mapping[str, Mapping[str, Any]] = data_of("enishi.analysis", "expressions.yaml")
    return MappingProxyType(read)


@cache
def _shared(name: str) -> Expression:
    one = _given()[name]
    return Expression(name, tuple(one["of"]), one["says"], expression(one["sql"], name))


def expression(text: str, where: str) -> exp.Expr:
    """One expression of Athena's SQL as a tree.

    Raises:
        QueryError: it is not one.
    """
    return parse(f"SELECT {text}", where).selects[0]


def write_out(tree: exp.Query, place: str) -> exp.Query:
    """`tree` itself with every shared expression written out, inner ones first.

    Raises:
        AnalysisError: an expression with the wrong number of arguments.
    """
    calls = [node for node in tree.find_all(exp.Anonymous) if node.name.lower() in _given()]
    for call in reversed(calls):
        call.replace(_written_out(call, _shared(call.name.lower()), place))
    return tree


def _written_out(call: exp.Anonymous, shared: Expression, place: str) -> exp.Expr:
    if len(call.expressions) != len(shared.arguments):
        takes = ", ".join(shared.arguments)
        raise AnalysisError(f"{shared.name} takes ({takes})", where=place, remedy="Give these arguments.")
    given = dict(zip(shared.arguments, call.expressions, strict=True))
    body = exp.paren(shared.tree)
    for hole in list(body.find_all(exp.Placeholder)):
        if hole.name in given:
            hole.replace(exp.paren(given[hole.name]))
    return body
