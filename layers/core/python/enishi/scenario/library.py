"""The scenario library: folders `<stage>/<id>/scenario.yaml` with templates beside it, and bundles made of them.

A bundle is everything that a run needs, frozen: the resolved definition, the scenario's templates and the shared ones.
Its hash is the scenario's version; a run that started with a bundle finishes with it, whatever is deployed meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from enishi.errors import ScenarioError
from enishi.scenario import source as sources
from enishi.scenario.explain import explain
from enishi.scenario.model import Scenario
from enishi.scenario.source import Source
from enishi.scenario.spelling import Places, fill, merge, spell
from enishi.settings import Settings

SHARED = "_shared"
FILE = "scenario.yaml"
RESOLVED = "scenario.json"
_TEXT_SUFFIXES = {".j2", ".yaml", ".json", ".txt", ".md", ".css"}


@dataclass(frozen=True)
class Bundle:
    """A scenario as files: `scenario.json` (resolved), its templates, and `_shared/…`.

    `version` is 16 hex digits of the SHA-256 of id and files.
    """

    id: str
    files: Mapping[str, str] = field(repr=False)

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """One canonical text; the inverse of `from_json`."""
        document = {"id": self.id, "files": dict(self.files)}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Bundle:
        document = json.loads(text)
        return cls(document["id"], document["files"])

    def scenario(self) -> Scenario:
        """The definition of this version."""
        return Scenario.model_validate(json.loads(self.files[RESOLVED]))


@dataclass(frozen=True)
class Definition:
    """A scenario with where it came from, so that a finding can name file and line."""

    scenario: Scenario
    files: Mapping[str, str] = field(repr=False)
    source: Source = field(repr=False)
    places: Places = field(repr=False)

    def where(self, *path: str | int) -> str:
        """`file:line` of a path in the file."""
        return self.source.where(path)

    def where_step(self, step_id: str) -> str:
        """`file:line` of a step."""
        return self.source.where(self.places.get(step_id, ("steps",)))

    @cached_property
    def bundle(self) -> Bundle:
        resolved = json.dumps(self.scenario.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        return Bundle(self.scenario.id, {**self.files, RESOLVED: resolved})


class Library:
    """Every scenario under some folders; an id in an earlier folder hides the same id in a later one."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    @cached_property
    def paths(self) -> Mapping[str, Path]:
        """Scenario id → its `scenario.yaml`, sorted by id."""
        found: dict[str, Path] = {}
        for path in (path for folder in self._folders for path in _definitions(folder)):
            found.setdefault(path.parent.name, path)
        return dict(sorted(found.items()))

    def read(self, name: str | Path) -> Definition:
        """The scenario of that id, or at that path.

        Raises:
            ScenarioError: unknown id, or a definition that does not hold; names file, line and remedy.
        """
        path = self._path(name)
        source = sources.read(_text(path), _short(path))
        resolved, files = self._resolve(source, path, ())
        spelt, places = spell(resolved)
        return Definition(_validated(spelt, source), files, source, places)

    def load(self, name: str | Path) -> Scenario:
        """The scenario alone; raises as `read`."""
        return self.read(name).scenario

    def readable(self, names: Iterable[str] | None = None) -> list[Scenario]:
        """Those of these ids (all by default) that exist and hold: a broken one does not take the others with it."""
        found = []
        for name in self.paths if names is None else sorted(set(names) & set(self.paths)):
            try:
                found.append(self.load(name))
            except ScenarioError:
                continue
        return found

    def _path(self, name: str | Path) -> Path:
        if isinstance(name, str) and name in self.paths:
            return self.paths[name]
        path = Path(name)
        path = path / FILE if path.is_dir() else path
        if path.suffix in {".yaml", ".yml"} and path.is_file():
            return path
        near = get_close_matches(str(name), self.paths, n=3)
        remedy = f"Did you mean {', '.join(near)}?" if near else "`enishi scenarios list` names those that exist."
        raise ScenarioError(f"there is no scenario {str(name)!r}", remedy=remedy)

    def _resolve(self, source: Source, path: Path, chain: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
        raw, parameters, files = self._unfilled(source, path, chain)
        try:
            return fill(raw, parameters) | ({"parameters": parameters} if parameters else {}), files
        except KeyError as error:
            name = str(error.args[0])
            near = get_close_matches(name, parameters, n=1)
            remedy = f"Did you mean ${near[0]}?" if near else f"Declare it: `parameters: {{{name}: …}}`."
            raise ScenarioError(f"${name} is not a parameter", where=source.name, remedy=remedy) from error

    def _unfilled(
        self, source: Source, path: Path, chain: tuple[str, ...]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        own = {key: value for key, value in source.data.items() if key not in {"from", "set", "parameters"}}
        own = {"id": path.parent.name, "stage": path.parent.parent.name} | own
        parameters = dict(source.data.get("parameters") or {})
        if "from" not in source.data:
            return own, parameters, _folder_files(path)
        base, defaults, files = self._base(source, chain)
        given = _given(source, defaults | parameters)
        return merge(base, own), defaults | parameters | given, files | _folder_files(path)

    def _base(self, source: Source, chain: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        name = str(source.data["from"])
        if name in chain:
            raise ScenarioError(
                f"the copies go round in a circle: {' → '.join((*chain, name))}",
                where=source.where(("from",)),
                remedy="Let one of them stand alone.",
            )
        try:
            path = self._path(name)
        except ScenarioError as error:
            raise ScenarioError(error.what, where=source.where(("from",)), remedy=error.remedy) from error
        return self._unfilled(sources.read(_text(path), _short(path)), path, (*chain, name))


def library(settings: Settings) -> Library:
    """The workspace's own scenarios (`<home>/scenarios`) before those that ship."""
    shipped = settings.scenarios_path or _beside_the_code()
    return Library(tuple(folder for folder in (settings.home / "scenarios", shipped) if folder))


def load(path: Path) -> Scenario:
    """The scenario of one file; copies find their base in the library folder that the file stands in."""
    return Library((path.parent.parent.parent,)).load(path)


def _beside_the_code() -> Path | None:
    here = Path(__file__).resolve()
    return next((parent / "scenarios" for parent in here.parents if (parent / "scenarios" / SHARED).is_dir()), None)


def _definitions(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob(f"*/*/{FILE}")) if SHARED not in path.parts)


def _validated(data: Mapping[str, Any], source: Source) -> Scenario:
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise explain(error, source) from error


def _given(source: Source, declared: Mapping[str, Any]) -> dict[str, Any]:
    given = source.data.get("set") or {}
    for name in given:
        if name not in declared:
            near = get_close_matches(str(name), declared, n=1)
            remedy = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(declared) or 'none'}."
            where = source.where(("set", name))
            raise ScenarioError(f"{name!r} is not a parameter of {source.data['from']}", where=where, remedy=remedy)
    return dict(given)


def _folder_files(path: Path) -> dict[str, str]:
    shared = path.parent.parent.parent / SHARED
    return {
        **{f"{SHARED}/{name}": text for name, text in _texts(shared)},
        **{name: text for name, text in _texts(path.parent) if name != FILE},
    }


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _TEXT_SUFFIXES:
            yield path.relative_to(folder).as_posix(), _text(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError("the file is not UTF-8", where=_short(path), remedy="Save it as UTF-8.") from error


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])


def copy_text(base: Scenario, scenario_id: str, title: str, segment: str | None = None) -> str:
    """The text of a new scenario that copies `base` and changes only its title and, where given, its target segment."""
    target = {**dict.fromkeys(base.target), "all": [{"segment": segment}]}
    changed = {"from": base.id, "title": title, **({"target": target} if segment else {})}
    header = yaml.safe_dump(changed, allow_unicode=True, sort_keys=False)
    return f"# {scenario_id}: {base.id} を写して、違うところだけを書く\n{header}"
