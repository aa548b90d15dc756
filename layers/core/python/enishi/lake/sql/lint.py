"""What may stand in a query: what tests/cases/sql prove equal on both engines; the rest is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from enishi.errors import QueryError
from enishi.lake.sql import shape
from enishi.lake.sql.duckdb_values import normal_form
from enishi.lake.sql.rules import inside_try

PROVEN_NODES = frozenset(
    {
        "Abs", "AnyValue", "ApproxDistinct", "ApproxQuantile", "ArgMax", "ArgMin", "Array", "ArrayAgg",
        "ArrayContains", "ArrayFilter", "ArrayMax", "ArrayMin", "ArrayPosition", "ArraySize", "ArraySlice",
        "ArraySort", "ArrayToString", "Atan2", "Avg", "BitwiseOrAgg", "Case", "Cast", "Ceil", "Coalesce", "Concat",
        "ConcatWs", "Corr", "Cos", "Count", "CountIf", "CovarPop", "CovarSamp", "CumeDist", "Date", "DateAdd",
        "DateDiff", "DateTrunc", "Day", "DayOfWeekIso", "DayOfYear", "Degrees", "DenseRank", "Encode", "Exists", "Exp",
        "Extract", "FirstValue", "Flatten", "Floor", "FromBase", "GenerateSeries", "Greatest", "GroupConcat",
        "Grouping", "Hex", "Hour", "If", "JSONExtract", "JSONExtractScalar", "JSONFormat", "Lag", "LastDay",
        "LastValue", "Lead", "Least", "Length", "Levenshtein", "Ln", "Log", "LogicalAnd", "LogicalOr", "Lower",
        "Map", "MapKeys", "Max", "Min", "Minute", "Month", "Normalize", "NthValue", "Nullif", "Pad",
        "ParseJSON", "PercentRank", "Pi", "Pow", "Quarter", "Radians", "Rank", "Reduce", "RegexpExtract",
        "RegexpLike", "RegexpReplace", "RegrIntercept", "RegrSlope", "Replace", "Reverse", "Round", "RowNumber",
        "SHA2Digest", "Second", "Sign", "Sin", "Split", "SplitPart", "Sqrt", "StartsWith", "Stddev",
        "StddevPop", "StddevSamp", "StrPosition", "StrToTime", "Struct", "Substring", "Sum", "TimeToStr",
        "TimeToUnix", "TimestampTrunc", "Transform", "Trim", "Trunc", "Try", "TryCast", "Unhex", "UnixToTime",
        "Unnest", "Upper", "Variance", "VariancePop", "WeekOfYear", "WidthBucket", "Year", "YearOfWeek",
    }
)  # fmt: skip
"""Functions that the parser knows, by node class."""

PROVEN_NAMES = frozenset(
    {
        "all_match", "any_match", "at_timezone", "every", "format_datetime", "great_circle_distance", "map_agg",
        "map_filter", "map_values", "none_match", "transform_values", "url_extract_host",
        "url_extract_parameter", "url_extract_path", "with_timezone", "zip_with",
    }
)  # fmt: skip
"""Functions that the parser does not know, by name."""

_SKETCH = "Sketches are not kept: use approx_distinct or count(DISTINCT …) over the rows."
_DIGEST = "Digests are not kept: use approx_percentile over the rows, or quantile_of for an exact one."
_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "ntile": "Cut at quantiles with CASE and percent_rank: ntile splits equal values by chance.",
        "currenttimestamp": "Give the instant as a parameter: an answer must not depend on when it runs.",
        "currentdate": "Give the day as a parameter: an answer must not depend on when it runs.",
        "localtimestamp": "Give the instant as a parameter: an answer must not depend on when it runs.",
        "rand": "Use share(salt, customer_id): the same every time.",
        "merge": _SKETCH,
        "approx_set": _SKETCH,
        "hll": _SKETCH,
        "empty_approx_set": _SKETCH,
        "tdigest_agg": _DIGEST,
        "qdigest_agg": _DIGEST,
        "value_at_quantile": _DIGEST,
        "values_at_quantiles": _DIGEST,
        "typeof": "Cast to the type that you need.",
        "distinctarray": "Use array_agg(DISTINCT x ORDER BY x).",
        "arraydistinct": "Use array_agg(DISTINCT x ORDER BY x): the engines order the result differently.",
    }
)
_LOCAL_TIME = (
    exp.Cast, exp.TryCast, exp.TimestampTrunc, exp.DateTrunc, exp.TimeToStr, exp.Date, exp.Extract, exp.Year, exp.Month,
    exp.Day, exp.Hour, exp.Minute, exp.Second, exp.DayOfWeekIso, exp.DayOfMonth, exp.DayOfYear, exp.Quarter,
    exp.WeekOfYear, exp.Week,
)  # fmt: skip
_DATE_FIELDS = frozenset("%" + letter for letter in "YymdHisSjaWbMef%") | {"%-m", "%-d"}


def lint(tree: exp.Expr) -> list[str]:
    """What stands in `tree` that is not proven, as sentences that say what to write instead; empty = fine."""
    findings = (found for node in tree.walk() for look in _looks(_class_of(node)) for found in look(node))
    return list(dict.fromkeys(findings))


def _class_of(node: exp.Expr) -> Any:
    """The node's class, of which type checkers do not know that it can be hashed."""
    return type(node)


