"""The questions of the results, one SQL file each, asked by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, cast

from sqlglot import exp

from enishi.lake import sql
from enishi.ports import Warehouse


def question(name: str, **parameters: Any) -> exp.Query:
    """The query of `<name>.sql` with its `:parameters` filled by literals."""
    values = {key: sql.literal(value) for key, value in parameters.items()}
    return cast(exp.Query, exp.replace_placeholders(_parsed(name), **values))


@cache
def _parsed(name: str) -> exp.Query:
    """The file's tree; not to be changed."""
    path = f"{name}.sql"
    return sql.parse(files(__package__).joinpath(path).read_text(encoding="utf-8"), where=f"results/queries/{path}")


def ask(warehouse: Warehouse, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of `<name>.sql` as dicts."""
    return warehouse.query(question(name, **parameters)).to_pylist()
