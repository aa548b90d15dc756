"""How a value of the language says that it is wrong: one sentence and one remedy, carried through pydantic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from enishi.errors import DefinitionError, SegmentError


def problem(what: str, remedy: str, *, key: str = "") -> PydanticCustomError:
    """An error to raise inside a validator; `explain` turns it into a SegmentError, at the key where one is named."""
    return PydanticCustomError("segment", "{what}", {"what": what, "remedy": remedy, "key": key})


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest of `known`, or lists them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else f"Use one of {', '.join(names)}."


class Part(BaseModel):
    """A frozen part of the language whose unknown keys are answered with the closest known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        names = {field.alias or name for name, field in cls.model_fields.items()}
        strangers = [str(key) for key in given if key not in names] if isinstance(given, Mapping) else []
        if strangers:
            raise problem(f"{strangers[0]} is not known here", did_you_mean(strangers[0], names), key=strangers[0])
        return given


def below(place: str, part: str) -> str:
    """The place of a part: `all[0].purchase`, `file.yaml: all`."""
    return f"{place}{part}" if not place or part.startswith("[") or place.endswith(": ") else f"{place}.{part}"


def explain(error: ValidationError, place: str, kind: type[DefinitionError] = SegmentError) -> DefinitionError:
    """The first problem of a pydantic error as an error of `kind` at its path in the tree."""
    first = error.errors()[0]
    key = first.get("ctx", {}).get("key", "")
    for part in (*_steps(first), *([key] if key else [])):
        place = below(place, f"[{part}]" if isinstance(part, int) else part)
    return kind(first["msg"].rstrip("."), where=place, remedy=_remedy(first))


def _steps(detail: ErrorDetails) -> list[str | int]:
    """The parts of the location that a planner wrote: no names of validators or of union arms."""
    return [part for part in detail["loc"] if isinstance(part, int) or part.replace("_", "").isalnum()]


def _remedy(detail: ErrorDetails) -> str:
    given = detail.get("ctx", {})
    if "remedy" in given:
        return str(given["remedy"])
    if detail["type"] in ("literal_error", "enum"):
        known = str(given.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
        return did_you_mean(str(detail["input"]), known)
    return "Correct the value."
