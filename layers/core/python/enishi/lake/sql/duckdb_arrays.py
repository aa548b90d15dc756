"""Rules for arrays, maps, lambdas and UNNEST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlglot import exp

from enishi.errors import QueryError
from enishi.lake.sql.rules import Rule, call, inside_try, macro


def _bracket(node: exp.Expr) -> exp.Expr:
    """`a[n]` and `m['k']` fail outside; `element_at` gives null there. Both count from one (`enishi.lake.sql.text`)."""
    if not node.args.get("offset"):
        raise QueryError("a subscript was not read from text", remedy="Parse it, or use element_at.")
    return call(_lookup(node), node.this, node.expressions[0])


def _lookup(node: exp.Expr) -> str:
    """The macro or function of a subscript: by text in a map, else by number in an array."""
    by_text = _is_text(node.expressions[0])
    if inside_try(node):
        return "map_extract_value" if by_text else "list_extract"
    if node.args.get("safe"):
        return "map_extract_value" if by_text else "tr_element_at"
    return "tr_entry" if by_text else "tr_item"


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _verdict(name: str) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        items, test = node.expressions
        return call(name, call("list_transform", items, test))

    return rule


def _none_match(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Not(this=_verdict("tr_any")(node)))


def _reduce(node: exp.Expr) -> exp.Expr:
    """The finish is applied to the folded value, as DuckDB's fold has none."""
    folded = call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    finish = node.args.get("finish")
    if finish is None:
        return folded
    return _applied(finish, lambda _: folded)


def _applied(function: exp.Expr, argument: Callable[[int], exp.Expr]) -> exp.Expr:
    """The body of a lambda with `argument(i)` for its i-th parameter."""
    places = {parameter.name: number for number, parameter in enumerate(function.expressions)}
    root = exp.Paren(this=function.this.copy())
    for node in list(root.walk(bfs=False)):
        if isinstance(node, exp.Identifier) and node.name in places and not isinstance(node.parent, exp.Dot):
            target = node.parent if isinstance(node.parent, exp.Column) else node
            target.replace(argument(places[node.name]).copy())
    return root


def _field(number: int) -> exp.Expr:
    return call("struct_extract_at", exp.to_identifier("e_"), exp.Literal.number(number + 1))


def _over_entries(body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier("e_")])


def _zip_with(node: exp.Expr) -> exp.Expr:
    first, second, function = node.expressions
    return call("list_transform", call("list_zip", first, second), _over_entries(_applied(function, _field)))


def _map_filter(node: exp.Expr) -> exp.Expr:
    entries, function = node.expressions
    kept = call("list_filter", call("map_entries", entries), _over_entries(_applied(function, _field)))
    return call("map_from_entries", kept)


def _transform_values(node: exp.Expr) -> exp.Expr:
    entries, function = node.expressions
    values = call("list_transform", call("map_entries", entries), _over_entries(_applied(function, _field)))
    return call("map", call("map_keys", entries.copy()), values)


def _sequence(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step") or exp.Literal.number(1)
    return call("tr_sequence", node.args["start"], node.args["end"], step)


def _unnest(node: exp.Expr) -> exp.Expr:
    """UNNEST of several arrays, of a map (two names) and of an array of rows (three or more) as a lateral SELECT."""
    alias = node.args.get("alias")
    names = list(alias.columns) if alias is not None else []
    sources = node.expressions
    if len(names) <= 1 and len(sources) == 1:
        return node
    if node.args.get("offset"):
        raise QueryError("WITH ORDINALITY is proven for one array only", remedy="Number the rows with row_number().")
    if len(sources) == 1:
        columns = _entries(sources[0]) if len(names) == 2 else [_unnested(sources[0], deep=True)]
    else:
        columns = [_unnested(source) for source in sources]
    return exp.Lateral(this=exp.Subquery(this=exp.Select(expressions=columns)), alias=alias)


def _select(node: exp.Expr) -> exp.Expr:
    """Rows out of arrays side by side, and nothing else, are DuckDB's own UNNEST: half the cost of a lateral join."""
    joins = node.args.get("joins") or []
    if (
        not isinstance(node, exp.Select)
        or len(joins) != 1
        or joins[0].args.get("on")
        or set(_given(node)) - {"expressions", "from_", "joins"}
    ):
        return node
    alias, sources = joins[0].this.args.get("alias"), _unfolded(joins[0].this)
    if alias is None or not alias.columns or len(sources) != len(alias.columns):
        return node
    rows = {name.name: source for name, source in zip(alias.columns, sources, strict=True)}
    shown = [column for column in node.selects if isinstance(column, exp.Column)]
    unnested = [column.name for column in shown if column.table == alias.name]
    if len(shown) != len(node.selects) or sorted(unnested) != sorted(rows):
        return node
    columns = [_out_of(column, rows) if column.table == alias.name else column for column in shown]
    return exp.Select(expressions=columns, from_=node.args["from_"])


def _unfolded(joined: exp.Expr) -> list[exp.Expr]:
    """What gives the columns of a lateral join of arrays side by side, or of one; nothing for another relation."""
    if isinstance(joined, exp.Unnest):
        plain = len(joined.expressions) == 1 and not joined.args.get("offset")
        return [call("unnest", joined.expressions[0])] if plain else []
    inner = joined.this.this if isinstance(joined, exp.Lateral) else None
    return inner.selects if isinstance(inner, exp.Select) and set(_given(inner)) == {"expressions"} else []


def _out_of(column: exp.Column, rows: Mapping[str, exp.Expr]) -> exp.Expr:
    return exp.alias_(rows[column.name], column.name)


def _given(node: exp.Expr) -> list[str]:
    return [name for name, value in node.args.items() if value]


def _entries(source: exp.Expr) -> list[exp.Expr]:
    return [_unnested(call(name, source.copy())) for name in ("map_keys", "map_values")]


def _unnested(source: exp.Expr, *, deep: bool = False) -> exp.Expr:
    depth = [exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))] if deep else []
    return call("unnest", source, *depth)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Bracket": _bracket,
        "any_match": _verdict("tr_any"),
        "all_match": _verdict("tr_all"),
        "none_match": _none_match,
        "Reduce": _reduce,
        "zip_with": _zip_with,
        "map_filter": _map_filter,
        "transform_values": _transform_values,
        "GenerateSeries": _sequence,
        "ArrayContains": macro("tr_contains", "this", "expression"),
        "ArrayMax": macro("tr_array_max", "this"),
        "ArrayMin": macro("tr_array_min", "this"),
        "ArraySlice": macro("tr_slice", "this", "start", "end"),
        "ArrayPosition": macro("tr_array_position", "this", "expression"),
        "Unnest": _unnest,
        "Select": _select,
    }
)
