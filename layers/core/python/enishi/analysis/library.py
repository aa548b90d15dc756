"""The catalogue: `catalogue/<category>/<id>.sql`, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from enishi.analysis.model import Analysis, Parameter
from enishi.analysis.small import MIN_CELL
from enishi.data_files import data_of, parsed
from enishi.errors import AnalysisError
from enishi.segment.problems import did_you_mean, explain

_FRONT = re.compile(r"\A\s*/\*\n(?P<front>.*?)\n\*/\s*(?P<sql>.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Category:
    id: str
    ja: str
    en: str


@cache
def categories() -> tuple[Category, ...]:
    """The categories, in the order in which people read them."""
    return tuple(Category(**given) for given in data_of("enishi.analysis", "categories.yaml"))


@cache
def groups() -> Mapping[str, tuple[Parameter, ...]]:
    """The shared parameters by group."""
    read = {
        name: tuple(Parameter.model_validate(item) for item in given)
        for name, given in data_of("enishi.analysis", "groups.yaml").items()
    }
    return MappingProxyType(read)


@cache
def _places() -> Mapping[str, tuple[str, Traversable]]:
    """Where each analysis of the product stands, by id, which is the name of its file; in the order of categories."""
    folder = files("enishi.analysis") / "catalogue"
    found = {
        path.name[:-4]: (f"{category.id}/{path.name}", path)
        for category in categories()
        for path in _sql_files(folder / category.id)
    }
    return MappingProxyType(found)


@cache
def _shipped(name: str) -> Analysis:
    place, path = _places()[name]
    return read(path.read_text("utf-8"), place)


@cache
def shipped() -> Mapping[str, Analysis]:
    """Every analysis of the product by id, in the order of categories. Who needs one of them calls `get`: reading all
    of them costs more than most questions."""
    return MappingProxyType({name: _shipped(name) for name in _places()})


def load(path: Path) -> Analysis:
    """An analysis of the retailer's own.

    Raises:
        AnalysisError: there is no such file, or it is not an analysis.
    """
    if not path.is_file():
        raise AnalysisError("there is no such file", where=str(path), remedy="Check the path.")
    return read(path.read_text("utf-8"), str(path))


def get(name: str) -> Analysis:
    """An analysis by id, or by path for one of the retailer's own.

    Raises:
        AnalysisError: no analysis has this id.
    """
    if name.endswith(".sql"):
        return load(Path(name))
    if name not in _places():
        raise AnalysisError(f"there is no analysis {name}", remedy=did_you_mean(name, _places()))
    return _shipped(name)


def read(text: str, place: str) -> Analysis:
    """The analysis that the text of a file is.

    Raises:
        AnalysisError: no front matter, front matter that is wrong, or no statement.
    """
    parts = _FRONT.match(text)
    if parts is None:
        raise AnalysisError(
            "the file has no front matter",
            where=place,
            remedy="Begin it with /*, the YAML, and */ on lines of their own.",
        )
    given = _front_matter(parts["front"], place)
    try:
        return Analysis.model_validate({**given, "sql": parts["sql"].strip(), "place": place})
    except ValidationError as error:
        raise explain(error, f"{place}: ", AnalysisError) from None


def parameters(analysis: Analysis) -> tuple[Parameter, ...]:
    """Its own parameters and those of its groups; an own one replaces the group's of that name. Rates bring the one
    that says what is small.

    Raises:
        AnalysisError: a group that does not exist.
    """
    own = {parameter.name: parameter for parameter in analysis.parameters}
    shared = [parameter for group in analysis.parameter_groups for parameter in _group(analysis, group)]
    shared += [parameter for parameter in groups()["stat"] if parameter.name == MIN_CELL and analysis.rates]
    named = {parameter.name: own.get(parameter.name, parameter) for parameter in shared}
    return tuple({**named, **own}.values())


def _group(analysis: Analysis, name: str) -> Sequence[Parameter]:
    if name not in groups():
        raise AnalysisError(
            f"there is no parameter group {name}", where=analysis.place, remedy=did_you_mean(name, groups())
        )
    return groups()[name]


def _front_matter(text: str, place: str) -> Mapping[str, Any]:
    try:
        given = parsed(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise AnalysisError(
            "the front matter is not YAML", where=f"{place}: line {line}", remedy="Correct it."
        ) from None
    if not isinstance(given, Mapping):
        raise AnalysisError("the front matter is not a mapping", where=place, remedy="Write id:, name:, … in it.")
    return given


def _sql_files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
