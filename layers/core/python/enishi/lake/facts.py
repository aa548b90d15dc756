"""The rollup in the place of the tables: the one place that decides which is read.

A SELECT that needs only customer, day, amount and N of default purchases reads `customer_facts`, others read the
purchases and lines that the refresh wrote (`facts_lines`). They do when the rollup was made of the tables' present
snapshots and nothing in them is later than the moment that the question is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from types import MappingProxyType

from sqlglot import exp

from enishi.lake import facts_lines
from enishi.lake.facts_lines import Written
from enishi.lake.facts_people import POPULATION, only_members, told
from enishi.lake.facts_places import in_places
from enishi.lake.facts_spans import ROLLUP, in_spans
from enishi.lake.sql import column, expand_views, literal, parse, table_ref, tables_of
from enishi.lake.sql.prune import pruned
from enishi.ports import Warehouse

VIEW = "v_purchases"
_FORM = "4"
"""Counted up when the rollup's columns or what they mean change: one of an older form is not read."""
_CUSTOMER = "customer_id"
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "purchase_date": "f.purchase_dates",
        "amount": "f.purchase_amounts",
        "n": "SEQUENCE(1, f.purchases)",
        "n_lifetime": "SEQUENCE(1, f.purchases)",
        "previous_date": "SLICE(CONCAT(ARRAY[CAST(NULL AS DATE)], f.purchase_dates), 1, f.purchases)",
    }
)
"""What the rollup knows of each purchase, as arrays by N."""
_ALWAYS = "purchase_date"
_OF_CUSTOMER = ("customer_id", "registered_date", "status", "withdrawn_date", "is_employee", "is_virtual")
"""What the rollup holds of the customer's own row, for the conditions of a population."""
_READ = (
    *("customer_id", "purchases", "amount", "first_purchase_date", "last_purchase_date"),
    *("purchase_dates", "purchase_amounts", "running_amounts"),
)
"""What it holds of the purchases."""


@dataclass(frozen=True)
class Facts:
    """A rollup that equals the lines; they hold nothing after `last_at` and `last_day`."""

    last_at: datetime
    last_day: date
    in_order: bool = False
    """Whether everybody's days follow the order of N."""
    written: Callable[[], Written | None] = lambda: None
    """Tells what purchases and lines the refresh wrote; None where they are not whole any more. Called when they are
    needed: looking whether they are costs as much as a small question."""
    all_known: Callable[[], bool] = lambda: False
    """Tells whether everybody who bought stands in customers; called with `written`."""

    def hold(self, at: datetime, day: date) -> bool:
        """Whether the lines as of this moment are all the lines."""
        return self.last_day <= day and self.last_at <= at.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Reach:
    """The last instant and the last day of the orders, and how many there are."""

    last_at: datetime
    last_day: date
    orders: int


@cache
def sources() -> tuple[str, ...]:
    """The tables that purchases are made of."""
    every = exp.select("*").from_(table_ref(VIEW))
    return tuple(sorted({table.name for table in tables_of(expand_views(every))}))


def stamp(warehouse: Warehouse) -> str:
    """The form of the rollup and the present snapshots of `sources`."""
    return ";".join((f"form={_FORM}", *(f"{name}={warehouse.snapshot(name)}" for name in sources())))


def reach(warehouse: Warehouse) -> Reach | None:
    """How far the orders reach; None where there are none, or one does not say when it was: nobody can tell then
    whether a question is about a moment after it."""
    whens = [column("o", name) for name in ("ordered_at", "order_date")]
    last = [exp.alias_(exp.Max(this=when), when.name) for when in whens]
    unknown = exp.CountIf(this=exp.or_(*[when.is_(exp.null()) for when in whens]))
    counts = [exp.alias_(exp.Count(this=exp.Star()), "orders"), exp.alias_(unknown, "unknown")]
    [row] = warehouse.query(exp.select(*last, *counts).from_(table_ref("orders", "o"))).to_pylist()
    return Reach(row["ordered_at"], row["order_date"], row["orders"]) if row["orders"] and not row["unknown"] else None


def stamped(snapshots: str, reached: Reach, written: Written) -> str:
    """`snapshots` with how far the orders reach and what was written, as `customer_facts.snapshot` says it."""
    said = {"at": reached.last_at.isoformat(), "day": reached.last_day.isoformat()} | asdict(written)
    return ";".join((snapshots, *(f"{name}={value}" for name, value in said.items())))


