"""Codes, ids and units as planners read them on pages and charts: `words.yaml`, and the words of axes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from enishi.analysis import codes
from enishi.analysis.answer import Answer
from enishi.analysis.library import parameters
from enishi.consent import reasons
from enishi.data_files import data_of

_JOINTS = re.compile(r"( × | → | > | \+ | / |:)")
"""What stands between the parts of a value that is made of several."""
Where = Literal["axes", "columns", "parameters"]


def unit(name: str, kind: str) -> str:
    """The unit of a column of that type in Japanese; as it is where nobody named it.

    A ratio that is a plain number says how many times."""
    units: Mapping[str, str] = _data()["units"]
    return units.get(f"{name} {kind}", units.get(name, name))


def reading(answer: Answer, column: str) -> Callable[[Any], Any]:
    """How a value of a column is read: the word for a code, the name for an id; what is not known stays as it is."""
    names = [answer.names[thing] for thing in things(answer, column) if thing in answer.names]
    words: dict[str, str | None] = {**codes.words(answer.analysis.id, column)}
    for named in names:
        words |= named
    before: Mapping[str, str] = _data()["refusals"].get(f"{answer.analysis.id}.{column}", {})
    if before:
        return lambda value: _why(before, value) or _in_words(words, value)
    return (lambda value: _in_words(words, value)) if words else (lambda value: value)


def _why(before: Mapping[str, str], value: Any) -> str | None:
    """Why a message did not go out, with the word for what stands before the reason; None where nothing of it does."""
    code = next((code for code in before if isinstance(value, str) and value.startswith(code)), None)
    return None if code is None else before[code] + reasons.label(value.removeprefix(code))


def _in_words(words: Mapping[str, str | None], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in words:
        return words[value] or value
    return "".join(words.get(part) or part for part in _JOINTS.split(value))


def filter_part(name: str) -> str:
    """What a part of a filter on products is called."""
    words: Mapping[str, str] = _data()["filters"]
    return words.get(name, name)


def parts(value: str) -> list[str]:
    """The parts of a value that is made of several."""
    return [part for part in _JOINTS.split(value) if not _JOINTS.fullmatch(part)]


def things(answer: Answer, column: str) -> tuple[str, ...]:
    """What the ids in a column are of (`store`, `scenario` …); an axis' values are of what the planner chose."""
    chosen = [answer.parameters.get(p.name) for p in parameters(answer.analysis) if p.shown_as == column]
    axes = [axis for one in chosen if one for axis in str(one).split(",")]
    found = [thing_of(axis.strip().rpartition(".")[2], "axes") for axis in axes]
    named = thing_of(column, "columns", answer.analysis.id)
    return tuple(dict.fromkeys(thing for thing in (*found, named) if thing))


@cache
def thing_of(name: str, where: Where, analysis: str = "") -> str:
    """What the ids of an axis, a column or a parameter are of; "" where they are no ids of what has a name."""
    for thing, places in _data()["named"].items():
        if {name, f"{analysis}.{name}"} & set(places.get(where, ())):
            return str(thing)
    return ""


@cache
def _data() -> Mapping[str, Any]:
    read: dict[str, Any] = data_of("enishi.analysis", "words.yaml")
    return MappingProxyType(read)
