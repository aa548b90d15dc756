"""Under which parameters an answer was asked, as planners read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from enishi.analysis import axes, choices
from enishi.analysis.answer import Answer
from enishi.analysis.cells import read_address, written
from enishi.analysis.library import get, parameters
from enishi.analysis.model import Parameter
from enishi.analysis.parameters import AS_OF
from enishi.analysis.sets import is_address
from enishi.analysis.shown import shown
from enishi.analysis.words import filter_part, thing_of


@dataclass(frozen=True)
class Condition:
    """One parameter of an answer: what it is called, what its value means, and `name=value` to ask so again."""

    name: str
    label: str
    said: str
    written: str
    is_chosen: bool
    """Whether the planner gave it; else it has its default."""


def conditions(answer: Answer) -> tuple[Condition, ...]:
    """Every parameter that planners may give, those that were given before the others."""
    declared = [parameter for parameter in parameters(answer.analysis) if not parameter.hidden]
    if AS_OF not in {parameter.name for parameter in declared}:
        declared.append(Parameter(name=AS_OF, type="date", label_ja="基準日"))
    known = [_condition(answer, one) for one in declared if one.name in answer.parameters]
    return tuple(sorted(known, key=lambda condition: not condition.is_chosen))


def headline(answer: Answer) -> str:
    """The day, the period and what else the planner chose, in a line: `2026-11-20、集計単位: 週`."""
    chosen = [one for one in conditions(answer) if one.is_chosen and one.name != AS_OF]
    return "、".join([str(answer.parameters[AS_OF]), *(f"{one.label}: {one.said}" for one in chosen)])


def _condition(answer: Answer, parameter: Parameter) -> Condition:
    value = answer.parameters[parameter.name]
    said = _Said(answer, parameter).of(value)
    again = f"{parameter.name}={written(value)}"
    return Condition(parameter.name, parameter.label_ja, said, again, parameter.name in answer.chosen)


@dataclass(frozen=True)
class _Said:
    """A parameter of an answer whose values are put into words."""

    answer: Answer
    parameter: Parameter

    def of(self, value: Any) -> str:
        if value is None:
            return self._word(choices.NOTHING)
        kind, _, inner = self.parameter.type.rstrip(")").partition("(")
        if isinstance(value, tuple):
            return "、".join(_SAID.get(inner, _Said._name)(self, item) for item in value)
        return _SAID.get(kind, _Said._name)(self, value)

    def _word(self, value: str) -> str:
        word = choices.words(self.answer.analysis, self.parameter).get(value)
        return word.ja if word else value

    def _name(self, value: Any) -> str:
        """The word of a value, the name of an id; parts with + between them (channels that are one) each by itself."""
        if not isinstance(value, str):
            return shown(value, "")
        thing = thing_of(self.parameter.name, "parameters", self.answer.analysis.id)
        name = self.answer.names.get(thing, {}).get(value)
        return f"{name} ({value})" if name else "+".join(map(self._word, value.split("+")))

    def _set(self, value: Any) -> str:
        """A cell of another analysis by its title, a filter part by part, a saved set by its name."""
        if is_address(value):
            address = read_address(value)
            return f"{get(address.analysis).name.ja} [{address.cell}]{' 以外' if address.complement else ''}"
        if isinstance(value, Mapping):
            return "、".join(f"{filter_part(name)}: {written(part)}" for name, part in value.items())
        return self._name(value) if isinstance(value, str) else written(value)

    def _axis(self, value: Any) -> str:
        return axes.label(str(value))

    def _yen(self, value: Any) -> str:
        return f"{shown(value, 'money')}円"

    def _share(self, value: Any) -> str:
        return shown(value, "ratio")

    def _number(self, value: Any) -> str:
        return f"{value:.10g}"

    def _text(self, value: Any) -> str:
        return self._word(str(value))


_SAID: Mapping[str, Callable[[_Said, Any], str]] = {
    "enum": _Said._text,
    "axis": _Said._axis,
    "double": _Said._number,
    "segment": _Said._set,
    "product_set": _Said._set,
    "money": _Said._yen,
    "ratio": _Said._share,
}
