"""An analysis as its author writes it: front matter (YAML in the file's first comment) and one SQL statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from enishi.segment.problems import Part

Unit = str
"""`people`, `orders`, `items`, `JPY`, `JPY/person`, `ratio`, `days`, `date`, `count`, `score`, `none` …"""
ColumnType = Literal["string", "enum", "int", "double", "money", "ratio", "bool", "date", "month", "timestamp", "list"]


class Title(Part):
    """A text in both languages; planners read the Japanese one."""

    ja: str
    en: str


def _both(text: object) -> object:
    """A planner who writes an analysis of his own says it once."""
    return {"ja": text, "en": text} if isinstance(text, str) else text


Said = Annotated[Title, BeforeValidator(_both)]
"""A text in both languages, or one for both."""


class Measured(Part):
    """The type and the unit of a column under one value of a parameter."""

    type: ColumnType
    unit: Unit


class Column(Part):
    """A column of the answer."""

    name: str
    type: ColumnType
    unit: Unit = "none"
    label_ja: str
    of: str = Field(default="", description="of a rate: the column that is its denominator (rule SMALL)")
    by: Mapping[str, Mapping[str, Measured]] = Field(
        default_factory=dict,
        description="parameter → value → what it is then, where that differs from `type` and `unit`",
    )

    def under(self, parameters: Mapping[str, Any]) -> Column:
        """The column as it is under these parameters."""
        said = (values.get(str(parameters.get(name))) for name, values in self.by.items())
        return next((self.model_copy(update={"type": is_.type, "unit": is_.unit}) for is_ in said if is_), self)


LOW_N = Column(name="low_n", type="bool", label_ja="参考値")
"""Whether a row holds a rate of fewer than the parameter `min_cell` (rule SMALL)."""


class Parameter(Part):
    """A parameter: `type` is `int`, `date`, `bool`, `enum(a,b)`, `list`, `list(int)`, `axis` … (`parameters.KINDS`)."""

    name: str
    type: str
    default: Any = None
    label_ja: str = ""
    note: str = ""
    minimum: float | None = None
    maximum: float | None = None
    over: tuple[str, ...] = Field(default=(), description="axis only: the relations in scope that may give the axis")
    hidden: bool = Field(default=False, description="follows from others: macros read it, planners do not give it")
    shown_as: str = Field(default="", description="axis only: the column whose header becomes the chosen axis")


class Chart(Part):
    """A chart of the answer: its kind and which columns it draws. Empty fields follow from the kind and the columns."""

    kind: str
    title_ja: str = ""
    x: str = ""
    y: str | tuple[str, ...] = ""
    color: str = ""
    size: str = ""
    facet: str = ""
    low: str = ""
    high: str = ""
    source: str = ""
    target: str = ""
    where: Mapping[str, Any] = Field(
        default_factory=dict,
        description="only rows with these values; [a, b] any of them, {min: a, max: b} between, {not: [a, b]} none",
    )
    options: Mapping[str, Any] = Field(default_factory=dict)


class Cell(Part):
    """What a click on the answer opens: the customers, and the products, behind a row or a cell.

    `customers` and `products` name CTEs of the statement that hold the key columns and customer_id / product_id, before
    they are counted. The set of a cell is that CTE where the keys have the cell's values. What only the numeric step
    knows (a cluster, a probability) is a cell `by_step`: the step runs again and names the people.
    """

    name: str
    keys: tuple[str, ...] = ()
    types: Mapping[str, ColumnType] = Field(
        default_factory=dict, description="of keys that are no columns of the answer"
    )
    customers: str = ""
    products: str = ""
    by_step: bool = Field(default=False, description="the numeric step names the customers (its `people`), not a CTE")
    becomes: Said


class Footnote(Part):
    """A figure printed below the answer: the one row of a CTE."""

    label_ja: str
    cte: str


class Analysis(Part):
    """One entry of the catalogue."""

    id: str
    name: Title
    category: str
    origin: Literal["brief", "extension"] = "extension"
    brief_names: tuple[str, ...] = ()
    tier: Literal["core", "standard", "advanced"]
    question: Title
    method: Said
    parameter_groups: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...]
    charts: tuple[Chart, ...]
    cells: tuple[Cell, ...]
    footnotes: tuple[Footnote, ...] = ()
    rules: tuple[str, ...] = ()
    notes: tuple[Said, ...] = ()
    standard: str | None = None
    needs: tuple[str, ...] = Field(default=(), description="optional tables: empty means a stated reason, no answer")
    example: Mapping[str, Any] = Field(
        default_factory=dict, description="parameters for the catalogue's page, where a required one has no default"
    )
    step: str = Field(default="", description="a numeric step of `analysis.steps` that finishes the SQL's rows")

    sql: str = Field(default="", repr=False, description="the statement below the front matter")
    place: str = Field(default="", repr=False, description="the file, for errors")

    @field_validator("columns")
    @classmethod
    def _with_low_n(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """Where rates say what they are of, the answer says which rows are too small; the statement does not."""
        return (*columns, LOW_N) if any(column.of for column in columns) else columns

    @property
    def rates(self) -> Mapping[str, str]:
        """Rate → the column of its denominator."""
        return {column.name: column.of for column in self.columns if column.of}

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def key_type(self, key: str) -> ColumnType:
        """The type of a cell's key: what the cell says, else the column's."""
        said = next((cell.types[key] for cell in self.cells if key in cell.types), None)
        return said or self.column(key).type

    @property
    def given_by(self) -> str:
        """The parameter whose value is the statement (the file's own is an example of one); "" for none."""
        return next((parameter.name for parameter in self.parameters if parameter.type == "sql"), "")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def stated_names(self) -> tuple[str, ...]:
        """The columns that the statement and its numeric step give: all but what rule SMALL adds."""
        return self.column_names[:-1] if self.rates else self.column_names
