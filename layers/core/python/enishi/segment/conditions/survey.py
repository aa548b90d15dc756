"""Answers to surveys."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from sqlglot import exp

from enishi.segment.bounds import BoundsField
from enishi.segment.condition import Ask, Condition, TextList
from enishi.segment.durations import PeriodField
from enishi.segment.sql import FACTS, col, every, member_of, one_of, persons, value


class Survey(Condition):
    """An answer to a question, by option or by score; without `in`, at any time so far."""

    key: ClassVar[str] = "survey"

    survey: TextList = ()
    question: TextList = ()
    answer: TextList = ()
    score: BoundsField | None = None
    period: PeriodField | None = Field(default=None, alias="in")

    def sql(self, ask: Ask) -> exp.Expr:
        listed = {"survey_id": self.survey, "question_id": self.question, "answer": self.answer}
        tests = [one_of(col(name, FACTS), given) for name, given in listed.items() if given]
        score = self.score.holds(col("score", FACTS)) if self.score is not None else None
        return member_of(persons("surveys").where(every([self._when(ask), *tests, score])))

    def _when(self, ask: Ask) -> exp.Expr:
        answered = col("answered_date", FACTS)
        if self.period is None:
            return exp.LTE(this=answered, expression=value(ask.moment.day))
        return ask.happened(self.period, day=answered)
