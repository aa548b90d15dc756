"""Survivorship: of the values that a person's records say differently, the one that counts, by rules that are data.

`survivorship.yaml` of this package is the default; a retailer's own `identity/survivorship.yaml` in the raw store
replaces the keys that it names. The values of people who have several records lie in `person_attributes`, which
`v_people` reads; no record is written over, so that a split brings back what each of them said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlglot import exp

from enishi.identity.declared import Declared
from enishi.identity.trees import standing_on, tree
from enishi.lake import schema
from enishi.lake.sql import array, column, literal, table_ref
from enishi.ports import Blobs, Warehouse

TABLE = "person_attributes"
_FAR, _LAST = 1_000_000, 1_000_000_000
"""Steps of an order: what a rule looks at, then the place among the records; last what says nothing."""

Rule = Literal["survivor", "recent", "trusted", "longest", "frequent", "any"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Chosen(_Data):
    """Columns that come from one record together: the one whose first column `rule` chooses."""

    rule: Rule
    of: tuple[str, ...] = Field(min_length=1)


class OwnColumns(_Data):
    """How own columns are merged, key by key; `keys` names those that go by another rule."""

    rule: Rule
    keys: dict[str, Rule] = Field(default_factory=dict)


class Survivorship(_Data):
    """The whole of `survivorship.yaml`."""

    trusted: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    columns: tuple[Chosen, ...]
    attributes: OwnColumns

    @model_validator(mode="after")
    def _of_known_columns(self) -> Survivorship:
        named = [name for chosen in self.columns for name in chosen.of]
        for name in (*named, *self.missing):
            if name not in resolved():
                raise ValueError(f"{name} is no column that records may say differently")
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"{twice[0]} is named twice")
        table = schema.table(TABLE)
        if wrong := [of.of[0] for of in self.columns if of.rule == "any" and table.column(of.of[0]).type != "boolean"]:
            raise ValueError(f"{wrong[0]} is neither true nor false: any is no rule for it")
        if "any" in (self.attributes.rule, *self.attributes.keys.values()):
            raise ValueError("own columns are texts: any is no rule for them")
        return self

    @property
    def complete(self) -> tuple[Chosen, ...]:
        """Every resolved column once; those that nobody names are the survivor's."""
        named = {name for chosen in self.columns for name in chosen.of}
        return (*self.columns, *(Chosen(rule="survivor", of=(name,)) for name in resolved() if name not in named))


def resolved() -> tuple[str, ...]:
    """The columns of customers that are resolved, own columns apart."""
    return tuple(name for name in schema.table(TABLE).names if name not in ("customer_id", "attributes", "version"))


def parse(changes: Mapping[str, Any], where: str) -> Survivorship:
    """The default rules with the keys of `changes` in their place.

    Raises:
        DefinitionError: what comes of it does not hold.
    """
    return DECLARED.parse(changes, where)


def default() -> Survivorship:
    """The rules of this package."""
    return DECLARED.default()


def of_workspace(raw: Blobs) -> Survivorship:
    """The rules in force: the retailer's own keys over the default.

    Raises:
        DefinitionError: the file is not YAML, or what comes of it does not hold.
    """
    return DECLARED.of_workspace(raw)


DECLARED = Declared(Survivorship, "survivorship.yaml", "the rules of survivorship")


def settle_attributes(warehouse: Warehouse, rules: Survivorship) -> int:
    """Write `person_attributes` anew if anybody's changed; returns how many people have several records.

    One statement replaces the whole (only people of several records have a row), so nobody sees half of it.
    """
    found = people_of_several(rules)
    asked = standing_on(tree("queries/attributes_changed"), found=found)
    counts = warehouse.query(asked).to_pylist()[0]
    if not counts["people"] == counts["same"] == counts["written"]:
        warehouse.replace(TABLE, found)
    return int(counts["people"])


def people_of_several(rules: Survivorship) -> exp.Query:
    """The rows of `person_attributes` as the records say today."""
    names = resolved()
    columns = [column("f", name) for name in ("customer_id", *names)]
    said = exp.func("COALESCE", column("o", "said"), literal(""))
    version = exp.alias_(_hash([*(_text(column("f", name)) for name in names), said]), "version")
    query = exp.select(*columns, column("o", "attributes"), version).from_(table_ref("chosen", "f"))
    same = exp.EQ(this=column("o", "person_id"), expression=column("f", "customer_id"))
    query = query.join(table_ref("own_merged", "o"), on=same, join_type="left")
    return standing_on(
        query,
        placed=tree("queries/placed", trusted=array(rules.trusted or ("",))),
        counted=_counted(rules),
        chosen=_chosen(rules),
        own_columns=tree("queries/own_columns"),
        own_kept=_own_kept(rules.attributes),
        own_merged=tree("queries/own_merged"),
    )


