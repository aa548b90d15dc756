"""`of:` — which products a condition is about: a filter on the catalogue, a symbolic set, or companions of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf
from sqlglot import exp

from enishi.segment.bounds import BoundsField
from enishi.segment.condition import Ask, Text, TextList
from enishi.segment.problems import Part, problem
from enishi.segment.references import Reference, category_path, reference
from enishi.segment.sql import certain, col, every, inside, one_of, relation, some, value

RelationName = Literal["essential", "useful", "upgrade", "substitute", "refill", "care"]
Levels = ("category_l1", "category_l2", "category_l3")


class ProductRow(BaseModel):
    """Where a row of facts keeps its product, its person and, when it has one, its top category."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    product: InstanceOf[exp.Expr]
    person: InstanceOf[exp.Expr]
    category: InstanceOf[exp.Expr] | None = None


class ProductSet(Protocol):
    """A choice of products, as a test on a row of facts."""

    def holds(self, row: ProductRow, ask: Ask) -> exp.Expr: ...


class Catalogue(Part):
    """Products by their own columns; all that is written must hold."""

    product: TextList = ()
    category: TextList = Field(default=(), description="a name of any level, or a path 家電/エアコン")
    brand: TextList = ()
    series: TextList = ()
    journey_class: (
        tuple[Literal["necessity", "hobby", "consumable"], ...] | Literal["necessity", "hobby", "consumable"]
    ) = ()
    season: TextList = ()
    list_price: BoundsField | None = None
    attributes: Mapping[str, TextList] = Field(default_factory=dict, description="own columns of the product master")

    def holds(self, row: ProductRow, ask: Ask) -> exp.Expr:  # noqa: ARG002
        chosen = exp.select(col("product_id", "p")).from_(exp.alias_(exp.to_table("products"), "p", table=True))
        test: exp.Expr = inside(row.product.copy(), chosen.where(self.test("p")))
        if row.category is None or not self._only_categories:
            return certain(test)
        top = one_of(row.category.copy(), self.category)
        unnamed = exp.Is(this=row.product.copy(), expression=exp.null())
        return certain(exp.or_(test, exp.and_(unnamed, top)))

    @property
    def _only_categories(self) -> bool:
        return bool(self.category) and set(self.model_fields_set) == {"category"}

    def test(self, products: str) -> exp.Expr:
        """The filter on a row `products` of the product master."""
        tests = [one_of(col(name, products), given) for name, given in self._listed().items() if given]
        if self.category:
            tests.append(some(in_category(name, products) for name in self.category))
        if self.list_price is not None and (limits := self.list_price.holds(col("list_price", products))):
            tests.append(limits)
        tests += [one_of(own_column(name, products), given) for name, given in self.attributes.items()]
        return every(tests)

    def _listed(self) -> dict[str, tuple[str, ...]]:
        classes = (self.journey_class,) if isinstance(self.journey_class, str) else self.journey_class
        return {
            "product_id": self.product,
            "brand": self.brand,
            "series": self.series,
            "journey_class": classes,
            "season_code": self.season,
        }


class Named(Part):
    """A symbolic set such as cart.product."""

    name: str

    @property
    def reference(self) -> Reference:
        return reference(self.name)

    def holds(self, row: ProductRow, ask: Ask) -> exp.Expr:
        members = exp.alias_(exp.Subquery(this=self.reference.select(ask.moment)), "s", table=True)
        mine = exp.EQ(this=col("customer_id", "s"), expression=row.person.copy())
        if self.reference.kind == "product":
            same = exp.EQ(this=col("product_id", "s"), expression=row.product.copy())
            return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(members).where(exp.and_(mine, same)))
        catalogue = exp.alias_(exp.to_table("products"), "p", table=True)
        path = exp.EQ(this=category_path("p"), expression=col("category", "s"))
        same = exp.EQ(this=col("product_id", "p"), expression=row.product.copy())
        rows = exp.select(exp.Literal.number(1)).from_(members).join(catalogue, on=path)
        return exp.Exists(this=rows.where(exp.and_(mine, same)))


class Companions(Part):
    """Products related to others: of `to` (what the person bought so far), or of the first event of a sequence."""

    relation: RelationName
    to: Text = "purchased.product"

    def holds(self, row: ProductRow, ask: Ask) -> exp.Expr:
        source = exp.alias_(exp.Subquery(this=reference(self.to).select(ask.moment)), "s", table=True)
        pairs = exp.alias_(exp.Subquery(this=self.pairs()), "r", table=True)
        linked = exp.EQ(this=col("from_product", "r"), expression=col("product_id", "s"))
        mine = exp.EQ(this=col("customer_id", "s"), expression=row.person.copy())
        same = exp.EQ(this=col("product_id", "r"), expression=row.product.copy())
        rows = exp.select(exp.Literal.number(1)).from_(source).join(pairs, on=linked)
        return exp.Exists(this=rows.where(exp.and_(mine, same)))

    def pairs(self) -> exp.Select:
        """(from_product, product_id) of this relation."""
        every_pair = exp.alias_(exp.Subquery(this=relation("companions")), "k", table=True)
        chosen = exp.EQ(this=col("relation", "k"), expression=value(self.relation))
        return exp.select(col("from_product", "k"), col("product_id", "k")).from_(every_pair).where(chosen)


class AnyProduct(Part):
    """Whatever product: the row only has to name one."""

    def holds(self, row: ProductRow, ask: Ask) -> exp.Expr:  # noqa: ARG002
        return exp.not_(exp.Is(this=row.product.copy(), expression=exp.null()))


def in_category(name: str, products: str) -> exp.Expr:
    """`name` is a category of any level, or a path from the top."""
    levels: list[exp.Expr] = [exp.EQ(this=col(level, products), expression=value(name)) for level in Levels]
    parts = name.split("/")
    if 1 < len(parts) <= len(Levels):
        path = [exp.EQ(this=col(level, products), expression=value(p)) for level, p in zip(Levels, parts, strict=False)]
        levels.append(every(path))
    return some(levels)


def own_column(name: str, table: str) -> exp.Expr:
    """A column of the retailer's own layout, null where the row lacks it."""
    return exp.Bracket(this=col("attributes", table), expressions=[value(name)], offset=1, safe=True)


def _parse(given: object) -> object:
    if isinstance(given, str):
        return Named(name=reference(given).name)
    if not isinstance(given, Mapping):
        return given
    if not given:
        raise problem("of names no product", "Name a category, a product, a brand, or a set such as cart.product.")
    if "relation" in given:
        companions = Companions.model_validate(given)
        if reference(companions.to).kind != "product":
            raise problem(f"{companions.to} is a set of categories", "Use a set of products, such as cart.product.")
        return companions
    return Catalogue.model_validate(given)


Of = Annotated[
    InstanceOf[Catalogue] | InstanceOf[Named] | InstanceOf[Companions] | InstanceOf[AnyProduct], BeforeValidator(_parse)
]
"""The `of:` field of a condition."""
