"""Names and records with fields in them: `KEKKA_{day:%Y%m%d}_{sequence:03}.csv`. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FIELD = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")


def fields_of(template: str) -> set[str]:
    """The fields that a template names."""
    return {found[1] for found in _FIELD.finditer(template)}


def fill(template: str, values: Mapping[str, object]) -> str:
    """`template` with its fields written as their formats say (those of Python's `format`)."""
    return _FIELD.sub(lambda found: format(values[found[1]], found[2] or ""), template)
