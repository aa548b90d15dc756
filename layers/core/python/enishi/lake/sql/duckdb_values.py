"""Rules for numbers, casts, text, time and aggregates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from enishi.errors import QueryError
from enishi.lake.sql.rules import Rule, call, inside_try, macro, renamed, unit

_INTEGERS = frozenset(
    {exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT}
)
_SPANS: Mapping[str, tuple[str, int]] = {
    "year": ("to_years", 1),
    "quarter": ("to_months", 3),
    "month": ("to_months", 1),
    "week": ("to_days", 7),
    "day": ("to_days", 1),
    "hour": ("to_hours", 1),
    "minute": ("to_minutes", 1),
    "second": ("to_seconds", 1),
    "millisecond": ("to_milliseconds", 1),
}
_JODA: Mapping[str, str] = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "e": "%u",
    "EEE": "%a",
    "EEEE": "%A",
}


_JODA_PARTS = re.compile(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+")


def _divide(node: exp.Expr) -> exp.Expr:
    return call("tr_divide", node.this, node.expression)


def _cast(node: exp.Expr) -> exp.Expr:
    kind = node.args["to"]
    if kind.this in _INTEGERS and not node.this.is_int:
        return _integer(node, kind)
    if kind.this in exp.DataType.TEXT_TYPES:
        return _text(node, kind)
    if kind.this == exp.DataType.Type.TIMESTAMP:
        node.set("to", exp.DataType(this=kind.this))
    return node


def _integer(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    trying = isinstance(node, exp.TryCast) or inside_try(node)
    rounded = call("tr_try_integer" if trying else "tr_integer", node.this)
    if kind.this == exp.DataType.Type.BIGINT:
        return rounded
    return type(node)(this=rounded, to=kind)


def _text(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    text = node.this if node.this.is_string else call("tr_varchar", node.this)
    return call("left", text, kind.expressions[0].this) if kind.expressions else text


def _plus(node: exp.Expr) -> exp.Expr:
    if _is_span(node.expression):
        return call("tr_plus", node.this, node.expression)
    return call("tr_plus", node.expression, node.this) if _is_span(node.this) else node


def _minus(node: exp.Expr) -> exp.Expr:
    return call("tr_minus", node.this, node.expression) if _is_span(node.expression) else node


def _is_span(node: exp.Expr) -> bool:
    """Whether `node` is an interval: a literal, its negative, or its multiple."""
    if isinstance(node, exp.Paren | exp.Neg):
        return _is_span(node.this)
    if isinstance(node, exp.Mul):
        return _is_span(node.this) or _is_span(node.expression)
    return isinstance(node, exp.Interval)


def _date_add(node: exp.Expr) -> exp.Expr:
    name = unit(node).name
    if name not in _SPANS:
        raise QueryError(f"date_add of {name} is not proven", remedy=f"Use one of {', '.join(_SPANS)}.")
    function, times = _SPANS[name]
    amount = node.expression
    if times > 1:
        amount = exp.Mul(this=exp.Paren(this=amount), expression=exp.Literal.number(times))
    return call("tr_plus", node.this, call(function, amount))


def _date_diff(node: exp.Expr) -> exp.Expr:
    return call("date_sub", unit(node), node.expression, node.this)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return call("tr_date_trunc", unit(node), node.this)


def _at_time_zone(node: exp.Expr) -> exp.Expr:
    return call("tr_at_timezone", node.this, node.args["zone"])


def _with_timezone(node: exp.Expr) -> exp.Expr:
    moment, zone = node.expressions
    return call("timezone", zone, exp.cast(moment, "timestamp"))


def _format_datetime(node: exp.Expr) -> exp.Expr:
    moment, pattern = node.expressions
    return call("strftime", moment, exp.Literal.string(joda(pattern.name)))


def joda(pattern: str) -> str:
    """A Joda pattern as strftime's.

    Raises:
        QueryError: a field that is not proven.
    """
    return "".join(_joda_part(found.group()) for found in _JODA_PARTS.finditer(pattern))


def _joda_part(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1].replace("%", "%%") or "'"
    if not part[0].isalpha():
        return part.replace("%", "%%")
    if part in _JODA:
        return _JODA[part]
    raise QueryError(f"format_datetime field {part} is not proven", remedy=f"Use {', '.join(_JODA)}, or date_format.")


def _average(node: exp.Expr) -> exp.Expr:
    """avg of decimals is a decimal of the same scale: the mean and a sample that shows the type."""
    wrapped = isinstance(node.parent, exp.Filter | exp.Window) and node.arg_key == "this"
    return node if wrapped else call("tr_avg", node, exp.Max(this=node.this.copy()))


def _average_outer(node: exp.Expr) -> exp.Expr:
    """The same for avg(…) FILTER (…) and avg(…) OVER (…), seen from the wrapper."""
    if not isinstance(node.this, exp.Avg):
        return node
    sample = node.copy()
    sample.this.replace(exp.Max(this=sample.this.this.copy()))
    return call("tr_avg", node, sample)


def _substring(node: exp.Expr) -> exp.Expr:
    if node.args.get("length") is None:
        return call("tr_substr_rest", node.this, node.args["start"])
    return call("tr_substr", node.this, node.args["start"], node.args["length"])


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    return call("tr_regexp_extract", node.this, node.expression, node.args.get("group") or exp.Literal.number(0))


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    """Groups are $1 in Trino and \\1 in DuckDB; every match is replaced."""
    new = node.args.get("replacement") or exp.Literal.string("")
    if isinstance(new, exp.Literal):
        new = exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", new.name))
    return call("regexp_replace", node.this, node.expression, new, exp.Literal.string("g"))


def _from_base(node: exp.Expr) -> exp.Expr:
    if node.expression.name != "16":
        raise QueryError("from_base is proven for base 16 only", remedy="Use base 16.")
    return call("tr_from_base16", node.this)


def _encode(node: exp.Expr) -> exp.Expr:
    return call("encode", node.this)


def normal_form(node: exp.Expr) -> str:
    """The form that normalize(text, form) asks for."""
    form = node.args.get("form")
    return form.name.upper() if isinstance(form, exp.Expr) else "NFC"


def _normalize(node: exp.Expr) -> exp.Expr:
    if normal_form(node) != "NFC":
        raise QueryError("only NFC can be said on both engines", remedy="Normalise to NFKC when loading.")
    return call("nfc_normalize", node.this)


def _map_agg(node: exp.Expr) -> exp.Expr:
    """Rows with a null key are left out; equal keys are an error rather than a choice of one."""
    keys, values = node.expressions
    known = exp.Where(this=exp.Not(this=exp.Is(this=keys.copy(), expression=exp.null())))
    lists = [exp.Filter(this=call("list", part.copy()), expression=known.copy()) for part in (keys, values)]
    return call("map", *lists)


def _json_scalar(node: exp.Expr) -> exp.Expr:
    return call("tr_json_scalar", node.this, _path(node))


def _json_extract(node: exp.Expr) -> exp.Expr:
    return call("tr_json", node.this, _path(node))


def _path(node: exp.Expr) -> exp.Expr:
    path = node.expression
    return exp.Literal.string(path.sql(dialect="athena").strip("'")) if isinstance(path, exp.JSONPath) else path


def _quantile(node: exp.Expr) -> exp.Expr:
    share = node.args["quantile"]
    kind = "FLOAT[]" if isinstance(share, exp.Array) else "FLOAT"
    return call("approx_quantile", node.this, exp.cast(share, exp.DataType.build(kind, dialect="duckdb")))


def _count_if(node: exp.Expr) -> exp.Expr:
    """DuckDB's own gives null where nothing was counted; Trino gives 0."""
    return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))


