"""Codes and units as planners read them on pages and charts: `words.yaml`, and the words of axes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from enishi.analysis.axes import words_of_axis
from enishi.analysis.model import Analysis
from enishi.consent import reasons

_REFUSALS = "suppression_analysis.reason"


def unit(name: str) -> str:
    """The unit in Japanese; as it is where nobody named it."""
    units: Mapping[str, str] = _data()["units"]
    return units.get(name, name)


def in_words(analysis: Analysis, column: str, value: Any) -> Any:
    """A value of an answer with the word for its code; what is no known code stays as it is."""
    return _words(analysis.id, column).get(value) or value if isinstance(value, str) else value


@cache
def _words(analysis: str, column: str) -> Mapping[str, str | None]:
    """Code → word of one column of an answer; its values come by the thousand."""
    codes: Mapping[str, Mapping[str, str]] = {_REFUSALS: reasons.labels(), **_data()["codes"]}
    return codes.get(f"{analysis}.{column}", codes.get(column, words_of_axis(column)))


@cache
def _data() -> Mapping[str, Any]:
    read: dict[str, Any] = yaml.safe_load((files("enishi.analysis") / "words.yaml").read_text("utf-8"))
    return MappingProxyType(read)
