"""Messages that were sent, and what people did with them.

Control rows are never sends (rule HOLD); what machines open or click is not read (rule MPP).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from enishi.segment.condition import Ask, Counted, Event, TextList, as_list, counted
from enishi.segment.durations import PeriodField
from enishi.segment.sql import FACTS, certain, col, every, one_of, persons, value

MessageChannel = Literal["mail", "line", "push", "sms", "onsite", "catalog"]
REACTIONS = {
    "delivered": ("delivered",),
    "opened": ("open",),
    "clicked": ("click",),
    "bounced": ("hard_bounce", "soft_bounce"),
    "complained": ("complaint",),
    "unsubscribed": ("unsubscribe",),
}


class Message(Event, Counted):
    """A message that went out, by scenario, step or channel; `clicked: false` asks for one that was not clicked."""

    key: ClassVar[str] = "message"
    uncountable: ClassVar[tuple[str, ...]] = ("at_least", "at_most", "exactly")

    scenario: TextList = ()
    step: TextList = ()
    campaign: TextList = ()
    template: TextList = ()
    variant: TextList = ()
    channel: Annotated[tuple[MessageChannel, ...], BeforeValidator(as_list)] = ()
    period: PeriodField | None = Field(default=None, alias="sent_in")
    ever: Literal[True] | None = None
    delivered: bool | None = None
    opened: bool | None = None
    clicked: bool | None = None
    bounced: bool | None = None
    complained: bool | None = None
    unsubscribed: bool | None = None

    def sql(self, ask: Ask) -> exp.Expr:
        return counted(self._rows(ask), [(exp.Count(this=exp.Star()), self.count)])

    def events(self, ask: Ask) -> exp.Select:
        return self._rows(ask).select(
            exp.alias_(col("sent_at", FACTS), "happened_at"),
            exp.alias_(col("message_id", FACTS), "occasion"),
            exp.alias_(exp.cast(exp.null(), "varchar"), "product_id"),
        )

    def _rows(self, ask: Ask) -> exp.Select:
        sent = exp.EQ(this=col("status", FACTS), expression=value("sent"))
        real = exp.not_(certain(col("is_control", FACTS)))
        return persons("messages").where(every([self._when(ask), sent, real, self._which(), self._reactions(ask)]))

    def _when(self, ask: Ask) -> exp.Expr:
        at, day = col("sent_at", FACTS), col("sent_date", FACTS)
        if self.ever:
            return exp.LTE(this=at, expression=value(ask.moment.at))
        return ask.happened(self.period, at=at, day=day)

    def _which(self) -> exp.Expr:
        listed = {
            "scenario_id": self.scenario, "step_id": self.step, "campaign_id": self.campaign,
            "template_id": self.template, "variant": self.variant, "channel": self.channel,
        }  # fmt: skip
        return every([one_of(col(name, FACTS), given) for name, given in listed.items() if given])

    def _reactions(self, ask: Ask) -> exp.Expr:
        asked = {name: wanted for name in REACTIONS if (wanted := getattr(self, name)) is not None}
        return every([_reacted(REACTIONS[name], wanted, ask) for name, wanted in asked.items()])


def _reacted(types: tuple[str, ...], wanted: bool, ask: Ask) -> exp.Expr:
    """Whether people (not machines) reacted to the message in one of these ways up to the moment."""
    events = exp.select(col("message_id", "e")).from_(exp.alias_(exp.to_table("message_events"), "e", table=True))
    seen = exp.LTE(this=col("event_at", "e"), expression=value(ask.moment.at))
    human = exp.not_(certain(col("is_machine", "e")))
    known = exp.not_(exp.Is(this=col("message_id", "e"), expression=exp.null()))
    found = events.where(every([one_of(col("event_type", "e"), types), seen, human, known]))
    test = exp.In(this=col("message_id", FACTS), query=exp.Subquery(this=found))
    return test if wanted else exp.not_(test)
