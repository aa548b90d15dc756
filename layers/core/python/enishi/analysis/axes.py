"""An axis: the column by which people, orders or products are grouped, named by the planner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from enishi.analysis.expressions import expression
from enishi.data_files import data_of
from enishi.errors import AnalysisError
from enishi.lake import schema
from enishi.lake.sql import literal
from enishi.segment.problems import did_you_mean
from enishi.segment.products import own_column

JOINT = " × "
_OWN = re.compile(r"(?:(?P<relation>[a-z_]+)\.)?attributes\[(?P<name>[^\]]+)\]")


@dataclass(frozen=True)
class Derived:
    """An axis of `axes.yaml`."""

    name: str
    relation: str
    label_ja: str
    tree: exp.Expr


@cache
def derived() -> Mapping[str, Derived]:
    """Axes that are made of columns, by name."""
    read = {
        name: Derived(name, one["of"], one["label_ja"], expression(one["sql"], name))
        for name, one in _data()["derived"].items()
    }
    return MappingProxyType(read)


@cache
def _data() -> Mapping[str, Any]:
    read: dict[str, Any] = data_of("enishi.analysis", "axes.yaml")
    return MappingProxyType(read)


def axis(name: str, over: Iterable[str], unknown: str) -> exp.Expr:
    """The axis as text, `unknown` where it is null or empty (rule UNK), over relations whose alias is their name.

    Args:
        name: `prefecture`, `customers.prefecture`, `attributes[会員種別]`, or a derived axis such as `age_band`;
            several with commas between them make one axis of their combinations.
        over: the relations in scope, in the order in which a bare name is looked for.

    Raises:
        AnalysisError: none of the relations has it.
    """
    parts = [_one(part.strip(), tuple(over), unknown) for part in name.split(",")]
    combined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=combined, expression=literal(JOINT), safe=False)
        combined = exp.DPipe(this=joined, expression=part, safe=False)
    return combined


def read_by(name: str | None, over: Iterable[str]) -> frozenset[str]:
    """The relations whose columns the axis takes; none for no axis."""
    tree = axis(name, over, "") if name else exp.null()
    return frozenset(found.table for found in tree.find_all(exp.Column))


def _one(name: str, relations: tuple[str, ...], unknown: str) -> exp.Expr:
    tree = next(_found(name, relations), None)
    if tree is None:
        raise AnalysisError(f"there is no axis {name}", where="-p axis", remedy=did_you_mean(name, known(relations)))
    text = exp.Cast(this=tree, to=exp.DataType.build("varchar"))
    filled = exp.Nullif(this=_in_words(name, text), expression=literal(""))
    return exp.Coalesce(this=filled, expressions=[literal(unknown)])


def words_of_axis(column: str) -> Mapping[str, str | None]:
    """Code → word of a column with a fixed list; no word for a code that says nothing."""
    words: Mapping[str, str | None] = _data()["words"].get(column, {})
    return words


def _in_words(name: str, text: exp.Expr) -> exp.Expr:
    """The Japanese words of a fixed list; a value that is none of them stays as it is."""
    words = words_of_axis(name.rpartition(".")[2])
    if not words:
        return text
    cases = [exp.If(this=literal(value), true=literal(word)) for value, word in words.items()]
    return exp.Case(this=text, ifs=cases, default=text.copy())


def label(name: str) -> str:
    """What planners call the axis."""
    return JOINT.join(_label(part.strip()) for part in name.split(","))


def _label(name: str) -> str:
    if name in derived():
        return derived()[name].label_ja
    if own := _OWN.fullmatch(name):
        return own["name"]
    column = name.rpartition(".")[2]
    return str(_data()["labels"].get(column, column))


def known(over: Iterable[str]) -> list[str]:
    """The axes that these relations give, own columns apart."""
    relations = tuple(over)
    made = [one.name for one in derived().values() if one.relation in relations]
    return [*made, *(column for relation in relations for column in _columns(relation))]


def _found(name: str, relations: tuple[str, ...]) -> Iterator[exp.Expr]:
    if name in derived() and derived()[name].relation in relations:
        yield derived()[name].tree.copy()
    if own := _OWN.fullmatch(name):
        relation = own["relation"] or relations[0]
        if relation in relations:
            yield own_column(own["name"], relation)
    wanted, _, column = name.rpartition(".")
    for relation in relations:
        if wanted in ("", relation) and column in _columns(relation):
            yield exp.column(column, table=relation)


def _columns(relation: str) -> tuple[str, ...]:
    given = _data()["relations"][relation]
    if given is not None:
        return tuple(given)
    return tuple(name for name in schema.table(relation).names if name != "attributes")
