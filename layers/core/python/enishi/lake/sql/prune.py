"""Columns and joins that nobody reads are left out of a query's CTEs: no engine drops a join that only adds columns.
So are the arms of a UNION ALL that give no row: what they read, nobody reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from enishi.lake.schema import tables
from enishi.lake.sql.nothing import gives_no_row

Named = Mapping[str, exp.Query]
"""The queries of the CTEs that are in scope, by name."""


def pruned(tree: exp.Query) -> exp.Query:
    """`tree` itself, its CTEs without what nobody reads: whole CTEs, columns, and left joins that add no rows.

    What is read is told by names alone, so a column may stay that could go; one that goes is named by no reader.
    """
    _drop_arms(tree)
    _spell_stars(tree, {})
    _prune(tree, {})
    return tree


def _drop_arms(tree: exp.Query) -> None:
    """Take the second arm of a UNION ALL out where it gives no row and has columns of the kinds of the first."""
    for union in list(tree.find_all(exp.Union)):
        left, right = union.left, union.right
        inside = union.parent is not None and not any(union.args.get(part) for part in ("distinct", "with_"))
        if inside and gives_no_row(right) and not _is_ordered(union) and _are_alike(left, right):
            union.replace(left)


def _are_alike(left: exp.Expr, right: exp.Expr) -> bool:
    """Whether the columns of two SELECTs are plain columns, or literals of one kind, place by place."""
    if not isinstance(left, exp.Select) or not isinstance(right, exp.Select):
        return False
    kinds = [[_kind(column.unalias()) for column in select.selects] for select in (left, right)]
    return kinds[0] == kinds[1] and None not in kinds[0]


def _kind(value: exp.Expr) -> tuple[type[exp.Expr], bool] | None:
    return (type(value), value.is_string) if isinstance(value, exp.Column | exp.Literal) else None


def _ctes(tree: exp.Expr) -> list[exp.CTE]:
    clause = tree.args.get("with_")
    return clause.expressions if isinstance(clause, exp.With) and not clause.args.get("recursive") else []


def _spell_stars(tree: exp.Expr, outer: Named) -> None:
    """Write out every `*` over CTEs whose columns are known."""
    named = dict(outer)
    for cte in _ctes(tree):
        _spell_stars(cte.this, named)
        if not cte.args["alias"].columns:
            named[cte.alias] = cte.this
    for arm in _arms(tree, ordered=True):
        if any(column.is_star for column in arm.selects):
            sources = [arm.args.get("from_"), *(arm.args.get("joins") or ())]
            tables = [source.this for source in sources if source is not None]
            columns = [_spelled(column, tables, named) for column in arm.selects]
            if all(found is not None for found in columns):
                arm.set("expressions", [column for found in columns for column in found or ()])


def _spelled(column: exp.Expr, tables: list[exp.Expr], named: Named) -> list[exp.Expr] | None:
    """The columns that `column` stands for, itself where it is no star; None when they are not known."""
    if not column.is_star:
        return [column]
    wanted = column.table if isinstance(column, exp.Column) else ""
    of = [table for table in tables if not wanted or table.alias_or_name == wanted]
    if len(of) != 1 or (not wanted and len(tables) > 1) or column.args.get("except_"):
        return None
    [table] = of
    if not isinstance(table, exp.Table) or table.db or table.name not in named:
        return None
    source = named[table.name]
    names = [each.alias_or_name for each in source.selects]
    if any(each.is_star or not name for each, name in zip(source.selects, names, strict=True)):
        return None
    return [exp.column(name, table=table.alias_or_name) for name in names]


def _prune(tree: exp.Query, outer: Named) -> None:
    ctes = _ctes(tree)
    named = {**outer, **{cte.alias: cte.this for cte in ctes}}
    _drop_joins(tree, named)
    if not ctes:
        return
    kept: list[exp.CTE] = []
    readers = _Readers(tree, {cte.alias for cte in ctes})
    for cte in reversed(ctes):
        if readers.reads(cte.alias):
            renamed = bool(cte.args["alias"].columns)
            _narrow(cte.this, readers.said(cte.alias), renamed or readers.star(cte.alias))
            _prune(cte.this, named)
            readers.add(cte.this)
            kept.insert(0, cte)
    tree.args["with_"].set("expressions", kept)
    if not kept:
        tree.set("with_", None)


class _Readers:
    """Who reads which CTE: filled from the last reader to the first, so that only what stays is counted."""

    def __init__(self, tree: exp.Query, names: set[str]) -> None:
        self._names = names
        self._read: dict[str, list[set[str] | None]] = {}
        self._note(list(_clauses(tree)))

    def add(self, body: exp.Expr) -> None:
        """`body` is a reader that stays."""
        self._note([body])

    def _note(self, parts: list[exp.Expr]) -> None:
        tables = [table for part in parts for table in part.find_all(exp.Table)]
        of_ctes = [table for table in tables if not table.db and table.name in self._names]
        if not of_ctes:
            return
        said = {identifier.name.lower() for part in parts for identifier in part.find_all(exp.Identifier)}
        for table in of_ctes:
            self._read.setdefault(table.name, []).append(None if _is_starred(table) else said)

    def reads(self, name: str) -> bool:
        return name in self._read

    def star(self, name: str) -> bool:
        return any(said is None for said in self._read[name])

    def said(self, name: str) -> set[str]:
        return set().union(*(said for said in self._read[name] if said is not None))


def _clauses(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Everything of a query but its CTEs."""
    for key, part in tree.args.items():
        if key != "with_":
            yield from (node for node in (part if isinstance(part, list) else [part]) if isinstance(node, exp.Expr))


