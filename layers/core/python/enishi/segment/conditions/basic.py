"""Conditions that are not about facts: everyone, another segment, an analysis cell."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, model_validator
from sqlglot import exp

from enishi.errors import NotSupportedError
from enishi.segment.condition import Ask, Condition, Text, shorthand


class Everyone(Condition):
    """`everyone: true`."""

    key: ClassVar[str] = "everyone"

    yes: Literal[True]

    _expand = model_validator(mode="before")(shorthand("yes"))

    def sql(self, ask: Ask) -> exp.Expr:  # noqa: ARG002
        return exp.true()


class OtherSegment(Condition):
    """`segment: <id>`: the people of another segment at the same moment."""

    key: ClassVar[str] = "segment"

    id: Text

    _expand = model_validator(mode="before")(shorthand("id"))

    def sql(self, ask: Ask) -> exp.Expr:
        return ask.library.people(self.id, ask)


class Cell(Condition):
    """`cell: {analysis: …, row: …}`: the people behind a cell of an analysis."""

    key: ClassVar[str] = "cell"

    analysis: Text
    row: Annotated[dict[str, Any], BeforeValidator(dict)]
    column: str = ""

    def sql(self, ask: Ask) -> exp.Expr:
        raise NotSupportedError(
            "cells of analyses cannot be segments yet", where=ask.place, remedy="Write the cell's condition out."
        )
