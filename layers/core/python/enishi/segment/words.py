"""Japanese words for values of fixed lists (`words.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from enishi.data_files import data_of


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    loaded: Mapping[str, Mapping[str, str]] = data_of("enishi.segment", "words.yaml")
    return loaded


def translated(topic: str, given: Any) -> Any:
    """A list with the Japanese words of `topic` replaced by the lake's; what is no such word stays as it is."""
    known = _words()[topic]
    return [known.get(item, item) if isinstance(item, str) else item for item in given]
