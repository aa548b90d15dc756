"""What the codes in a column of an answer are called (`words.yaml`, words of axes), and which code a word means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from enishi.analysis.axes import words_of_axis
from enishi.data_files import data_of


@cache
def words(analysis: str, column: str) -> Mapping[str, str | None]:
    """Code → word of one column of an answer; no word for a code that says nothing."""
    codes: Mapping[str, Mapping[str, str]] = data_of("enishi.analysis", "words.yaml")["codes"]
    own = codes.get(f"{analysis}.{column}", codes.get(column, {}))
    return MappingProxyType({**words_of_axis(column), **own})


def code(analysis: str, column: str, said: str) -> str:
    """The code that a planner's word means, where it means one alone; what is no word stays as it is."""
    known = words(analysis, column)
    meant = [] if said in known else [code for code, word in known.items() if word == said]
    return meant[0] if len(meant) == 1 else said
