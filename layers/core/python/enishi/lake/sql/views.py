"""Views: `views/<name>.sql`, inlined as CTEs of the query that names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeVar

from sqlglot import exp

from enishi.lake.sql.prune import pruned
from enishi.lake.sql.text import parse

FACTS_OF_PEOPLE: Mapping[str, str] = MappingProxyType({"orders": "v_orders"})
"""Table → the view of it that says whose the rows of guests are today (rules GUEST, MERGE)."""
Tree = TypeVar("Tree", bound=exp.Query)


@cache
def _views() -> Mapping[str, exp.Query]:
    """Every view's tree by name."""
    folder = files("enishi.lake") / "views"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    return MappingProxyType({path.name[:-4]: parse(path.read_text("utf-8"), path.name) for path in paths})


def view_names() -> tuple[str, ...]:
    """The views that a query may name like tables."""
    return tuple(_views())


def is_view(table: exp.Table) -> bool:
    return not table.db and table.name in _views()


def tables_of(tree: exp.Expr) -> Iterator[exp.Table]:
    """Every reference to a table or a view, CTEs of the tree itself left out."""
    for node in tree.find_all(exp.Table):
        if isinstance(node.this, exp.Identifier) and not _is_local(node):
            yield node


def _is_local(node: exp.Table) -> bool:
    """Whether `node` names a CTE that is in scope there."""
    name = node.name
    return not node.db and any(cte.alias == name for scope in _parents(node) for cte in _with_of(scope))


def _parents(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _with_of(node: exp.Expr) -> list[exp.CTE]:
    clause = node.args.get("with_")
    return list(clause.expressions) if isinstance(clause, exp.With) else []


def expand_views(tree: exp.Query) -> exp.Query:
    """A copy of `tree` in which each view that it needs, directly or through another view, is a CTE, once.

    Window columns that nobody names are left out of a view: no engine pushes a condition below a window.
    """
    names = needed_views(tree)
    bodies = {name: _views()[name].copy() for name in names}
    read = _Read(tree)
    for name in reversed(names):
        _drop_windows(bodies[name], read, name)
        read.add(bodies[name])
    return pruned(with_views(tree.copy(), bodies))


class _Read:
    """What a query, and the views that are added after those that they read, say by name."""

    def __init__(self, tree: exp.Expr) -> None:
        self.said: set[str] = set()
        self.starred: set[str] = set()
        self.add(tree)

    def add(self, tree: exp.Expr) -> None:
        self.said |= {identifier.name.lower() for identifier in tree.find_all(exp.Identifier)}
        self.starred |= {table.name for table in tree.find_all(exp.Table) if _is_starred(table)}


def _drop_windows(body: exp.Query, read: _Read, name: str) -> None:
    """Take the window columns out of the view `name`, unless a reader says their name or `*` of the view."""
    if _windows(name) and name not in read.starred:
        unread = _windows(name) - read.said
        body.set("expressions", [column for column in body.selects if column.alias not in unread])


@cache
def _windows(name: str) -> frozenset[str]:
    """The columns of a view's outermost SELECT that are windows over its rows."""
    body = _views()[name]
    if not isinstance(body, exp.Select) or body.args.get("distinct"):
        return frozenset()
    return frozenset(column.alias for column in body.selects if column.alias and column.find(exp.Window))


def _is_starred(table: exp.Table) -> bool:
    query = table.find_ancestor(exp.Select)
    return query is None or any(column.is_star for column in query.selects)


def with_people(tree: Tree) -> Tree:
    """`tree` itself, reading facts that may be a guest's or a stranger's through the view that says whose they are."""
    for table in list(tables_of(tree)):
        if not table.db and table.name in FACTS_OF_PEOPLE:
            view = exp.table_(FACTS_OF_PEOPLE[table.name])
            table.replace(exp.alias_(view, table.alias_or_name, table=True))
    return tree


def with_views(tree: exp.Query, bodies: Mapping[str, exp.Expr]) -> exp.Query:
    """`tree` itself with a CTE for each of `bodies`, in that order and before its own."""
    if bodies:
        ctes = [exp.CTE(this=body, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, body in bodies.items()]
        clause = tree.args.get("with_")
        recursive = bool(clause and clause.args.get("recursive"))
        tree.set("with_", exp.With(expressions=[*ctes, *_with_of(tree)], recursive=recursive))
    return tree


def needed_views(tree: exp.Expr) -> list[str]:
    """The views that `tree` reads, directly or through another, each after those that it reads itself."""
    found: list[str] = []
    _collect(tree, found)
    return found


def view(name: str) -> exp.Query:
    """The tree of a view; not to be changed."""
    return _views()[name]


def _collect(tree: exp.Expr, found: list[str]) -> None:
    for table in tables_of(tree):
        if is_view(table) and table.name not in found:
            _collect(_views()[table.name], found)
            found.append(table.name)
