"""What a translation rule is, and the small builders that rules share."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

Rule = Callable[[exp.Expr], exp.Expr]
"""Takes a node whose children are done; gives the node that stands in its place."""


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a DuckDB function or macro, printed as it is."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def macro(name: str, *arguments: str) -> Rule:
    """A rule: call `name` with these arguments of the node, in this order."""

    def rule(node: exp.Expr) -> exp.Expr:
        return call(name, *(node.args[argument] for argument in arguments))

    return rule


def renamed(name: str) -> Rule:
    """A rule for a function that the parser does not know: the same arguments under another name."""

    def rule(node: exp.Expr) -> exp.Expr:
        return call(name, *node.expressions)

    return rule


def inside_try(node: exp.Expr) -> bool:
    """Whether an error here would become null: TRY refuses functions that may raise by intent."""
    return node.find_ancestor(exp.Try) is not None


def unit(node: exp.Expr) -> exp.Literal:
    """The node's time unit as a lower-case text literal."""
    return exp.Literal.string(node.args["unit"].name.lower())


def parenthesised(node: exp.Expr) -> exp.Expr:
    """`node`, safe to stand in any expression."""
    return exp.Paren(this=node) if isinstance(node, exp.Binary | exp.Unary | exp.Between | exp.In) else node
