"""Numeric steps: what SQL cannot do, on the rows that SQL made small. One module a step, named in the front matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

import pyarrow as pa

from enishi.errors import AnalysisError


class Step(Protocol):
    """A module of this package."""

    def run(self, rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
        """The answer's rows from the statement's rows.

        Raises:
            AnalysisError: the rows do not suffice (too few, all equal …).
        """
        ...


def finish(name: str, rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Run the step `name`.

    Raises:
        AnalysisError: there is no such step, or it cannot work on these rows.
    """
    return _module(name).run(rows, parameters)


def people(name: str, rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Whom the step `name` puts where: `customer_id` and the keys of its cells, a row a person.

    It is what the module's `people(rows, parameters)` says; a step without one answers with a row a person anyway.

    Raises:
        AnalysisError: there is no such step, or it cannot work on these rows.
    """
    module = _module(name)
    named: Callable[[pa.Table, Mapping[str, Any]], pa.Table] = getattr(module, "people", module.run)
    return named(rows, parameters)


def _module(name: str) -> Step:
    if not name.isidentifier():
        raise AnalysisError(f"{name!r} is no step", remedy="Name a module of enishi.analysis.steps.")
    try:
        module = import_module(f"enishi.analysis.steps.{name}")
    except ModuleNotFoundError as error:
        raise AnalysisError(
            f"the step {name} cannot be loaded: {error}", remedy="Install the extra `science`."
        ) from error
    return cast(Step, module)
