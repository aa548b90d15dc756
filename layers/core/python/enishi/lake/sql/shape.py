"""What a query may be made of beside functions: clauses, operators and types that tests/cases/sql prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from sqlglot import exp

PROVEN_PARTS = frozenset(
    {
        "Add", "Alias", "AtTimeZone", "Between", "Boolean", "Bracket", "CTE", "Column", "ColumnDef", "Cube", "DPipe",
        "DataType", "DataTypeParam", "Distinct", "Div", "Dot", "EQ", "Escape", "Except", "Filter", "From", "GT", "GTE",
        "Group", "GroupingSets", "Having", "Identifier", "IgnoreNulls", "In", "Intersect", "Interval", "Is",
        "JSONPath", "JSONPathKey", "JSONPathRoot", "JSONPathSubscript", "Join", "LT", "LTE", "Lambda", "Lateral",
        "Like", "Limit", "Literal", "Mod", "Mul", "NEQ", "Neg", "Not", "Null", "NullSafeEQ", "NullSafeNEQ", "Offset",
        "Order", "Ordered", "Paren", "Rollup", "Select", "Star", "Sub", "Subquery", "Table", "TableAlias", "Tuple",
        "Union", "Values", "Var", "Version", "Where", "Window", "WindowSpec", "With",
    }
)  # fmt: skip
"""Nodes of the tree that are no functions, by class."""

PROVEN_TYPES = frozenset(
    {"ARRAY", "BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "INT", "JSON", "MAP", "STRUCT", "TIMESTAMP", "VARCHAR"}
)
"""What a cast may ask for."""

_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "ILike": "Write lower(x) LIKE.",
        "Fetch": "Write ORDER BY … LIMIT.",
        "JSONValue": "Use json_extract_scalar.",
        "Any": "Write IN or EXISTS.",
        "All": "Write NOT EXISTS.",
        "Bracket": "Use element_at.",
        "TableSample": "It is not repeatable: filter on share(salt, customer_id).",
        "MatchRecognize": "Use window functions.",
        "NamedWindow": "Write the window out where it is used.",
    }
)
_NO_FUNCTION = (exp.Func, exp.DML, exp.DDL)


def parts(node: exp.Expr) -> Iterator[str]:
    """A clause or an operator that no case proves."""
    name = type(node).__name__
    said_elsewhere = isinstance(node, _NO_FUNCTION) and not isinstance(node, exp.Query)
    if name not in PROVEN_PARTS and not said_elsewhere and not _is_inside(node):
        yield f"{_SHOWN.get(name, name)} is not proven on both engines. {_INSTEAD.get(name, 'Write it another way.')}"


_SHOWN: Mapping[str, str] = MappingProxyType(
    {"Fetch": "FETCH", "JSONValue": "json_value", "MatchRecognize": "MATCH_RECOGNIZE", "TableSample": "TABLESAMPLE"}
)


def _is_inside(node: exp.Expr) -> bool:
    """A part of something that is refused as a whole, or a `:name` that nobody has filled in yet."""
    return isinstance(node, exp.LimitOptions | exp.Placeholder)


def types(node: exp.Expr) -> Iterator[str]:
    """A cast to a type that no case proves; an instant with a zone only where a past is asked for."""
    name = node.this.name if isinstance(node, exp.DataType) and isinstance(node.this, exp.DataType.Type) else ""
    zoned = name == "TIMESTAMPTZ" and node.find_ancestor(exp.Version) is not None
    if name and name not in PROVEN_TYPES and not zoned:
        yield f"the type {name.lower()} is not proven on both engines. Use one of {', '.join(sorted(PROVEN_TYPES))}."


def selections(node: exp.Expr) -> Iterator[str]:
    """Ways to pick columns and rows that Trino does not know."""
    if isinstance(node, exp.Star) and any(node.args.get(key) for key in ("except_", "replace", "rename")):
        yield "Trino cannot leave columns out of *. List the columns."
    if isinstance(node, exp.Distinct) and node.args.get("on") is not None:
        yield "DISTINCT ON is not proven. Use row_number() in a subquery."
    if isinstance(node, exp.Group) and node.args.get("all"):
        yield "GROUP BY ALL is not proven. Name the columns."
    if isinstance(node, exp.Fetch) and _has_ties(node):
        yield "WITH TIES is not proven. Use rank() in a subquery."
    if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
        yield "BY NAME is not proven. List the columns in the same order."


def _has_ties(node: exp.Fetch) -> bool:
    options = node.args.get("limit_options")
    return options is not None and bool(options.args.get("with_ties"))


def windows(node: exp.Expr) -> Iterator[str]:
    """Trino has no FILTER on a window function, and frames by GROUPS have no case."""
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Filter):
        yield "Trino refuses FILTER on a window function. Write sum(CASE WHEN … THEN x END) OVER (…)."
    if isinstance(node, exp.WindowSpec) and node.args.get("kind") == "GROUPS":
        yield "frames by GROUPS are not proven. Use ROWS or RANGE."


def joins(node: exp.Expr) -> Iterator[str]:
    """An UNNEST is joined with CROSS JOIN or LEFT JOIN … ON TRUE; other joins are plain ones. Trino refuses a subquery
    about both sides in the condition of an outer join, so none stands there."""
    if not isinstance(node, exp.Join):
        return
    if node.args.get("method") or node.kind in ("SEMI", "ANTI"):
        yield f"{node.args.get('method') or node.kind} JOIN is not proven. Write JOIN … ON, or EXISTS."
    condition = node.args.get("on")
    unnested = isinstance(node.this, exp.Unnest | exp.Lateral)
    if unnested and not (condition is None or condition == exp.true()):
        yield "Trino joins an UNNEST only ON TRUE. Filter in WHERE, or in a subquery around the join."
    if unnested and node.side in ("RIGHT", "FULL"):
        yield f"{node.side} JOIN UNNEST is not proven. Use CROSS JOIN or LEFT JOIN … ON TRUE."
    if node.side and condition is not None and condition.find(exp.Query):
        yield "a subquery in the ON of an outer join is not proven. Choose the rows in a subquery that is joined."


def pasts(node: exp.Expr) -> Iterator[str]:
    """A past is asked for by an instant."""
    if isinstance(node, exp.Version) and (node.name != "TIMESTAMP" or node.args.get("kind") != "AS OF"):
        yield "only FOR TIMESTAMP AS OF is proven. Give the instant."


CHECKS: tuple[tuple[tuple[type[exp.Expr], ...], Callable[[exp.Expr], Iterator[str]]], ...] = (
    ((exp.Expr,), parts),
    ((exp.DataType,), types),
    ((exp.Star, exp.Distinct, exp.Group, exp.Fetch, exp.SetOperation), selections),
    ((exp.Window, exp.WindowSpec), windows),
    ((exp.Join,), joins),
    ((exp.Version,), pasts),
)
"""What looks at which nodes."""
