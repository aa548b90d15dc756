"""A segment: a title and a condition tree, as a planner writes it in YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from enishi.errors import SegmentError
from enishi.segment.problems import explain
from enishi.segment.tree import GROUPS, Node, parse

_HEAD = ("id", "title", "description")


class Segment(BaseModel):
    """A named condition. `definition` is the tree as it was written; `tree` is the same, read and checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = ""
    title: str = ""
    description: str = ""
    definition: Mapping[str, Any] = Field(min_length=1)

    _tree: Node = PrivateAttr()

    @property
    def tree(self) -> Node:
        return self._tree

    def renamed(self, segment_id: str) -> Segment:
        """The same segment under another id."""
        return self.model_copy(update={"id": segment_id})

    def titled(self, title: str) -> Segment:
        """The same segment under another title."""
        return self.model_copy(update={"title": title})

    def as_json(self) -> str:
        """The segment as it is kept in the `segments` table; `load` reads it back."""
        written = {**self.definition, "title": self.title, "description": self.description}
        return json.dumps(
            {k: v for k, v in written.items() if v != ""}, ensure_ascii=False, sort_keys=True, default=str
        )


def load(source: Path | Mapping[str, Any], where: str = "") -> Segment:
    """A segment from a YAML or JSON file, or from a mapping.

    Args:
        where: how errors name the source; the path when there is one.

    Raises:
        SegmentError: the file, the path in the tree and the remedy.
    """
    if isinstance(source, Path):
        return _segment(_read(source), str(source), source.stem)
    return _segment(source, where, "")


def load_text(text: str, where: str) -> Segment:
    """A segment from YAML or JSON text."""
    return _segment(_parsed(text, where), where, "")


def condition(given: object, where: str = "") -> Node:
    """The tree of a condition that stands in something else (a scenario's target, branch, exit or goal).

    A list means that any of its conditions holds, as in a scenario's `exit`.
    """
    if isinstance(given, Segment):
        return given.tree
    if isinstance(given, Sequence) and not isinstance(given, str):
        return parse({"any": given}, where)
    return parse(given, where)


def _segment(raw: object, where: str, name: str) -> Segment:
    if not isinstance(raw, Mapping):
        raise SegmentError("a segment is a mapping", where=where, remedy="Write a title and all: [...].")
    definition = {str(key): item for key, item in raw.items() if key not in _HEAD}
    head = {key: raw[key] for key in _HEAD if key in raw}
    if not definition:
        raise SegmentError("the segment has no condition", where=where, remedy=f"Add {' or '.join(GROUPS)}.")
    try:
        segment = Segment.model_validate({"id": name, **head, "definition": definition})
    except ValidationError as error:
        raise explain(error, where) from error
    segment._tree = parse(definition, f"{where}: " if where else "")
    return segment


def _read(path: Path) -> object:
    try:
        return _parsed(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SegmentError("the file cannot be read", where=str(path), remedy="Give a UTF-8 YAML file.") from error


def _parsed(text: str, where: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise SegmentError(
            "this is not YAML", where=f"{where}{line}", remedy="Correct the indentation or quotes."
        ) from error