def present(warehouse: Warehouse) -> Facts | None:
    """The rollup, if it was made of the tables as they are now."""
    said = _said_of(warehouse)
    if said.get("form") != _FORM or any(said.get(name) != warehouse.snapshot(name) for name in sources()):
        return None
    reached = datetime.fromisoformat(said["at"]), date.fromisoformat(said["day"])
    written = cache(partial(_whole, warehouse, _written(said)))
    all_known = cache(partial(_is_true_of_all, warehouse, "is_known"))
    return Facts(*reached, _is_true_of_all(warehouse, "is_in_order"), written, all_known)


def _whole(warehouse: Warehouse, written: Written) -> Written | None:
    return written if facts_lines.whole(warehouse, written) else None


def last_written(warehouse: Warehouse) -> Written | None:
    """What the last refresh wrote, of whatever snapshots; None where there was none of this form."""
    said = _said_of(warehouse)
    return _written(said) if said.get("form") == _FORM else None


def _said_of(warehouse: Warehouse) -> Mapping[str, str]:
    """The rollup's stamp, part by part; empty without a rollup."""
    if not warehouse.snapshot(ROLLUP):
        return {}
    row = exp.select(column("f", "snapshot")).from_(table_ref(ROLLUP, "f")).limit(1)
    rows = warehouse.query(row).to_pylist()
    return dict(part.partition("=")[::2] for part in ((rows[0]["snapshot"] if rows else None) or "").split(";"))


def _written(said: Mapping[str, str]) -> Written:
    return Written(said["refresh"], *(int(said[name]) for name in ("spans", "purchases", "lines", "documents")))


def _is_true_of_all(warehouse: Warehouse, name: str) -> bool:
    """Whether the rollup's column is true in every row: engines find that in what files say of themselves."""
    others = exp.select(exp.alias_(exp.Count(this=exp.Star()), "others")).from_(table_ref(ROLLUP, "f"))
    found = warehouse.query(others.where(exp.not_(column("f", name))))
    return not found.column(0)[0].as_py()


def from_facts(tree: exp.Query, rollup: Facts, at: datetime, relations: Mapping[str, tuple[str, ...]]) -> exp.Query:
    """`tree` itself, its views spelled out, reading the rollup wherever that is enough; `Facts.hold` must be true.

    Args:
        rollup: what is known of it.
        at: the moment of the question: that a purchase is not later is true of all.
        relations: CTEs that give default purchases, each with all of its columns.
    """
    for name, columns in relations.items():
        _turn(tree, name, columns, rollup, at)
    left = pruned(tree)
    usual = facts_lines.OF_ANALYSES if "purchases" in relations else ()
    names = {cte.alias for cte in left.ctes} & {*facts_lines.VIEWS, *usual}
    written = rollup.written() if names else None
    if written is None:
        return left
    stood = facts_lines.stand_in(left, written, names)
    return pruned(only_members(stood, usual, all_known=rollup.all_known))


def relations(*, default_purchases: bool) -> dict[str, tuple[str, ...]]:
    """What the rollup may stand for: the view, and the `purchases` of an analysis under default parameters."""
    return {VIEW: _VIEW_COLUMNS, **({"purchases": _MACRO_COLUMNS} if default_purchases else {})}


_VIEW_COLUMNS = (
    *(
        "order_id",
        "customer_id",
        "purchase_at",
        "purchase_date",
        "shipped_date",
        "delivered_date",
        "channel",
        "store_id",
    ),
    *("order_type", "subscription_id", "response_code", "session_id", "amount", "amount_excl_tax", "gross_amount"),
    *("items", "n_lifetime", "days_since_prev"),
)
_MACRO_COLUMNS = (
    *(
        "order_id",
        "customer_id",
        "purchase_at",
        "purchase_date",
        "channel",
        "store_id",
        "order_type",
        "subscription_id",
    ),
    *("response_code", "session_id", "amount", "items", "receipts", "n", "previous_date"),
)


def _turn(tree: exp.Query, name: str, columns: tuple[str, ...], rollup: Facts, at: datetime) -> None:
    lacking = {column for column in columns if column not in _COLUMNS} - {"customer_id"}
    turned: list[set[str]] = []
    for table in [found for found in tree.find_all(exp.Table) if found.name == name and not found.db]:
        said = _said(table, at)
        if said is None or said & lacking:
            continue
        short = _shortened(table, _rows(tree, name), rollup)
        if short is None:
            table.replace(table_ref(f"{name}_facts", table.alias_or_name))
            turned.append(said & set(columns) & set(_COLUMNS))
    if turned:
        _put_before(tree, name, _body(_rows(tree, name), set().union(*turned)))


