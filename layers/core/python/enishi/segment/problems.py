"""How a value of the language says that it is wrong: one sentence and one remedy, carried through pydantic."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from enishi.errors import SegmentError


def problem(what: str, remedy: str) -> PydanticCustomError:
    """An error to raise inside a validator; `explain` turns it into a SegmentError."""
    return PydanticCustomError("segment", "{what}", {"what": what, "remedy": remedy})


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest of `known`, or lists them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else f"Use one of {', '.join(names)}."


def explain(error: ValidationError, place: str, fields: Iterable[str]) -> SegmentError:
    """The first problem of a pydantic error as a SegmentError at its path in the tree."""
    first = error.errors()[0]
    where = place + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in _steps(first))
    return SegmentError(_what(first), where=where, remedy=_remedy(first, fields))


def _steps(detail: ErrorDetails) -> list[str | int]:
    """The parts of the location that a planner wrote: no names of validators or of union arms."""
    return [part for part in detail["loc"] if isinstance(part, int) or part.replace("_", "").isalnum()]


def _what(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return f"{detail['loc'][-1]} is not known here"
    return detail["msg"].rstrip(".")


def _remedy(detail: ErrorDetails, fields: Iterable[str]) -> str:
    given = detail.get("ctx", {})
    if "remedy" in given:
        return str(given["remedy"])
    if detail["type"] == "extra_forbidden":
        return did_you_mean(str(detail["loc"][-1]), fields)
    if detail["type"] in ("literal_error", "enum"):
        known = str(given.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
        return did_you_mean(str(detail["input"]), known)
    return "Correct the value."
