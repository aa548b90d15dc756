"""Purchases, their lines and all documents of sales as a refresh of the rollup found them, in the place of the views
that would find them anew.

A refresh writes `work.purchase_facts`, `work.line_facts` and `work.document_facts`. `rollups/<name>.sql` says a
relation's rows by these; the others are the table itself, or the relation's own text with one part in another's place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sqlglot import exp

from enishi.lake import schema
from enishi.lake.schema import Column
from enishi.lake.sql import column, literal, literals, parse, table_ref, view
from enishi.lake.sql.build import data_type
from enishi.ports import Warehouse

PURCHASES = "purchase_facts"
LINES = "line_facts"
DOCUMENTS = "document_facts"
RETURNS = "returns"
"""The folder of documents that are returns, beside those of the spans."""
VIEWS = ("v_purchases", "v_lines", "v_documents")
OF_ANALYSES = ("purchases", "purchase_lines")
"""Relations of analyses that are the views' rows of the population, as long as no parameter narrows purchases;
what stands in for them is of everybody (`facts_people.only_members`)."""
_WORK = "work"
_TABLES = (PURCHASES, LINES, DOCUMENTS)


@dataclass(frozen=True)
class Written:
    """What a refresh wrote: rows of each table, in folders numbered from 0, each a run of days."""

    refresh: str
    spans: int
    purchases: int
    lines: int
    documents: int

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows by table."""
        return {PURCHASES: self.purchases, LINES: self.lines, DOCUMENTS: self.documents}


def stand_in(tree: exp.Query, written: Written, names: Collection[str] = VIEWS) -> exp.Query:
    """`tree` itself, its views spelled out, the relations of these names read from what was written."""
    clause = tree.args.get("with_")
    for cte in clause.expressions if clause else ():
        if cte.alias in names:
            cte.set("this", _limited(_BODIES.get(cte.alias, _of_file)(cte), written))
    return tree


def rows_of(table: str, view: str, alias: str) -> exp.Select:
    """The rows of the view with the columns of the table, its folders left out, and their types."""
    columns = [exp.alias_(exp.cast(column(alias, each.name), data_type(each.type)), each.name) for each in _kept(table)]
    return exp.select(*columns).from_(table_ref(view, alias))


def _kept(table: str) -> list[Column]:
    declared = schema.table(table)
    return [each for each in declared.columns if each.name not in declared.partition_columns]


def _of_file(cte: exp.CTE) -> exp.Query:
    return _bodies()[cte.alias].copy()


def _lines_of_products(_: exp.CTE) -> exp.Query:
    """The view itself, whose net lines are there."""
    lines = view("v_lines").copy()
    [net] = [inner for inner in lines.args["with_"].expressions if inner.alias == "net_lines"]
    net.set("this", _all_of(LINES))
    return lines


def _all_of(table: str) -> exp.Select:
    """The rows as they were written."""
    return exp.select(*[column("f", each.name) for each in _kept(table)]).from_(table_ref(f"{_WORK}.{table}", "f"))


def _lines_alone(cte: exp.CTE) -> exp.Query:
    """The relation itself, of everybody's purchases, whose lines tell what is known of them."""
    lines: exp.Select = cte.this.copy()
    [join] = lines.args["joins"]
    line, purchase = lines.args["from_"].this.alias, join.this.alias
    for found in [each for select in lines.selects for each in select.find_all(exp.Column) if each.table == purchase]:
        known = column(line, _IN_LINES.get(found.name, found.name))
        found.replace(exp.alias_(known, found.name) if found.name in _IN_LINES else known)
    lines.set("joins", None)
    return lines


_IN_LINES: Mapping[str, str] = MappingProxyType({"n": "n_lifetime"})
"""What a line calls a column of its purchase, where the names differ."""
_BODIES: Mapping[str, Callable[[exp.CTE], exp.Query]] = MappingProxyType(
    {"v_lines": _lines_of_products, "purchase_lines": _lines_alone, "v_documents": lambda _: _all_of(DOCUMENTS)}
)


def _limited(body: exp.Query, written: Written) -> exp.Query:
    """`body` itself, reading the folders of this refresh alone."""
    for select in body.find_all(exp.Select):
        source = select.args["from_"].this
        if isinstance(source, exp.Table) and source.db == _WORK:
            select.where(*_of(source, written), copy=False)
    return body


def whole(warehouse: Warehouse, written: Written) -> bool:
    """Whether all that was written is still there: the work store is nobody's archive."""
    counts = [_count(name, written) for name in written.rows]
    query: exp.Query = exp.union(*counts, distinct=False)
    found = {row["name"]: row["found"] for row in warehouse.query(query).to_pylist()}
    return found == dict(written.rows)


def reads(tree: exp.Expr) -> bool:
    """Whether the query reads what a refresh wrote."""
    return any(table.db == _WORK and table.name in _TABLES for table in tree.find_all(exp.Table))


def _count(name: str, written: Written) -> exp.Select:
    shown, source = exp.alias_(literal(name), "name"), table_ref(f"{_WORK}.{name}", "t")
    counted = exp.select(shown, exp.alias_(exp.Count(this=exp.Star()), "found")).from_(source)
    return counted.where(*_of(source, written))


def _of(table: exp.Table, written: Written) -> tuple[exp.Expr, exp.Expr]:
    """The rows of this refresh: each of its folders named, so that no engine has to look for them."""
    names = [*map(str, range(written.spans)), *([RETURNS] if table.name == DOCUMENTS else [])]
    spans = exp.In(this=column(table.alias, "span"), expressions=literals(names))
    return column(table.alias, "refresh").eq(literal(written.refresh)), spans


@cache
def _bodies() -> Mapping[str, exp.Query]:
    return MappingProxyType(dict(_read()))


def _read() -> Iterator[tuple[str, exp.Query]]:
    for path in (files("enishi.lake") / "rollups").iterdir():
        if path.name.endswith(".sql"):
            yield path.name[:-4], parse(path.read_text("utf-8"), path.name)
