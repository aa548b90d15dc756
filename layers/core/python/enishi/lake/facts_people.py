"""The population told by the few who are not in it: leaving them out costs less than looking up everybody else."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from enishi.lake.sql import column, table_ref

POPULATION = "population"
OUTSIDERS = "outsiders"
_CUSTOMER = "customer_id"


def without_outsiders(tree: exp.Query, names: Collection[str]) -> exp.Query:
    """`tree` itself, in which the relations of these names leave outsiders out where they took members.

    Every customer whom these relations name must be one of customers: then who is no outsider is a member.
    """
    ctes = {cte.alias: cte for cte in tree.ctes}
    outside = _outside(ctes[POPULATION].this) if POPULATION in ctes else None
    bodies = [ctes[name].this for name in names if name in ctes]
    joins = [(body, join) for body in bodies for join in _of_members(body)]
    if outside is None or not joins:
        return tree
    for body, join in joins:
        _turn(body, join)
    alias = exp.TableAlias(this=exp.to_identifier(OUTSIDERS))
    every = tree.args["with_"].expressions
    every.insert(every.index(ctes[POPULATION]) + 1, exp.CTE(this=outside, alias=alias))
    return tree


def _outside(population: exp.Expr) -> exp.Select | None:
    """Customers who are not in the population; None where it names its members, so that the others may be many."""
    if not isinstance(population, exp.Select) or population.args.get("joins") or "where" not in population.args:
        return None
    inside = population.args["where"].this
    if inside.find(exp.Query):
        return None
    customers = population.args["from_"].this
    member = exp.Coalesce(this=exp.paren(inside.copy()), expressions=[exp.false()])
    return exp.select(column(customers.alias_or_name, _CUSTOMER)).from_(customers.copy()).where(exp.not_(member))


def _of_members(body: exp.Expr) -> list[exp.Join]:
    """The joins of the population that only ask whether somebody is in it."""
    if not isinstance(body, exp.Select):
        return []
    joins = [join for join in body.args.get("joins") or () if _is_look_up(join)]
    return [join for join in joins if not _is_read(body, join)]


def _is_look_up(join: exp.Join) -> bool:
    plain = not (join.side or join.kind) and isinstance(join.args.get("on"), exp.EQ)
    return plain and isinstance(join.this, exp.Table) and join.this.name == POPULATION and not join.this.db


def _is_read(body: exp.Select, join: exp.Join) -> bool:
    """Whether a column of the population is named outside of the join's own condition, which names its key alone."""
    alias = join.this.alias_or_name
    named = [found for found in body.find_all(exp.Column) if found.table == alias]
    inside = [found for found in join.args["on"].find_all(exp.Column) if found.table == alias]
    return len(named) != len(inside) or [found.name for found in inside] != [_CUSTOMER]


def _turn(body: exp.Select, join: exp.Join) -> None:
    """Ids are keys of customers, never null: NOT IN leaves nobody out by chance."""
    [given] = [side for side in (join.args["on"].left, join.args["on"].right) if side.table != join.this.alias_or_name]
    others = exp.select(column("o", _CUSTOMER)).from_(table_ref(OUTSIDERS, "o"))
    body.where(exp.not_(exp.In(this=given.copy(), query=exp.Subquery(this=others))), copy=False)
    body.set("joins", [each for each in body.args["joins"] if each is not join])
