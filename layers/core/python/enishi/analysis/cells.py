"""Cells: the address of a row or a cell of an answer, and the set of customers or products behind it (rule SET)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlglot import exp

from enishi.analysis import codes, own
from enishi.analysis.model import Analysis, Cell
from enishi.errors import AnalysisError
from enishi.ids import stable_id
from enishi.lake.sql import column, literal, literals, parse, table_ref
from enishi.segment.problems import did_you_mean

Entity = Literal["customer", "product"]
_ADDRESS = re.compile(r"\s*(?P<out>not\s+)?(?P<id>[a-z0-9_]+)(?:\((?P<parameters>.*)\))?\[(?P<cell>.*)\]\s*", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """Values of key columns: single ones, alternatives, or a range with both ends inside."""

    text: str
    tests: Mapping[str, Condition]


@dataclass(frozen=True)
class Condition:
    """What one key column must be."""

    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None

    def holds(self, key: exp.Expr) -> exp.Expr:
        if self.low is not None or self.high is not None:
            return exp.Between(this=key, low=literal(self.low), high=literal(self.high))
        tests: list[exp.Expr] = [exp.Is(this=key, expression=exp.null())] if None in self.values else []
        given = [value for value in self.values if value is not None]
        if given:
            tests.append(exp.In(this=key.copy(), expressions=literals(given)))
        return exp.paren(exp.or_(*tests))


@dataclass(frozen=True)
class Address:
    """A set in words: the analysis, its parameters, the cell, and whether everybody else is meant (該当除外)."""

    analysis: str
    cell: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    complement: bool = False

    def __str__(self) -> str:
        given = ", ".join(f"{name}={written(value)}" for name, value in sorted(self.parameters.items()))
        head = f"{self.analysis}({given})" if given else self.analysis
        return f"{'not ' if self.complement else ''}{head}[{self.cell}]"

    @property
    def id(self) -> str:
        """The same for the same set, everywhere and always."""
        return stable_id("A", str(self))

    def as_json(self) -> str:
        """What a saved set keeps, so that it can be rebuilt."""
        kept = {
            "analysis": self.analysis,
            "parameters": {name: written(value) for name, value in sorted(self.parameters.items())},
            "cell": self.cell,
            "complement": self.complement,
        }
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def read_address(text: str) -> Address:
    """`purchase_conversion_timing(as_of=2026-11-20)[n=2]`; `not` before it for the complement.

    Raises:
        AnalysisError: the text is no address.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise AnalysisError(
            f"{text!r} is no cell", remedy="Write analysis[key=value], for example decile_analysis[decile=1]."
        )
    given = dict(_pair(part) for part in _split(match["parameters"] or ""))
    return Address(match["id"], match["cell"], given, bool(match["out"]))


def choose(analysis: Analysis, text: str) -> Chosen:
    """`n=2`, `r_score=5, f_score=4..5`, `stage=優良|流行`, `rank=null`, read by the types of the columns.

    A code may be said by its word (`top_reason=不良`), as tables and pages say it.

    Raises:
        AnalysisError: a key that the analysis does not open, or a value that does not fit its column.
    """
    tests: dict[str, Condition] = {}
    known = {key for cell in analysis.cells for key in cell.keys}
    for part in _split(text):
        key, value = _pair(part)
        if key not in known:
            raise AnalysisError(
                f"{analysis.id} has no cell key {key}", where="--cell", remedy=_keys_of(analysis, key, known)
            )
        tests[key] = _condition(analysis, key, value)
    return Chosen(text, tests)


def cell_of(analysis: Analysis, chosen: Chosen, entity: Entity) -> Cell:
    """The declared cell with these keys; the one with the fewest keys that has them all.

    Raises:
        AnalysisError: no cell opens by these keys, or it holds no such set.
    """
    fitting = [cell for cell in analysis.cells if set(chosen.tests) <= set(cell.keys) and _opens(cell, entity)]
    if not fitting:
        opened = "; ".join(
            f"{', '.join(cell.keys)} ({cell.becomes.en})" for cell in analysis.cells if _opens(cell, entity)
        )
        raise AnalysisError(
            f"no cell of {analysis.id} with {', '.join(chosen.tests) or 'no key'} opens a set of {entity}s",
            where="--cell",
            remedy=f"It opens: {opened}." if opened else "Choose another analysis.",
        )
    return min(fitting, key=lambda cell: len(cell.keys))


