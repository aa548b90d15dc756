"""What a parameter's values are called: `choices.yaml`, in both languages; commands and addresses keep the values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import TypeAdapter

from enishi.analysis.model import Analysis, Parameter, Title
from enishi.data_files import data_of

NOTHING = "null"
"""The value of a parameter that was not chosen."""
_FIXED = re.compile(r"enum\((?P<values>.*)\)")
_CHOICES: TypeAdapter[dict[str, dict[str, Title]]] = TypeAdapter(dict[str, dict[str, Title]])
Words = Mapping[str, Title]


def values(parameter: Parameter) -> tuple[str, ...]:
    """The values of a parameter that has a fixed list of them; none for any other."""
    fixed = _FIXED.fullmatch(parameter.type)
    return tuple(value.strip() for value in fixed["values"].split(",")) if fixed else ()


def words(analysis: Analysis, parameter: Parameter) -> Words:
    """Value → word: each value of a fixed list, else the values that are known of it; `null`: nothing was chosen."""
    known = {**nothing(parameter), **_of(analysis, parameter)}
    allowed = values(parameter)
    return {value: known[value] for value in allowed if value in known} if allowed else known


def nothing(parameter: Parameter) -> Words:
    """What it means that nothing was chosen, as far as the type of the parameter says it."""
    by_type = choices()["nothing"]
    return {NOTHING: by_type.get(parameter.type.partition("(")[0], by_type["other"])}


def _of(analysis: Analysis, parameter: Parameter) -> Words:
    return choices().get(f"{analysis.id}.{parameter.name}", choices().get(parameter.name, {}))


@cache
def choices() -> Mapping[str, Words]:
    """All of them, by parameter or by `analysis.parameter`."""
    return MappingProxyType(_CHOICES.validate_python(data_of("enishi.analysis", "choices.yaml")))
