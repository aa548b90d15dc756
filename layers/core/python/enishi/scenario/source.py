"""YAML as a planner writes it: every value keeps its line, a key stands once, and `20:00` stays a time of day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from enishi.errors import ScenarioError

Path = tuple[str | int, ...]
MAX_CHARS = 200_000


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core scalars: no `on`/`yes` booleans, no sexagesimal numbers, no dates (they stay text)."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own protocol


_SCALARS = {
    "tag:yaml.org,2002:bool": (r"^(?:true|false)$", "tf"),
    "tag:yaml.org,2002:null": (r"^(?:null|~|)$", ["n", "~", ""]),
    "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9_]*)$", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"^[-+]?[0-9][0-9_]*\.[0-9]+$", "-+0123456789"),
}
for _tag, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


@dataclass(frozen=True)
class Source:
    """A parsed file: its plain data, and the line (from 1) of every path in it."""

    name: str
    data: Mapping[str, Any]
    lines: Mapping[Path, int] = field(repr=False)

    def where(self, path: Sequence[str | int] = ()) -> str:
        """`file:line` of `path`; parts that the file does not have (a validator's own tags) are passed over."""
        return f"{self.name}:{self.lines.get(self._nearest(path), 1)}"

    def _nearest(self, path: Sequence[str | int]) -> Path:
        found: Path = ()
        for part in path:
            if (*found, part) in self.lines:
                found = (*found, part)
        return found


def read(text: str, name: str) -> Source:
    """Parse one YAML mapping.

    Raises:
        ScenarioError: not YAML, not a mapping, a key twice, an alias, or larger than a definition ever is.
    """
    if len(text) > MAX_CHARS:
        raise ScenarioError("the file is too large for a scenario", where=name, remedy="Keep texts in templates.")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines = dict(_places(node, (), name))
        data = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        raise _not_yaml(error, name) from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise ScenarioError("the file is not a mapping of keys", where=f"{name}:1", remedy="Write `title: …` lines.")
    return Source(name, data, lines)


def _not_yaml(error: yaml.YAMLError, name: str) -> ScenarioError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    return ScenarioError(f"the file is not YAML: {problem}", where=f"{name}:{line}", remedy="Correct that line.")


def _places(node: yaml.Node | None, path: Path, name: str) -> Iterator[tuple[Path, int]]:
    if node is None:
        return
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _places(item, (*path, index), name)
    elif isinstance(node, yaml.MappingNode):
        yield from _mapping_places(node, path, name)


def _mapping_places(node: yaml.MappingNode, path: Path, name: str) -> Iterator[tuple[Path, int]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            raise ScenarioError(f"the key {key.value!r} stands twice", where=f"{name}:{line}", remedy="Remove one.")
        seen.add(key.value)
        for place, at in _places(value, (*path, key.value), name):
            yield place, line if place == (*path, key.value) else at
