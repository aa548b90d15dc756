"""What a lint rule is given and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property

from enishi.scenario.library import Definition
from enishi.scenario.model import Scenario, SendStep, Step, WaitStep, walk
from enishi.settings import Settings

Said = Iterator[tuple[str, str, str]]
"""(what, where, remedy), as in an EnishiError."""


@dataclass(frozen=True)
class Finding:
    """One finding of one rule."""

    rule: str
    what: str
    where: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Lint:
    """A definition under inspection."""

    definition: Definition
    settings: Settings
    today: date

    @property
    def scenario(self) -> Scenario:
        return self.definition.scenario

    @cached_property
    def steps(self) -> list[Step]:
        """Every step, nested ones included."""
        return list(walk(self.scenario.steps))

    @cached_property
    def sends(self) -> list[SendStep]:
        return [step for step in self.steps if isinstance(step, SendStep)]

    @cached_property
    def waits(self) -> list[WaitStep]:
        return [step for step in self.steps if isinstance(step, WaitStep)]

    def at(self, *path: str | int) -> str:
        """`file:line` of a path in the file."""
        return self.definition.where(*path)

    def at_step(self, step: Step) -> str:
        """`file:line` of a step."""
        return self.definition.where_step(step.id)


Rule = Callable[[Lint], Said]


def near(word: str, known: list[str], otherwise: str) -> str:
    """A remedy that names the closest of `known`."""
    found = get_close_matches(word, known, n=1)
    return f"Did you mean `{found[0]}`?" if found else otherwise