def members(analysis: Analysis, chosen: Chosen, entity: Entity, *, complement: bool = False) -> exp.Query:
    """The statement of the set, before binding: the analysis's own CTEs and a last SELECT of the ids, each once.

    The complement of customers is the rest of the population; of products, the rest of the product master.
    """
    statement = parse(analysis.sql, analysis.place)
    cell = cell_of(analysis, chosen, entity)
    inside = _ids(_cte(cell, entity), chosen, entity)
    query = rest(entity, inside) if complement else inside
    query.set("with_", own.with_rows(statement) if analysis.given_by else _copied(statement.args.get("with_")))
    return query


def _copied(clause: exp.With | None) -> exp.With | None:
    return clause.copy() if clause else None


def is_by_step(analysis: Analysis, chosen: Chosen, entity: Entity) -> bool:
    """Whether the people of the cell are those whom the numeric step names.

    Raises:
        AnalysisError: no cell opens by these keys, or it holds no such set.
    """
    return entity == "customer" and cell_of(analysis, chosen, entity).by_step


def _opens(cell: Cell, entity: Entity) -> bool:
    return bool(_cte(cell, entity)) or (cell.by_step and entity == "customer")


def _cte(cell: Cell, entity: Entity) -> str:
    return cell.customers if entity == "customer" else cell.products


def _ids(cte: str, chosen: Chosen, entity: Entity) -> exp.Select:
    key = column("s", f"{entity}_id")
    known = exp.not_(exp.Is(this=key.copy(), expression=exp.null()))
    tests = [test.holds(column("s", name)) for name, test in chosen.tests.items()]
    return exp.select(key).distinct().from_(table_ref(cte, "s")).where(exp.and_(known, *tests))


def rest(entity: Entity, inside: exp.Select) -> exp.Select:
    """Everybody, or every product, but those inside; before binding."""
    everybody = {"customer": "population", "product": "products"}[entity]
    key = column("e", f"{entity}_id")
    outside = exp.not_(exp.In(this=key.copy(), query=exp.Subquery(this=inside)))
    return exp.select(key).from_(table_ref(everybody, "e")).where(outside)


def _condition(analysis: Analysis, key: str, text: str) -> Condition:
    kind = analysis.key_type(key)
    low, dots, high = text.partition("..")
    if dots:
        return Condition(low=_typed(key, kind, low), high=_typed(key, kind, high))
    said = [each for part in text.split("|") for each in codes.meant(analysis.id, key, part.strip())]
    return Condition(tuple(_typed(key, kind, each) for each in said))


def _typed(key: str, kind: str, text: str) -> Any:
    if text == "null":
        return None
    try:
        return _READ.get(kind, str)(text)
    except (ValueError, ArithmeticError):
        raise AnalysisError(f"{text!r} is not a value of {key}", where="--cell", remedy=f"Write a {kind}.") from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "double": float,
    "ratio": float,
    "money": Decimal,
    "date": date.fromisoformat,
    "month": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
}


def _keys_of(analysis: Analysis, key: str, known: set[str]) -> str:
    return did_you_mean(key, known) if known else f"{analysis.id} opens only as a whole."


def _split(text: str) -> list[str]:
    """Parts between commas; a comma followed by no `name=` belongs to the value before it."""
    return [part.strip() for part in re.split(r",(?=\s*[a-z_][a-z0-9_]*\s*=)", text) if part.strip()]


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals:
        raise AnalysisError(f"{part!r} is not key=value", where="--cell", remedy="Write key=value.")
    return name.strip(), value.strip()


def written(value: Any) -> str:
    """A parameter's value as a command line gives it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case tuple() | list():
            return ",".join(written(item) for item in value)
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            return str(value)