def _shortened(table: exp.Table, rows: exp.Expr, rollup: Facts) -> exp.Select | None:
    """The SELECT around the table over rows of the rollup, in its place; None where purchases must be unfolded."""
    select = table.find_ancestor(exp.Select)
    if select is None or select.args["from_"].this is not table:
        return None
    short = in_spans(_grouped(select), rows, in_order=rollup.in_order)
    if short is None and rollup.in_order:
        short = in_places(select, rows)
    return select.replace(short) if short is not None else None


def _grouped(select: exp.Select) -> exp.Select:
    """A SELECT of customers alone whose repeats do not matter as one that groups by them; another as it is."""
    once = bool(select.args.get("distinct")) or _is_membership(select)
    if not once or select.args.get("group") or [each.name for each in select.selects] != [_CUSTOMER]:
        return select
    grouped = select.copy().group_by(select.selects[0].unalias().copy())
    grouped.set("distinct", None)
    return grouped


def _is_membership(select: exp.Select) -> bool:
    return isinstance(select.parent, exp.Subquery) and isinstance(select.parent.parent, exp.In)


def _said(table: exp.Table, at: datetime) -> set[str] | None:
    """The names that the SELECT over the table says, what is true of every purchase taken out; None for `*`."""
    select = table.find_ancestor(exp.Select)
    if select is None or any(column.is_star for column in select.selects):
        return None
    now = literal(at)
    always = [test for test in select.find_all(exp.LTE) if _is_instant(test.this) and test.expression == now]
    inside = {id(found) for test in always for found in test.find_all(exp.Identifier)}
    said = {found.name.lower() for found in select.find_all(exp.Identifier) if id(found) not in inside}
    if "purchase_at" not in said:
        for test in always:
            test.replace(exp.true())
    return said


def _is_instant(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name == "purchase_at"


def _put_before(tree: exp.Query, name: str, body: exp.Query) -> None:
    ctes = tree.args["with_"].expressions
    place = next(number for number, cte in enumerate(ctes) if cte.alias == name)
    ctes.insert(place, exp.CTE(this=body, alias=exp.TableAlias(this=exp.to_identifier(f"{name}_facts"))))


def _rows(tree: exp.Query, name: str) -> exp.Expr:
    """The rollup's rows that the relation is made of, under the alias `f`: of the population, where it is not the view.

    The conditions of the population are asked of the rollup itself, which holds what they name; no join is needed.
    """
    rollup = table_ref(ROLLUP, "f")
    if name == VIEW:
        return rollup
    rows = exp.select(*[column("f", each) for each in _READ]).from_(rollup)
    [population] = [cte.this for cte in tree.args["with_"].expressions if cte.alias == POPULATION]
    test = _of_rollup(population)
    if test is not None:
        rows = rows.where(column("f", "is_known"), test)
    else:
        same = exp.EQ(this=column("c", "customer_id"), expression=column("f", "customer_id"))
        rows = rows.join(table_ref(POPULATION, "c"), on=same)
    return exp.alias_(exp.Subquery(this=rows), "f", table=True)


def _of_rollup(population: exp.Query) -> exp.Expr | None:
    """The population's condition on a row of customers as one on a row of the rollup; None if that cannot be said."""
    select = told(population)
    if select is None:
        return None
    alias = select.args["from_"].this.alias_or_name
    test: exp.Expr = exp.Paren(this=select.args["where"].this.copy())
    own = [found for found in test.find_all(exp.Column) if found.find_ancestor(exp.Query) is None]
    if any(found.table != alias or found.name not in _OF_CUSTOMER for found in own):
        return None
    for found in own:
        found.set("table", exp.to_identifier("f"))
    return test


def _body(rows_of: exp.Expr, needed: Iterable[str]) -> exp.Query:
    """One row a purchase, its columns side by side out of the arrays."""
    columns = sorted({*needed, _ALWAYS})
    arrays = [parse(f"SELECT {_COLUMNS[each]}", ROLLUP).selects[0] for each in columns]
    names = exp.TableAlias(this=exp.to_identifier("u"), columns=[exp.to_identifier(each) for each in columns])
    rows = exp.select(column("f", "customer_id"), *[column("u", each) for each in columns]).from_(rows_of)
    return rows.join(exp.Unnest(expressions=arrays, alias=names), join_type="cross")
