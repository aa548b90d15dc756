"""How records are compared, as data: fields with their weights, blocks, thresholds, guards.

`model.yaml` of this package is the default; a retailer's own `identity/model.yaml` in the raw store replaces the keys
that it names. Weights are bits of evidence (log2 of a likelihood ratio).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from enishi.identity.declared import Declared
from enishi.ids import digest
from enishi.lake import schema
from enishi.ports import Blobs

Comparison = Literal["exact", "text", "reading", "name", "digits", "words"]
Level = Literal[1, 2]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Thresholds(_Model):
    """Sums of evidence in bits: from `merge` two records are one person, from `review` somebody looks."""

    merge: float
    review: float
    prior: float = Field(default=23, description="bits that speak against a random pair of a base of 12 million")


class Compared(_Model):
    """One field: how it is compared and what each level of agreement is worth."""

    ja: str
    compare: Comparison
    same: float = Field(ge=0)
    near: float
    differ: float = Field(le=0)
    frequency: bool = False
    swapped: str = Field(default="", description="the field that may stand in this one's place")


class Identifier(_Model):
    """A kind of identifier that two records may share: its worth, and how many records may share one."""

    ja: str
    same: float = Field(ge=0)
    most: int = Field(ge=2)


class Block(_Model):
    """Records that agree in all fields of `of` are compared, unless more than `most` do."""

    of: tuple[str, ...] = Field(min_length=1)
    most: int = Field(ge=2)


class Households(_Model):
    """What makes a household: one family name and one of these in common, among at most `most` people."""

    most: int = Field(ge=2)


class Model(_Model):
    """The whole of `model.yaml`."""

    thresholds: Thresholds
    most_records: int = Field(ge=2)
    pseudo: float = Field(ge=1)
    fillers: dict[str, tuple[str, ...]]
    fields: dict[str, Compared]
    together: tuple[tuple[str, ...], ...] = Field(
        default=(), description="fields that say one thing in two ways: their agreement counts once"
    )
    identifiers: dict[str, Identifier]
    blocks: tuple[Block, ...]
    merge_needs: tuple[dict[str, Level], ...] = Field(min_length=1)
    review_needs: tuple[dict[str, Level], ...] = Field(min_length=1)
    unique: tuple[str, ...] = ()
    households: Households

    @model_validator(mode="after")
    def _of_known_fields(self) -> Model:
        columns = schema.table("identity_records").names
        blocked = [name for block in self.blocks for name in block.of]
        swapped = [field.swapped for field in self.fields.values() if field.swapped]
        for name in (*self.fields, *blocked, *swapped):
            if name not in columns:
                raise ValueError(f"{name} is no column of identity_records")
        needed = [name for need in (*self.merge_needs, *self.review_needs) for name in need]
        for name in (*needed, *(name for group in self.together for name in group)):
            if name not in self.fields and name not in self.identifiers:
                raise ValueError(f"{name} is not compared")
        return self

    @property
    def version(self) -> str:
        """Changes with anything that the model says, so that a pass with another model compares every record."""
        return digest(self.model_dump_json())[:16]


def parse(changes: Mapping[str, Any], where: str) -> Model:
    """The default model with the keys of `changes` in their place.

    Raises:
        DefinitionError: what comes of it does not hold.
    """
    return DECLARED.parse(changes, where)


def default() -> Model:
    """The model of this package."""
    return DECLARED.default()


def of_workspace(raw: Blobs) -> Model:
    """The model in force: the retailer's own keys over the default.

    Raises:
        DefinitionError: the file is not YAML, or what comes of it does not hold.
    """
    return DECLARED.of_workspace(raw)


DECLARED = Declared(Model, "model.yaml", "the rules of identity")
