"""Data files in YAML that come with the code."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Six times the speed of the Python one, where libyaml is there; both are safe loaders."""


def data_of(package: str, path: str) -> Any:
    """What the package's file holds; `path` is relative to the package."""
    return parsed(files(package).joinpath(path).read_text("utf-8"))


def parsed(text: str) -> Any:
    """What a YAML document holds.

    Raises:
        yaml.YAMLError: not YAML; it marks the place.
    """
    return yaml.load(text, Loader=Loader)  # noqa: S506 both are safe loaders
