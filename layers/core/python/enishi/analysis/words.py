"""Codes and units as planners read them on pages and charts: `words.yaml`, and the words of axes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from enishi.analysis.answer import Answer
from enishi.analysis.axes import words_of_axis
from enishi.consent import reasons

_REFUSALS = "suppression_analysis.reason"


def unit(name: str) -> str:
    """The unit in Japanese; as it is where nobody named it."""
    units: Mapping[str, str] = _data()["units"]
    return units.get(name, name)


def in_words(answer: Answer, column: str, value: Any) -> Any:
    """A value of an answer with the word for its code, a scenario by its title; what is not known stays as it is."""
    if not isinstance(value, str):
        return value
    words = answer.titles if names_scenarios(column) else _words(answer.analysis.id, column)
    return words.get(value) or value


def names_scenarios(column: str) -> bool:
    """Whether the values of a column of that name are ids of scenarios."""
    return column in _data()["scenarios"]


@cache
def _words(analysis: str, column: str) -> Mapping[str, str | None]:
    """Code → word of one column of an answer; its values come by the thousand."""
    codes: Mapping[str, Mapping[str, str]] = {_REFUSALS: reasons.labels(), **_data()["codes"]}
    return codes.get(f"{analysis}.{column}", codes.get(column, words_of_axis(column)))


@cache
def _data() -> Mapping[str, Any]:
    read: dict[str, Any] = yaml.safe_load((files("enishi.analysis") / "words.yaml").read_text("utf-8"))
    return MappingProxyType(read)
