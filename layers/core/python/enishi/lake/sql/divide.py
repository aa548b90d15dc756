"""A statement too large for one plan, divided: relations that it names often are written once, and read from there.

Athena reads a relation of WITH anew at each place that names it, and plans at most 150 stages. What a statement takes
is reckoned from its tree: one stage a table, a join, a grouping, a DISTINCT, a window's keys, a union.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from sqlglot import exp

from enishi.lake.sql.nothing import gives_no_row, is_whole
from enishi.lake.sql.prune import pruned
from enishi.lake.sql.views import with_views

LIMIT = 140
"""Stages, as they are reckoned here, that a statement may take; the engine counts 0.4 to 0.9 of them."""
_REST = ""
"""The name under which the statement's own SELECT is reckoned."""


@dataclass(frozen=True)
class Divided:
    """Queries to be written as tables of these names, in this order, and the query that reads them."""

    first: Mapping[str, exp.Query]
    rest: exp.Query


@dataclass
class _Part:
    """What one relation takes: its own stages, and the relations beside it, as often as it names them."""

    own: int = 0
    reads: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Part) -> None:
        self.own += other.own
        self.reads.update(other.reads)


def divided(tree: exp.Query, limit: int = LIMIT) -> Divided:
    """`tree`, its views spelled out, in statements of at most `limit` stages as far as its own relations allow.

    A relation that reads personal data stays where it is. Such a tree comes back whole when nothing has to be written.
    """
    parts = _parts(tree)
    written = _written(parts, [cte.alias for cte in _ctes(tree) if _may_be_written(tree, cte)], limit)
    order = [cte.alias for cte in _ctes(tree) if cte.alias in written]
    first = {name: _alone(tree, name, order[:place]) for place, name in enumerate(order)}
    return Divided(first, _without(tree.copy(), order) if order else tree)


def stages(tree: exp.Query) -> int:
    """The stages that `tree` takes as one statement."""
    return _weights(_parts(tree), ())[_REST]


def _written(parts: Mapping[str, _Part], candidates: Collection[str], limit: int) -> frozenset[str]:
    """The relations to write, each time the one that helps the largest statement most."""
    written: frozenset[str] = frozenset()
    while (now := _largest(parts, written))[0] > limit:
        tried = [(_largest(parts, written | {name}), name) for name in candidates if name not in written]
        best, name = min(tried, default=(now, ""))
        if best >= now:
            break
        written |= {name}
    return written


def _largest(parts: Mapping[str, _Part], written: Collection[str]) -> tuple[int, int]:
    """The stages of the largest statement, and of all of them."""
    weights = _weights(parts, written)
    statements = [weights[name] for name in (*written, _REST)]
    return max(statements), sum(statements)


def _weights(parts: Mapping[str, _Part], written: Collection[str]) -> dict[str, int]:
    """The stages of each relation where those that are `written` are tables to their readers."""
    weights: dict[str, int] = {}
    for name, part in parts.items():
        reads = sum(times * (1 if of in written else weights[of]) for of, times in part.reads.items())
        weights[name] = part.own + reads
    return weights


def _parts(tree: exp.Query) -> dict[str, _Part]:
    """Every relation of the statement's WITH in its order, and the rest of it last."""
    parts: dict[str, _Part] = {}
    for cte in _ctes(tree):
        parts[cte.alias] = _part(cte.this, parts, {})
    parts[_REST] = _part_without(tree, parts, {})
    return parts


def _part(tree: exp.Expr, beside: Mapping[str, _Part], inside: Mapping[str, _Part]) -> _Part:
    """What `tree` takes with the relations of its own WITH; those that are `inside` an outer one count as its own."""
    known = dict(inside)
    for cte in _ctes(tree):
        known[cte.alias] = _part(cte.this, beside, known)
    return _part_without(tree, beside, known)


def _part_without(tree: exp.Expr, beside: Mapping[str, _Part], inside: Mapping[str, _Part]) -> _Part:
    found = _Part()
    for node in _living(tree):
        name = node.name if isinstance(node, exp.Table) and not node.db else ""
        if name in inside:
            found.add(inside[name])
        elif name in beside:
            found.reads[name] += 1
        elif node is not tree and _ctes(node):
            found.add(_part(node, beside, inside))
        else:
            found.own += _takes(node)
    return found


