"""Builders of tree parts. Every value enters a tree through `literal`: there is no other quoting in the product."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlglot import exp

from enishi.errors import QueryError
from enishi.lake import types

Value = str | int | float | Decimal | bool | date | datetime | bytes | None


def literal(value: Value) -> exp.Expr:
    """`value` as a literal. An aware datetime becomes UTC without zone, as the lake's timestamps are.

    Raises:
        QueryError: a value of another type, a float that is not a number, or text with a NUL character.
    """
    for kind, build in _LITERALS:
        if isinstance(value, kind):
            return build(value)
    raise QueryError(f"a value of type {type(value).__name__} cannot stand in a query", remedy="Give a plain value.")


def literals(values: Iterable[Value]) -> list[exp.Expr]:
    """One literal a value, for IN lists; `literal` of each."""
    return [literal(value) for value in values]


def array(values: Iterable[Value]) -> exp.Expr:
    """ARRAY[…] of literals."""
    return exp.Array(expressions=literals(values))


def _text(value: str) -> exp.Expr:
    if "\x00" in value:
        raise QueryError("text with a NUL character cannot stand in a query", remedy="Remove the character.")
    return exp.Literal.string(value)


def _number(value: int | Decimal) -> exp.Expr:
    if isinstance(value, Decimal) and not value.is_finite():
        raise QueryError("a decimal that is not finite cannot stand in a query", remedy="Give a number.")
    positive = exp.Literal.number(f"{abs(value):f}" if isinstance(value, Decimal) else str(abs(value)))
    return exp.Neg(this=positive) if value < 0 else positive


def _float(value: float) -> exp.Expr:
    if not math.isfinite(value):
        raise QueryError("a float that is not finite cannot stand in a query", remedy="Give a number.")
    return _cast(repr(value), "double")


def _instant(value: datetime) -> exp.Expr:
    naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return _cast(naive.isoformat(sep=" ", timespec="microseconds"), "timestamp")


def _day(value: date) -> exp.Expr:
    return _cast(value.isoformat(), "date")


def _bytes(value: bytes) -> exp.Expr:
    return exp.Unhex(this=exp.Literal.string(value.hex().upper()))


def _cast(text: str, kind: str) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=data_type(kind))


def data_type(declared: str) -> exp.DataType:
    """A declared column type (`enishi.lake.types`) as the tree's type."""
    return _data_type(declared).copy()


@cache
def _data_type(declared: str) -> exp.DataType:
    return exp.DataType.build(types.to_athena(types.parse(declared)), dialect="athena")


_LITERALS: tuple[tuple[type | tuple[type, ...], Callable[[Any], exp.Expr]], ...] = (
    (bool, lambda value: exp.Boolean(this=value)),
    (str, _text),
    ((int, Decimal), _number),
    (float, _float),
    (datetime, _instant),
    (date, _day),
    (bytes, _bytes),
    (type(None), lambda _: exp.null()),
)


def column(alias: str, name: str) -> exp.Column:
    """`alias.name`, quoted; a bare column when `alias` is ""."""
    return exp.column(name, table=alias or None, quoted=True)


def table_ref(name: str, alias: str = "") -> exp.Table:
    """A table of the lake in a FROM: `orders`, `pii.customer_contacts`, `work.cohorts`."""
    schema, _, bare = name.rpartition(".")
    return exp.table_(bare, db=schema or None, alias=alias or None)


def share(salt: str, customer_id: exp.Expr) -> exp.Expr:
    """The SQL twin of `enishi.ids.share`: a double in [0, 1), stable for (salt, customer)."""
    tagged = exp.DPipe(this=_text(f"{salt}|"), expression=customer_id.copy(), safe=False)
    digest = exp.SHA2Digest(this=exp.Encode(this=tagged, charset=_text("utf-8")), length=exp.Literal.number(256))
    head = exp.Substring(this=exp.Hex(this=digest), start=exp.Literal.number(1), length=exp.Literal.number(8))
    number = exp.FromBase(this=head, expression=exp.Literal.number(16))
    return exp.Div(this=exp.Cast(this=number, to=data_type("double")), expression=_cast(repr(float(2**32)), "double"))


def rows_of(
    fields: Iterable[tuple[str, exp.Expr, str]],
    order_by: Iterable[exp.Expr],
    *,
    where: exp.Expr | None = None,
) -> exp.Expr:
    """`ARRAY_AGG(CAST(ROW(…) AS ROW(name type, …)) ORDER BY …)`: a group's rows as a list of structs.

    Args:
        fields: name, value and declared type (`enishi.lake.types`) of each field.
        order_by: orders inside the array; give enough of them that no two rows are equal.
        where: only rows for which it holds; a group without one gives null.
    """
    named = list(fields)
    kinds = [exp.ColumnDef(this=exp.to_identifier(name), kind=data_type(kind)) for name, _, kind in named]
    row = exp.Struct(expressions=[value.copy() for _, value, _ in named])
    struct = exp.DataType(this=exp.DataType.Type.STRUCT, expressions=kinds, nested=True)
    ordered = exp.Order(this=exp.Cast(this=row, to=struct), expressions=[_ordered(part) for part in order_by])
    rows = exp.ArrayAgg(this=ordered)
    return exp.Filter(this=rows, expression=exp.Where(this=where.copy())) if where is not None else rows


def _ordered(part: exp.Expr) -> exp.Ordered:
    return part.copy() if isinstance(part, exp.Ordered) else exp.Ordered(this=part.copy(), nulls_first=False)
