"""What the codes in a column of an answer are called (`words.yaml`, words of axes), and what a word may stand for."""

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


def meant(analysis: str, column: str, said: str) -> tuple[str, ...]:
    """What a planner's word may stand for in a column: itself, and the one code that is called so, if there is one."""
    known = words(analysis, column)
    called = [] if said in known else [code for code, word in known.items() if word == said and code != said]
    return (said, *called) if len(called) == 1 else (said,)