def _living(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of `tree`, without the inside of a WITH, of queries that have one, and of SELECTs that give no row."""
    for node in tree.walk(prune=lambda node: node is not tree and _is_apart(node)):
        if not gives_no_row(node):
            yield node


def _is_apart(node: exp.Expr) -> bool:
    return isinstance(node, exp.With) or bool(_ctes(node)) or gives_no_row(node)


def _takes(node: exp.Expr) -> int:
    """The stages that a node adds to those of what it reads."""
    match node:
        case exp.Table():
            return 1
        case exp.Join():
            return 0 if isinstance(node.this, exp.Unnest | exp.Lateral) else 1
        case exp.Select():
            return len(_partitions(node)) + _is_grouped(node) + (node.args.get("order") is not None)
        case exp.In():
            return 1 if node.args.get("query") is not None else 0
        case exp.Distinct():
            return 0 if isinstance(node.parent, exp.Select) else 1
        case exp.Exists() | exp.SetOperation():
            return 1
    return 0


def _is_grouped(select: exp.Select) -> bool:
    """Whether rows are brought together."""
    keys = select.args.get("group") is not None or select.args.get("distinct") is not None
    return keys or is_whole(select)


def _partitions(select: exp.Select) -> set[tuple[exp.Expr, ...]]:
    """The different keys by which the windows of a SELECT bring rows together."""
    windows = [found for one in select.selects for found in one.find_all(exp.Window)]
    return {tuple(window.args.get("partition_by") or ()) for window in windows}


def _ctes(tree: exp.Expr) -> list[exp.CTE]:
    clause = tree.args.get("with_")
    return list(clause.expressions) if isinstance(clause, exp.With) and not clause.args.get("recursive") else []


def _may_be_written(tree: exp.Query, cte: exp.CTE) -> bool:
    """Whether a relation can be a table: columns with names and types, nothing personal, a name of its own."""
    body = cte.this
    if cte.args["alias"].columns or _is_personal(tree, cte) or _is_named_before(tree, cte):
        return False
    columns = [column for column in body.selects if not column.is_star] if isinstance(body, exp.Query) else []
    names = {column.alias_or_name for column in columns}
    return len(names) == len(columns) and all(_is_named_and_typed(column) for column in columns)


def _is_named_and_typed(column: exp.Expr) -> bool:
    return isinstance(column, exp.Alias | exp.Column) and not isinstance(column.unalias(), exp.Null)


def _is_personal(tree: exp.Query, cte: exp.CTE) -> bool:
    """Whether the relation reads the personal database, by itself or through another."""
    personal: set[str] = set()
    for one in _ctes(tree):
        if any(table.db == "pii" or table.name in personal for table in one.find_all(exp.Table)):
            personal.add(one.alias)
        if one is cte:
            break
    return cte.alias in personal


def _is_named_before(tree: exp.Query, cte: exp.CTE) -> bool:
    """Whether the name means something else before the relation is there: a table of the lake."""
    upto = list(takewhile(lambda one: one is not cte, _ctes(tree)))
    return any(table.name == cte.alias for one in (*upto, cte) for table in one.find_all(exp.Table))


def _alone(tree: exp.Query, name: str, written: Collection[str]) -> exp.Query:
    """The relation by itself, over those that were written before it."""
    bodies = {}
    for cte in _ctes(tree):
        if cte.alias not in written:
            bodies[cte.alias] = cte.this.copy()
        if cte.alias == name:
            break
    return pruned(with_views(exp.select("*").from_(exp.table_(name)), bodies))


def _without(tree: exp.Query, names: Collection[str]) -> exp.Query:
    """`tree` itself, the relations of these names no longer said."""
    kept = [cte for cte in _ctes(tree) if cte.alias not in names]
    tree.set("with_", exp.With(expressions=kept) if kept else None)
    return pruned(tree)
