"""What speaks of a person: by the column's name, by its values; and how such values are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from enishi.ingest.cells import Array, pc, text_of
from enishi.ingest.proposal.words import Words, plain

SHARE = 0.8
"""Of the values that must look alike before a column counts as personal by its values."""
PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "mail": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        "mobile": r"^(?:\+81|0)[-\s]?[789]0[-\s]?\d{4}[-\s]?\d{4}$",
        "phone": r"^(?:\+\d{1,3}[-\s]?\d|0\d{1,4}[-\s]\d{1,4}[-\s]\d{3,4}$)",
        "postal_address": r"^(?:東京都|北海道|(?:京都|大阪)府|..?.?県).+(?:[市区町村郡])",
        "line": r"^U[0-9a-f]{32}$",
    }
)


def kind_of(name: str, values: Array, words: Words) -> str:
    """Kind of personal data in a column (`mail`, `mobile`, `name`, … `private`), "" when it is none."""
    for kind, called in words.contacts.items():
        if re.sub(r"\d+$", "", plain(name)) in called:
            return kind
    if found := _by_values(values):
        return found
    return "private" if any(word in plain(name) for word in words.private) else ""


def _by_values(values: Array) -> str:
    text = pc.drop_null(text_of(values)) if not _nested(values) else None
    if text is None or not len(text):
        return ""
    return next((kind for kind, pattern in PATTERNS.items() if _share(text, pattern) >= SHARE), "")


def mostly(values: Array, pattern: str) -> bool:
    """Whether most values that are there meet a pattern."""
    text = pc.drop_null(text_of(values))
    return len(text) > 0 and _share(text, pattern) >= SHARE


def _share(text: Array, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(text, pattern)).as_py())


def begins_with_prefecture(values: Array) -> bool:
    """Whether a column holds Japanese addresses that begin with their prefecture."""
    return _by_values(values) == "postal_address"


def _nested(values: Array) -> bool:
    return "list" in str(values.type) or "struct" in str(values.type) or "map" in str(values.type)


def masked(value: str) -> str:
    """The value's form without the value: every letter, digit and character of a word becomes `*`."""
    return re.sub(r"\w", "*", value)