def _counted(rules: Survivorship) -> exp.Query:
    """The records, with how many of the person's say the same where a rule counts that."""
    frequent = [chosen.of[0] for chosen in rules.columns if chosen.rule == "frequent"]
    windows = [exp.alias_(_holders("r", name), f"{name}_holders") for name in frequent]
    return exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("r")), *windows).from_(
        table_ref("placed", "r")
    )


def _holders(alias: str, name: str) -> exp.Expr:
    return exp.Window(this=exp.Count(this=exp.Star()), partition_by=[column(alias, "person_id"), column(alias, name)])


def _chosen(rules: Survivorship) -> exp.Query:
    """Person → every resolved column of the record that its rule puts first."""
    columns = {
        name: exp.ArgMin(this=column("r", name), expression=_order(chosen, rules.missing))
        for chosen in rules.complete
        for name in chosen.of
    }
    named = [exp.alias_(columns[name], name) for name in resolved()]
    person = exp.alias_(column("r", "person_id"), "customer_id")
    return exp.select(person, *named).from_(table_ref("counted", "r")).group_by(column("r", "person_id"))


def _order(chosen: Chosen, missing: Mapping[str, tuple[str, ...]]) -> exp.Expr:
    """The place of a record for a choice: smallest first, records that say nothing last."""
    lead = chosen.of[0]
    value = column("r", lead)
    says: exp.Expr = exp.not_(value.copy().is_(exp.null()))
    if fillers := missing.get(lead):
        said = exp.In(this=_text(value), expressions=[literal(filler) for filler in fillers])
        says = exp.and_(says, exp.not_(said))
    last = exp.Add(this=literal(_LAST), expression=column("r", "survivor_place"))
    return exp.Case().when(says, _ORDERS[chosen.rule](value, column("r", f"{lead}_holders"))).else_(last)


def _own_kept(rules: OwnColumns) -> exp.Query:
    """Person and key → the value that counts."""
    value, holders = column("r", "value"), column("r", "holders")
    order = _ORDERS[rules.rule](value, holders)
    if rules.keys:
        by_key = exp.Case()
        for name, rule in rules.keys.items():
            same = exp.EQ(this=column("r", "name"), expression=literal(name))
            by_key = by_key.when(same, _ORDERS[rule](value, holders))
        order = by_key.else_(order)
    person, key = column("r", "person_id"), column("r", "name")
    kept = exp.alias_(exp.ArgMin(this=value.copy(), expression=order), "value")
    return exp.select(person, key, kept).from_(table_ref("own_columns", "r")).group_by(person.copy(), key.copy())


def _after(first: exp.Expr) -> exp.Expr:
    """`first`, then the most recent."""
    far = exp.Mul(this=exp.paren(first), expression=literal(_FAR))
    return exp.Add(this=far, expression=column("r", "recent_place"))


def _any(value: exp.Expr, _: exp.Expr) -> exp.Expr:
    return _after(exp.Case().when(value.copy(), literal(0)).else_(literal(1)))


def _longest(value: exp.Expr, _: exp.Expr) -> exp.Expr:
    return _after(exp.Neg(this=exp.func("LENGTH", _text(value))))


_ORDERS: Mapping[Rule, Callable[[exp.Expr, exp.Expr], exp.Expr]] = MappingProxyType(
    {
        "survivor": lambda _value, _holders: column("r", "survivor_place"),
        "recent": lambda _value, _holders: column("r", "recent_place"),
        "trusted": lambda _value, _holders: column("r", "trusted_place"),
        "longest": _longest,
        "frequent": lambda _value, holders: _after(exp.Neg(this=holders.copy())),
        "any": _any,
    }
)
"""Rule → the number by which records are put in order, from a value and how many records say it."""


def _hash(texts: list[exp.Expr]) -> exp.Expr:
    """SHA-256 in hex of the texts, nulls apart from empty ones."""
    shown = [exp.func("COALESCE", text, literal("\x01")) for text in texts]
    joined = exp.ConcatWs(expressions=[literal("\x1f"), *shown], safe=False, coalesce=True)
    return _expr(tree("queries/version", said=joined).expressions[0].this)


def _expr(node: exp.Expr) -> exp.Expr:
    return node.copy()


def _text(value: exp.Expr) -> exp.Expr:
    return exp.cast(value.copy(), "varchar")