def _to_places(name: str) -> Rule:
    """Rounding with a number of places; without one the engines agree."""

    def rule(node: exp.Expr) -> exp.Expr:
        places = node.args.get("decimals")
        return node if places is None else call(name, node.this, places)

    return rule


def _by(name: str) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        if node.args.get("count") is not None:
            return node
        return call(name, node.this, node.expression)

    return rule


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Div": _divide,
        "Cast": _cast,
        "TryCast": _cast,
        "Add": _plus,
        "Sub": _minus,
        "DateAdd": _date_add,
        "DateDiff": _date_diff,
        "DateTrunc": _date_trunc,
        "TimestampTrunc": _date_trunc,
        "AtTimeZone": _at_time_zone,
        "Levenshtein": macro("tr_levenshtein", "this", "expression"),
        "at_timezone": renamed("tr_at_timezone"),
        "with_timezone": _with_timezone,
        "format_datetime": _format_datetime,
        "Avg": _average,
        "Filter": _average_outer,
        "Window": _average_outer,
        "CountIf": _count_if,
        "ArgMax": _by("arg_max_null"),
        "ArgMin": _by("arg_min_null"),
        "ApproxQuantile": _quantile,
        "every": renamed("bool_and"),
        "map_agg": _map_agg,
        "Log": macro("tr_log", "this", "expression"),
        "Round": _to_places("tr_round"),
        "Trunc": _to_places("tr_truncate"),
        "Substring": _substring,
        "SplitPart": macro("tr_split_part", "this", "delimiter", "part_index"),
        "RegexpExtract": _regexp_extract,
        "RegexpReplace": _regexp_replace,
        "FromBase": _from_base,
        "Encode": _encode,
        "Normalize": _normalize,
        "JSONExtractScalar": _json_scalar,
        "JSONExtract": _json_extract,
        "WidthBucket": macro("tr_width_bucket", "this", "min_value", "max_value", "num_buckets"),
        "great_circle_distance": renamed("tr_great_circle"),
        "url_extract_host": renamed("tr_url_host"),
        "url_extract_parameter": renamed("tr_url_parameter"),
        "url_extract_path": renamed("tr_url_path"),
    }
)
