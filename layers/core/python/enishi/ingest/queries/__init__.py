"""The questions that a load asks the lake, one SQL file each, asked by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, cast

import pyarrow as pa
from sqlglot import exp

from enishi.lake import sql
from enishi.ports import Warehouse


def ask(warehouse: Warehouse, name: str, **parameters: Any) -> pa.Table:
    """The answer of `<name>.sql` with its `:parameters` filled by literals."""
    values = {key: sql.literal(value) for key, value in parameters.items()}
    return warehouse.query(cast(exp.Query, exp.replace_placeholders(_parsed(name), **values)))


@cache
def _parsed(name: str) -> exp.Query:
    """The file's tree; not to be changed."""
    path = f"{name}.sql"
    return sql.parse(files(__package__).joinpath(path).read_text(encoding="utf-8"), where=f"ingest/queries/{path}")
