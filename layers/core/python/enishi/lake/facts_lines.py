"""Purchases and their lines as a refresh of the rollup found them, in the place of the views that would find them anew.

`rollups/<view>.sql` says a view's rows by `work.purchase_facts` and `work.line_facts`, which a refresh writes; or by
such a view, those of a relation that an analysis makes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sqlglot import exp

from enishi.lake.sql import column, literal, literals, parse, table_ref
from enishi.ports import Warehouse

PURCHASES = "purchase_facts"
LINES = "line_facts"
VIEWS = ("v_purchases", "v_lines")
OF_ANALYSES = ("purchases", "purchase_lines")
"""Relations of analyses that are the views' rows of the population, as long as no parameter narrows purchases."""
_WORK = "work"


@dataclass(frozen=True)
class Written:
    """What a refresh wrote: rows of each table, in folders numbered from 0, each a run of days."""

    refresh: str
    spans: int
    purchases: int
    lines: int

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows by table."""
        return {PURCHASES: self.purchases, LINES: self.lines}


def stand_in(tree: exp.Query, written: Written, names: Collection[str] = VIEWS) -> exp.Query:
    """`tree` itself, its views spelled out, the relations of these names read from what was written."""
    clause = tree.args.get("with_")
    for cte in clause.expressions if clause else ():
        if cte.alias in names:
            cte.set("this", _body(cte.alias, written))
    return tree


def _body(name: str, written: Written) -> exp.Query:
    """The relation's rows out of what was written."""
    found = _bodies()[name].copy()
    for select in found.find_all(exp.Select):
        source = select.args["from_"].this
        if isinstance(source, exp.Table) and source.db == _WORK:
            select.where(*_of(source.alias, written), copy=False)
    return found


def whole(warehouse: Warehouse, written: Written) -> bool:
    """Whether all that was written is still there: the work store is nobody's archive."""
    counts = [_count(name, written) for name in written.rows]
    query: exp.Query = exp.union(*counts, distinct=False)
    found = {row["name"]: row["found"] for row in warehouse.query(query).to_pylist()}
    return found == dict(written.rows)


def reads(tree: exp.Expr) -> bool:
    """Whether the query reads what a refresh wrote."""
    return any(table.db == _WORK and table.name in (PURCHASES, LINES) for table in tree.find_all(exp.Table))


def _count(name: str, written: Written) -> exp.Select:
    shown = [exp.alias_(literal(name), "name"), exp.alias_(exp.Count(this=exp.Star()), "found")]
    return exp.select(*shown).from_(table_ref(f"{_WORK}.{name}", "t")).where(*_of("t", written))


def _of(alias: str, written: Written) -> tuple[exp.Expr, exp.Expr]:
    """The rows of this refresh: each of its folders named, so that no engine has to look for them."""
    spans = exp.In(this=column(alias, "span"), expressions=literals(map(str, range(written.spans))))
    return column(alias, "refresh").eq(literal(written.refresh)), spans


@cache
def _bodies() -> Mapping[str, exp.Query]:
    return MappingProxyType(dict(_read()))


def _read() -> Iterator[tuple[str, exp.Query]]:
    for path in (files("enishi.lake") / "rollups").iterdir():
        if path.name.endswith(".sql"):
            yield path.name[:-4], parse(path.read_text("utf-8"), path.name)
