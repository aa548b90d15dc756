"""One SQL: Athena (Trino) trees, built or parsed here, checked here, and translated for DuckDB in one place."""

from enishi.lake.sql.build import array, column, literal, literals, rows_of, share, table_ref
from enishi.lake.sql.divide import divided, stages
from enishi.lake.sql.duckdb import to_duckdb
from enishi.lake.sql.lint import check, lint
from enishi.lake.sql.text import parse, parse_condition, to_athena
from enishi.lake.sql.views import (
    expand_views,
    is_view,
    needed_views,
    tables_of,
    view,
    view_names,
    with_people,
    with_views,
)

__all__ = [
    "array",
    "check",
    "column",
    "divided",
    "expand_views",
    "is_view",
    "lint",
    "literal",
    "literals",
    "needed_views",
    "parse",
    "parse_condition",
    "rows_of",
    "share",
    "stages",
    "table_ref",
    "tables_of",
    "to_athena",
    "to_duckdb",
    "view",
    "view_names",
    "with_people",
    "with_views",
]
