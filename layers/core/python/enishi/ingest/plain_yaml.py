"""YAML as people mean it: 01 is a code, no is a word, 2026-11-21 is text; only true, false and plain numbers differ."""

from __future__ import annotations

import re
from typing import Any

import yaml

from enishi.data_files import Loader

_PLAIN = (
    ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), "tf"),
    ("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    ("tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), "-0123456789"),
)
_REPLACED = {tag for tag, _, _ in _PLAIN} | {"tag:yaml.org,2002:timestamp"}


class PlainLoader(Loader):  # type: ignore[misc] # chosen where it runs
    """A safe loader with fewer guesses."""

    yaml_implicit_resolvers = {  # noqa: RUF012 the loader's own class attribute
        first: [(tag, pattern) for tag, pattern in found if tag not in _REPLACED]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


for _tag, _pattern, _first in _PLAIN:
    PlainLoader.add_implicit_resolver(_tag, _pattern, list(_first))


def load(text: str) -> Any:
    """The document of `text`.

    Raises:
        yaml.YAMLError: not YAML.
    """
    return yaml.load(text, Loader=PlainLoader)  # noqa: S506 a safe loader