def _is_starred(table: exp.Table) -> bool:
    """Whether a SELECT around the table takes every column of what it reads."""
    query = table.find_ancestor(exp.Select)
    while query is not None:
        if any(column.is_star for column in query.selects):
            return True
        query = query.find_ancestor(exp.Select) if isinstance(query.parent, exp.Subquery) else None
    return False


def _narrow(body: exp.Expr, said: set[str], star: bool) -> None:
    """Take the columns out of every arm of `body` that are not among `said`."""
    arms = list(_arms(body))
    if star or not arms or not all(_may_lose_columns(arm) for arm in arms):
        return
    names = [column.alias_or_name.lower() for column in arms[0].selects]
    keep = [place for place, name in enumerate(names) if not name or name in said] or [0]
    if len(keep) < len(names) and len({len(arm.selects) for arm in arms}) == 1:
        for arm in arms:
            arm.set("expressions", [arm.selects[place] for place in keep])


def _arms(body: exp.Expr, *, ordered: bool = False) -> Iterator[exp.Select]:
    """The SELECTs of a UNION ALL; nothing when the body compares rows (UNION) or is something else."""
    if isinstance(body, exp.Select):
        yield body
    elif isinstance(body, exp.Union) and not body.args.get("distinct") and (ordered or not _is_ordered(body)):
        left, right = list(_arms(body.left)), list(_arms(body.right))
        yield from [*left, *right] if left and right else []


def _is_ordered(body: exp.Query) -> bool:
    return any(body.args.get(name) for name in ("order", "limit", "offset"))


def _may_lose_columns(select: exp.Select) -> bool:
    """No clause speaks of the columns by place or by new names, and the number of rows does not follow from them."""
    if select.args.get("distinct") or _is_ordered(select) or any(column.is_star for column in select.selects):
        return False
    group = select.args.get("group")
    if group is None:
        return not any(_aggregates(column) for column in select.selects)
    return not any(isinstance(key, exp.Literal) for key in group.expressions)


def _aggregates(column: exp.Expr) -> bool:
    return any(not isinstance(found.parent, exp.Window) for found in column.find_all(exp.AggFunc))


def _drop_joins(body: exp.Expr, named: Named) -> None:
    """Of the outermost SELECTs of `body`; those of its CTEs have their turn."""
    for select in _arms(body):
        joins = [join for join in select.args.get("joins") or [] if join.side == "LEFT"]
        if not joins or any(column.is_star for column in select.selects):
            continue
        named_in = _columns_by_table(select)
        for join in reversed(joins):
            within = _columns_by_table(join)
            if _is_unread(join, named_in - within) and _gives_one(join, named):
                select.args["joins"].remove(join)
                named_in -= within


def _columns_by_table(part: exp.Expr) -> Counter[str]:
    """How many times columns of each relation are named, its own CTEs left out, which do not see them; "" for names
    that do not say of which."""
    return Counter(column.table for clause in _clauses(part) for column in clause.find_all(exp.Column))


def _is_unread(join: exp.Join, outside: Counter[str]) -> bool:
    """Whether no column of the joined relation is named `outside` of the join's own condition."""
    alias = join.this.alias_or_name
    return bool(alias) and not outside[alias] and not outside[""]


def _gives_one(join: exp.Join, named: Named) -> bool:
    """Whether the joined relation has at most one row for each row of the left side."""
    source = join.this.this if isinstance(join.this, exp.Subquery) else None
    if isinstance(join.this, exp.Table) and not join.this.db and join.this.name in named:
        source = named[join.this.name]
    if source is not None and gives_no_row(source):
        return True
    on = join.args.get("on")
    if on is None:
        return False
    tests = list(on.flatten()) if isinstance(on, exp.And) else [on]
    keys = {name for test in tests for name in _equated(test, join.this.alias_or_name)}
    if source is None:
        return _is_declared_key(join.this, keys)
    return isinstance(source, exp.Select) and _is_key(source, keys)


def _is_declared_key(source: exp.Expr, keys: set[str]) -> bool:
    """Whether no two rows of a table of the lake agree in `keys`."""
    declared = tables().get(source.name) if isinstance(source, exp.Table) and not source.db else None
    return declared is not None and set(declared.key) <= keys


def _equated(test: exp.Expr, alias: str) -> Iterable[str]:
    """The column of `alias` that the test holds equal to something that is not of it."""
    if isinstance(test, exp.EQ):
        for mine, other in ((test.left, test.right), (test.right, test.left)):
            foreign = all(column.table and column.table != alias for column in other.find_all(exp.Column))
            if foreign and isinstance(mine, exp.Column) and mine.table == alias:
                yield mine.name


def _is_key(source: exp.Select, keys: set[str]) -> bool:
    """Whether no two rows of `source` agree in `keys`: it is grouped by them, or one is a place within the others."""
    columns = {column.alias_or_name: column.unalias() for column in source.selects}
    group = source.args.get("group")
    if group is not None and _is_grouped_by(group, {columns.get(key) for key in keys}):
        return True
    return any(_numbers_within(columns.get(key), {columns.get(other) for other in keys - {key}}) for key in keys)


def _is_grouped_by(group: exp.Group, columns: set[exp.Expr | None]) -> bool:
    if not group.expressions or any(group.args.get(kind) for kind in ("cube", "rollup", "grouping_sets")):
        return False
    return all(wanted in columns for wanted in group.expressions)


def _numbers_within(column: exp.Expr | None, others: set[exp.Expr | None]) -> bool:
    if not isinstance(column, exp.Window) or not isinstance(column.this, exp.RowNumber):
        return False
    return all(part in others for part in column.args.get("partition_by") or ())
