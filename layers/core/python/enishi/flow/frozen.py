"""What a task decided once and must decide again: an answer kept in the work store."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from enishi.ports import Blobs

Answer = dict[str, Any]


def once(work: Blobs, key: str, answer: Callable[[], Answer]) -> Answer:
    """The answer under `key`; asked for and kept when there is none. Of two who ask at once the first to write wins."""
    kept = _kept(work, key)
    if kept is not None:
        return kept
    found = answer()
    if work.put_if_absent(key, json.dumps(found, ensure_ascii=False, sort_keys=True).encode()):
        return found
    return _kept(work, key) or found


def _kept(work: Blobs, key: str) -> Answer | None:
    return cast(Answer, json.loads(work.get(key))) if key in work.list(key) else None
