"""Permission to be contacted: the latest word of the person on each channel, at the moment."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from enishi.segment.condition import Ask, Condition, as_list, shorthand
from enishi.segment.problems import problem
from enishi.segment.sql import FACTS, col, every, member_of, one_of, over, relation, some, value

ConsentChannel = Literal["mail", "line", "push", "sms", "onsite", "catalog", "phone"]


class Consent(Condition):
    """`consent: mail`, `consent: {any: [push, mail]}`, `consent: {all: [mail, line]}`."""

    key: ClassVar[str] = "consent"

    any_of: Annotated[tuple[ConsentChannel, ...], BeforeValidator(as_list)] = Field(default=(), alias="any")
    all_of: Annotated[tuple[ConsentChannel, ...], BeforeValidator(as_list)] = Field(default=(), alias="all")

    _expand = model_validator(mode="before")(shorthand("any"))

    @model_validator(mode="after")
    def _one(self) -> Consent:
        if bool(self.any_of) == bool(self.all_of):
            raise problem(
                "consent names no channel, or both any and all", "Write consent: mail, or {any: [push, mail]}."
            )
        return self

    def sql(self, ask: Ask) -> exp.Expr:
        if self.any_of:
            return some([_opted_in(self.any_of, ask)])
        return every([_opted_in((channel,), ask) for channel in self.all_of])


def _opted_in(channels: tuple[str, ...], ask: Ask) -> exp.Expr:
    words = over(relation("consents_now", at=ask.moment.at))
    agreed = exp.EQ(this=col("state", FACTS), expression=value("opt_in"))
    return member_of(words.where(every([one_of(col("channel", FACTS), channels), agreed])))
