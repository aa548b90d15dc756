"""Names of the things whose ids an answer holds or was asked with, for planners: stores, products, segments …"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlglot import exp

from enishi.analysis.answer import Answer
from enishi.analysis.library import parameters
from enishi.analysis.macros import with_macros
from enishi.analysis.words import parts, thing_of, things
from enishi.lake import schema
from enishi.lake.sql import column, literals, table_ref
from enishi.ports import Services
from enishi.segment.library import shipped

Names = Mapping[str, str]
Look = Callable[[Services, frozenset[str]], Names]
"""The names of those ids that have one."""


@dataclass(frozen=True)
class Labels:
    """A relation of the lake (a macro of labels, or a table), its key and its name."""

    relation: str
    key: str
    name: str

    def look(self, services: Services, ids: frozenset[str]) -> Names:
        mine = exp.In(this=column("t", self.key), expressions=literals(sorted(ids)))
        named = exp.select(column("t", self.key), column("t", self.name)).from_(table_ref(self.relation, "t"))
        rows = services.warehouse.query(with_macros(named.where(mine))).to_pylist()
        return {row[self.key]: row[self.name] for row in rows if row[self.name]}


def _segments(services: Services, ids: frozenset[str]) -> Names:
    """Of the product's segments and of those that were saved."""
    product = {name: one.title for name, one in shipped().segments.items() if name in ids and one.title}
    return {**product, **Labels("segments", "segment_id", "name").look(services, ids)}


def _tables(_: Services, ids: frozenset[str]) -> Names:
    return {table.name: table.ja for table in schema.tables().values() if table.name in ids}


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "store": Labels("store_labels", "store_id", "store").look,
        "product": Labels("product_labels", "product_id", "product").look,
        "coupon": Labels("coupon_labels", "coupon_id", "coupon").look,
        "medium": Labels("media_labels", "medium_id", "medium").look,
        "catalog": Labels("catalogs", "catalog_id", "name").look,
        "segment": _segments,
        "table": _tables,
    }
)


def named(services: Services, answer: Answer, more: Mapping[str, Look] = MappingProxyType({})) -> Answer:
    """The answer with the names of the things whose ids it shows; an id that nobody named stays as it is.

    Args:
        more: how things are looked up that are not of the lake (scenarios).
    """
    looks = {**LOOKS, **more}
    found = {thing: looks[thing](services, ids) for thing, ids in _ids(answer).items() if ids and thing in looks}
    return replace(answer, names={thing: names for thing, names in found.items() if names})


def _ids(answer: Answer) -> Mapping[str, frozenset[str]]:
    """What may be an id, by what it is of."""
    found: dict[str, set[str]] = {}
    for name in answer.rows.column_names:
        for thing in things(answer, name):
            found.setdefault(thing, set()).update(_texts(answer.rows.column(name).to_pylist()))
    for parameter in parameters(answer.analysis):
        if thing := thing_of(parameter.name, "parameters", answer.analysis.id):
            found.setdefault(thing, set()).update(_texts(_listed(answer.parameters.get(parameter.name))))
    return {thing: frozenset(ids) for thing, ids in found.items()}


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _texts(values: Iterable[object]) -> set[str]:
    return {part for value in set(map(str, filter(None, values))) for part in (value, *parts(value))}
