"""The population told by the few who are not in it: leaving them out costs less than looking up everybody else."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlglot import exp

from enishi.lake.sql import column, table_ref

POPULATION = "population"
OUTSIDERS = "outsiders"
_CUSTOMER = "customer_id"
_KNOWN = "is_known"
_WHOLE = {"expressions", "from_"}
"""The clauses of a SELECT of every row."""


def told(population: exp.Expr) -> exp.Select | None:
    """The population, where a condition on rows of customers alone tells it."""
    is_so = isinstance(population, exp.Select) and not population.args.get("joins") and "where" in population.args
    return population if isinstance(population, exp.Select) and is_so else None


def only_members(tree: exp.Query, names: Collection[str], *, all_known: Callable[[], bool]) -> exp.Query:
    """`tree` itself, its relations of these names, each the rows of one relation, cut to those of the population.

    Where known customers are to be in the population (`is_known AND customer_id IN …`), they must be no outsiders.

    Args:
        all_known: tells whether every customer whom the relations name is one of customers, so that who is no outsider
            is a member.
    """
    ctes = {cte.alias: cte for cte in tree.ctes}
    if POPULATION not in ctes:
        return tree
    outside = _outside(ctes[POPULATION].this)
    for body in [ctes[name].this for name in names if name in ctes]:
        given = column(body.args["from_"].this.alias_or_name, _CUSTOMER)
        if outside is None or not all_known():
            body.join(table_ref(POPULATION, "c"), on=column("c", _CUSTOMER).eq(given), copy=False)
        else:
            body.where(_is_not_among(given), copy=False)
    if outside is not None:
        for test in [found for cte in tree.ctes for found in cte.find_all(exp.In) if _is_of_known(found)]:
            test.replace(_is_not_among(test.this))
        every = tree.args["with_"].expressions
        alias = exp.TableAlias(this=exp.to_identifier(OUTSIDERS))
        every.insert(every.index(ctes[POPULATION]) + 1, exp.CTE(this=outside, alias=alias))
    return tree


def _is_of_known(test: exp.In) -> bool:
    """Whether the test is one of being in the population, beside one of being a customer at all."""
    beside = test.parent.flatten() if isinstance(test.parent, exp.And) else ()
    members = test.args["query"].this if isinstance(test.args.get("query"), exp.Subquery) else None
    return any(isinstance(each, exp.Column) and each.name == _KNOWN for each in beside) and _is_all_members(members)


def _is_all_members(query: exp.Expr | None) -> bool:
    if not isinstance(query, exp.Select) or {name for name, part in query.args.items() if part} - {
        "from_",
        "expressions",
    }:
        return False
    source = query.args["from_"].this
    return isinstance(source, exp.Table) and not source.db and source.name == POPULATION


def _outside(population: exp.Expr) -> exp.Select | None:
    """Customers who are not in the population; None where it names its members, so that the others may be many."""
    select = told(population)
    if select is None or select.args["where"].find(exp.Query):
        return None
    customers = select.args["from_"].this
    member = exp.Coalesce(this=exp.paren(select.args["where"].this.copy()), expressions=[exp.false()])
    return exp.select(column(customers.alias_or_name, _CUSTOMER)).from_(customers.copy()).where(exp.not_(member))


def _is_not_among(given: exp.Column) -> exp.Expr:
    """Ids are keys of customers, never null: NOT IN leaves nobody out by chance."""
    others = exp.select(column("o", _CUSTOMER)).from_(table_ref(OUTSIDERS, "o"))
    return exp.not_(exp.In(this=given, query=exp.Subquery(this=others)))
