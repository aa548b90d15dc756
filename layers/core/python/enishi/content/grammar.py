"""Which parts of Jinja2 a planner's template may use, and where the compiler puts the charges.

Both work on the syntax tree, so that a template which asks for more is refused when it is compiled, with its line,
and never runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from enishi.errors import TemplateError

ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Extends,
        nodes.Block,
        nodes.Include,
        nodes.Import,
        nodes.FromImport,
        nodes.Macro,
        nodes.CallBlock,
        nodes.For,
        nodes.If,
        nodes.With,
        nodes.Assign,
        nodes.AssignBlock,
        nodes.Name,
        nodes.Const,
        nodes.List,
        nodes.Dict,
        nodes.Pair,
        nodes.Tuple,
        nodes.Keyword,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Slice,
        nodes.Call,
        nodes.Filter,
        nodes.Test,
        nodes.Compare,
        nodes.Operand,
        nodes.CondExpr,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Neg,
        nodes.Pos,
        nodes.Add,
        nodes.Sub,
        nodes.Mul,
        nodes.Div,
        nodes.FloorDiv,
        nodes.Mod,
        nodes.Concat,
    }
)
BODIES = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block)


def refuse(node: nodes.Node, what: str, name: str, remedy: str) -> TemplateError:
    return TemplateError(what, where=f"{name}:{node.lineno}", remedy=remedy)


def check(tree: nodes.Template, name: str) -> None:
    """Refuse whatever the language of templates does not have.

    Raises:
        TemplateError: with `name` and the line.
    """
    for node in walk(tree):
        if type(node) not in ALLOWED:
            kind = type(node).__name__
            raise refuse(node, f"a template may not use {kind}", name, "Use what docs/templates.md lists.")
        for rule in RULES:
            rule(node, name)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """`node` and everything under it; a stack instead of recursion, for sources made to be deep."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.iter_child_nodes())


def _no_private_names(node: nodes.Node, name: str) -> None:
    words = [getattr(node, field, None) for field in ("name", "attr", "target")]
    if any(isinstance(word, str) and word.startswith("_") for word in words) and not _is_path(node):
        raise refuse(node, "a name that begins with an underscore is private", name, "Use a public name.")


def _is_path(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport)


def _fixed_paths(node: nodes.Node, name: str) -> None:
    path = getattr(node, "template", None)
    if _is_path(node) and not (isinstance(path, nodes.Const) and isinstance(path.value, str)):
        raise refuse(node, "the name of another template must be a fixed text", name, "Write the path in quotes.")


def _plain_calls(node: nodes.Node, name: str) -> None:
    if not isinstance(node, nodes.Call):
        return
    if not (_is_name(node.node) or _is_method_of_the_language(node.node)):
        raise refuse(node, "a template may call macros, not methods", name, "Use a filter of docs/templates.md.")


def _is_name(target: nodes.Node) -> bool:
    return isinstance(target, nodes.Name) and target.name != "loop"


def _is_method_of_the_language(target: nodes.Node) -> bool:
    if not (isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name)):
        return False
    return target.node.name == "self" or (target.node.name == "loop" and target.attr == "cycle")


def _simple_loops(node: nodes.Node, name: str) -> None:
    if isinstance(node, nodes.For) and node.recursive:
        raise refuse(node, "a loop may not call itself", name, "Write one loop inside the other.")


RULES = (_no_private_names, _fixed_paths, _plain_calls, _simple_loops)


def weigh(body: list[nodes.Node]) -> tuple[int, int]:
    """How many nodes and how many characters of fixed text one pass through `body` costs, inner bodies apart."""
    stack, count, characters = list(body), 1, 0
    while stack:
        node = stack.pop()
        count += 1
        characters += len(node.data) if isinstance(node, nodes.TemplateData) else 0
        stack.extend(child for child in node.iter_child_nodes() if not isinstance(node, BODIES))
    return count, characters


class Settling(NodeTransformer):
    """Prints what is the same for everybody (`brand.…`) while compiling, so that a mail has fewer pieces to join."""

    def __init__(self, everywhere: Mapping[str, Any], printed: Callable[[str], str]) -> None:
        self._everywhere = everywhere
        self._printed = printed

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - the visitor's protocol
        node.nodes = [self._settled(child) for child in node.nodes]
        return node

    def _settled(self, child: nodes.Expr) -> nodes.Expr:
        value = self._fixed(child)
        if isinstance(value, str):
            return nodes.TemplateData(self._printed(value), lineno=child.lineno)
        return child

    def _fixed(self, node: nodes.Node) -> Any:
        """The value of a chain of names that begins with one that is the same everywhere; None otherwise."""
        if isinstance(node, nodes.Name):
            return self._everywhere.get(node.name)
        if not isinstance(node, nodes.Getattr):
            return None
        owner = self._fixed(node.node)
        return owner.get(node.attr) if isinstance(owner, dict) else None


class Metering(NodeTransformer):
    """Puts a charge before every loop round, macro call and block, and joins texts (`~`) through the meter."""

    def visit_Template(self, node: nodes.Template) -> nodes.Template:  # noqa: N802 - the visitor's protocol
        return self._charged(node)

    visit_Block = visit_Macro = visit_CallBlock = visit_Template  # noqa: N815

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        price: list[nodes.Expr] = [nodes.Const(part) for part in weigh(node.body)]
        self.generic_visit(node)
        node.iter = self._call("rounds", [cast(nodes.Expr, node.iter), *price], node.lineno)
        return node

    def visit_List(self, node: nodes.List) -> nodes.List:  # noqa: N802
        """Lists hold single values: lists of lists that double would be compared for ever."""
        self.generic_visit(node)
        node.items = [self._single(item) for item in node.items]
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Tuple:  # noqa: N802
        self.generic_visit(node)
        node.items = [self._single(item) for item in node.items] if node.ctx == "load" else node.items
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:  # noqa: N802
        self.generic_visit(node)
        node.value = self._single(node.value)
        return node

    def _single(self, item: nodes.Expr) -> nodes.Expr:
        return item if isinstance(item, nodes.Const) else self._call("single", [item], item.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Call:  # noqa: N802
        self.generic_visit(node)
        return self._call("joined", [nodes.Tuple(node.nodes, "load")], node.lineno)

    def _charged(self, node: nodes.Template) -> nodes.Template:
        price: list[nodes.Expr] = [nodes.Const(part) for part in weigh(node.body)]
        self.generic_visit(node)
        charge = nodes.ExprStmt(self._call("charge", price, node.lineno), lineno=node.lineno)
        node.body.insert(0, charge)
        return node

    def _call(self, name: str, arguments: list[nodes.Expr], line: int) -> nodes.Call:
        helper = nodes.EnvironmentAttribute(name)
        return nodes.Call(helper, arguments, [], None, None, lineno=line)