@cache
def _looks(kind: type[exp.Expr]) -> tuple[Callable[[exp.Expr], Iterator[str]], ...]:
    """The checks that concern nodes of a class."""
    return tuple(look for kinds, look in _CHECKS if issubclass(kind, kinds))


def check(tree: exp.Expr, where: str) -> None:
    """Refuse a tree with findings.

    Raises:
        QueryError: the findings of `lint`.
    """
    findings = lint(tree)
    if findings:
        said = "; ".join(finding.rstrip(".") for finding in findings)
        raise QueryError(said, where=where, remedy="See docs/lake.md for what is proven.")


def function_name(node: exp.Expr) -> str:
    """How the proven sets call a function: its node class, or its lower-case name when the parser does not know it."""
    return node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__


def _functions(node: exp.Expr) -> Iterator[str]:
    if not isinstance(node, exp.Func) or isinstance(node, exp.Connector):
        return
    name = function_name(node)
    if name not in PROVEN_NODES and name not in PROVEN_NAMES:
        shown = name if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        yield f"{shown} is not proven on both engines. {_instead(name.lower(), shown)}"


def _instead(name: str, shown: str) -> str:
    if shown.startswith("st_"):
        return "Use great_circle_distance of latitudes and longitudes."
    return _INSTEAD.get(name, "Use a function that is.")


def _statements(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.DML | exp.DDL) and not isinstance(node, exp.Query):
        yield "a write is not a query. Use the warehouse's verbs."


def _identifiers(node: exp.Expr) -> Iterator[str]:
    if "$" in node.name:
        yield f"{node.name} is a hidden column or table. Name a column of the lake."


def _zones(node: exp.Expr) -> Iterator[str]:
    """An instant with a zone exists in Trino only: it may live for one step, until a local value is taken from it."""
    zoned = isinstance(node, exp.AtTimeZone) or _named(node, "at_timezone")
    if zoned and not (isinstance(node.parent, _LOCAL_TIME) or _named(node.parent, "format_datetime")):
        yield "AT TIME ZONE must be cast to a date or a timestamp, or a part of it taken, at once."
    converted = isinstance(node.parent, exp.AtTimeZone | exp.Cast) or _named(node.parent, "at_timezone")
    if _named(node, "with_timezone") and not converted:
        yield "with_timezone must be converted AT TIME ZONE 'UTC' at once."
    if isinstance(node, exp.UnixToTime) and not isinstance(node.parent, exp.AtTimeZone | exp.Cast):
        yield "from_unixtime must be cast to a timestamp at once."


def _named(node: exp.Expr | None, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == name


def _formats(node: exp.Expr) -> Iterator[str]:
    if _named(node, "format_datetime") and not isinstance(node.expressions[1], exp.Literal):
        yield "format_datetime needs a literal pattern. Write it out."
    if isinstance(node, exp.TimeToStr | exp.StrToTime) and not isinstance(node.args["format"], exp.Literal):
        yield "date_format and date_parse need a literal pattern. Write it out."


def _lookups(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.FromBase) and node.expression.name != "16":
        yield "from_base is proven for base 16 only. Use base 16."
    if isinstance(node, exp.Normalize) and normal_form(node) != "NFC":
        yield "only NFC can be said on both engines. Normalise to NFKC when loading."
    if isinstance(node, exp.Split | exp.ArrayToString) and len([v for v in node.args.values() if v is not None]) > 2:
        yield f"the third argument of {node.sql_name().lower()} is not proven. Leave it out."
    if isinstance(node, exp.Try) and inside_try(node):
        yield "TRY inside TRY says nothing more. Write one."


_CHECKS: tuple[tuple[tuple[type[exp.Expr], ...], Callable[[exp.Expr], Iterator[str]]], ...] = (
    ((exp.Func,), _functions),
    ((exp.DML, exp.DDL), _statements),
    ((exp.Identifier,), _identifiers),
    ((exp.Func, exp.AtTimeZone), _zones),
    ((exp.Func,), _formats),
    ((exp.Func,), _lookups),
    *shape.CHECKS,
)
"""What looks at which nodes."""
