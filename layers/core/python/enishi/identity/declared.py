"""Rules as data: a file of this package as the default, a retailer's own file in the raw store over it, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from enishi.data_files import data_of
from enishi.errors import DefinitionError
from enishi.ports import Blobs

Kind = TypeVar("Kind", bound=BaseModel)


class Declared(Generic[Kind]):
    """`identity/<name>` of the raw store over `<name>` of this package, as a `kind`; `what` is its name in errors."""

    def __init__(self, kind: type[Kind], name: str, what: str) -> None:
        self._kind, self._name, self._what = kind, name, what

    @property
    def key(self) -> str:
        """Where a retailer's own file lies in the raw store."""
        return f"identity/{self._name}"

    def default(self) -> Kind:
        """What this package says."""
        return self.parse({}, self._name)

    def parse(self, changes: Mapping[str, Any], where: str) -> Kind:
        """The default with the keys of `changes` in their place.

        Raises:
            DefinitionError: what comes of it does not hold.
        """
        try:
            return self._kind.model_validate({**_packaged(self._name), **changes})
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            at = ".".join(str(part) for part in first["loc"])
            raise self._refused(f"do not hold: {at} {first['msg']}", where) from error

    def of_workspace(self, raw: Blobs) -> Kind:
        """What is in force: the retailer's own keys over the default.

        Raises:
            DefinitionError: the file is not YAML, or what comes of it does not hold.
        """
        if self.key not in raw.list(self.key):
            return self.default()
        try:
            said = yaml.safe_load(raw.get(self.key).decode("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise self._refused("are not YAML", self.key) from error
        if said is not None and not isinstance(said, dict):
            raise self._refused("are not a mapping", self.key)
        return self.parse(said or {}, self.key)

    def _refused(self, why: str, where: str) -> DefinitionError:
        return DefinitionError(f"{self._what} {why}", where=where, remedy="docs/identity.md says how.")


@cache
def _packaged(name: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = data_of("enishi.identity", name)
    return loaded
