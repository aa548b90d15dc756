"""A scenario's `offer`: block names, each with its source; compiled to the part of a step's query that fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from sqlglot import exp

from enishi.errors import ScenarioError
from enishi.lake import sql
from enishi.offer import products, things
from enishi.offer.relations import needed
from enishi.offer.source import Finishing, Item, Source
from enishi.segment.moment import Moment

SOURCES: Mapping[str, type[Source]] = MappingProxyType(
    {
        source.key: source
        for source in (
            products.CartItems,
            products.FavouritesPriceDown,
            products.Ranking,
            products.CoPurchase,
            products.LastPurchase,
            products.Viewed,
            products.Seasonal,
            things.Points,
            things.Coupon,
            things.NearestStore,
            things.Static,
        )
    }
)
"""Every block source by the word that stands after `from:`."""


@dataclass(frozen=True)
class Offer:
    """The blocks of a scenario, in an order in which each can be filled."""

    blocks: Mapping[str, Source] = field(default_factory=dict)

    def only(self, names: Set[str]) -> Offer:
        """The blocks of these names, and those that they read."""
        kept = set(names)
        for name, source in reversed(list(self.blocks.items())):
            kept |= set(source.blocks) if name in kept else set()
        return Offer({name: source for name, source in self.blocks.items() if name in kept})

    def ctes(self, moment: Moment) -> dict[str, exp.Query]:
        """Relations and blocks as CTEs over `cohort`: `block_<name>` has (customer_id, items), one row a customer."""
        rows = {things.rows_name(name): _limited(source, moment) for name, source in self.blocks.items()}
        relations = needed(list(rows.values()), moment)
        items = {f"block_{name}": _gathered(name, source) for name, source in self.blocks.items()}
        return {**relations, **rows, **items}

    def finish(self, blocks: Mapping[str, Any], given: Finishing) -> dict[str, list[Item]]:
        """Items as templates see them; a block without any is an empty list."""
        return {name: source.finish(blocks.get(name) or [], given) for name, source in self.blocks.items()}

    def sample(self, given: Finishing) -> dict[str, list[Item]]:
        """Made-up blocks for a preview without a customer."""
        return {name: source.finish(source.sample()[: source.limit], given) for name, source in self.blocks.items()}


def load(offer: Mapping[str, Any], where: str = "offer") -> Offer:
    """The offer that a scenario wrote.

    Raises:
        ScenarioError: an unknown source or parameter, or blocks that read each other in a circle; names the block.
    """
    sources = {name: _source(given, f"{where}.{name}") for name, given in offer.items()}
    return Offer(_in_order(sources, where))


def _source(given: Any, where: str) -> Source:
    named = dict(given) if isinstance(given, Mapping) else {"from": given}
    key = str(named.pop("from", ""))
    if key not in SOURCES:
        near = get_close_matches(key, SOURCES, n=1)
        remedy = f"Did you mean {near[0]}?" if near else f"Write from: with one of {', '.join(SOURCES)}."
        raise ScenarioError(f"{key!r} fills no block", where=where, remedy=remedy)
    try:
        return SOURCES[key].model_validate(named)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *(str(part) for part in first["loc"])])
        known = ", ".join(SOURCES[key].model_fields)
        raise ScenarioError(
            f"the block does not hold: {first['msg']}", where=place, remedy=f"It takes {known}."
        ) from None


def _in_order(sources: Mapping[str, Source], where: str) -> dict[str, Source]:
    done: dict[str, Source] = {}
    waiting = dict(sources)
    while waiting:
        ready = [name for name, source in waiting.items() if all(block in done for block in source.blocks)]
        if not ready:
            raise ScenarioError(
                f"the blocks {_list(waiting)} read blocks that do not exist, or each other",
                where=where,
                remedy="Name a block of this offer that shows products.",
            )
        done |= {name: waiting.pop(name) for name in ready}
    return done


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _limited(source: Source, moment: Moment) -> exp.Query:
    """The source's rows without those beyond its limit."""
    rows = exp.alias_(exp.Subquery(this=source.rows(moment)), "r", table=True)
    within = exp.LTE(this=sql.column("r", "place"), expression=sql.literal(source.limit))
    return exp.select("*").from_(rows).where(within)


def _gathered(name: str, source: Source) -> exp.Query:
    """One row a customer: its items as a list of rows."""
    fields = [(column, sql.column("r", column), kind) for column, kind in source.columns]
    items = sql.rows_of(fields, [sql.column("r", "place")])
    person = sql.column("r", "customer_id")
    source_rows = exp.to_table(things.rows_name(name), alias="r")
    return exp.select(person, exp.alias_(items, "items")).from_(source_rows).group_by(person.copy())
