"""docs/lake.md from the declarations, so that what is documented is what exists."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import takewhile
from types import MappingProxyType

from enishi.lake.schema import Folders, Monthly, Table, tables
from enishi.lake.sql.lint import PROVEN_NAMES, PROVEN_NODES
from enishi.lake.sql.views import view_names

_INTRODUCTION = """\
# The lake

Made from `enishi/lake/tables` and `enishi/lake/views` by `python -m enishi.lake.docs > docs/lake.md`; a test proves
that it is up to date.

Tables are Iceberg: on S3 with the Glue catalogue in AWS, in a folder with SQLite on a laptop. Queries are Athena
engine v3 (Trino) SQL, one text for both engines. A bare name is a table of the lake or a view; `pii.customer_contacts`
holds the only clear personal data; `work.cohorts` and `work.results` are plain Parquet in hive folders of the work
store (say their folder columns in the query). Timestamps are UTC without zone, `*_date` is the business day, money is
a decimal.

## Writing SQL

The translation for DuckDB is one module (`enishi/lake/sql`); each construct in it has a case in `tests/cases/sql` with
the value that Trino's documentation says. Whatever has no case is refused with what to write instead:

- no `current_date`, `now()`, `random()`: an answer must not depend on when it runs; give the day as a parameter;
- `AT TIME ZONE` at once inside a cast to `DATE` or `TIMESTAMP`, `HOUR(…)`, `DATE_FORMAT(…)`: an instant with a zone
  never travels;
- no `ntile`: it splits equal values by chance; cut with `CASE` and `percent_rank`;
- `array_agg(DISTINCT x ORDER BY x)` in place of `array_distinct`: the engines order differently;
- a decimal divided by a decimal keeps the larger scale (as in Trino): cast to `DOUBLE` for a ratio;
- `UNNEST(x) AS u(k, v)` takes a map, three or more names take an array of rows, one name takes an array;
- `UNNEST` is joined with `CROSS JOIN` or `LEFT JOIN … ON TRUE`; a window takes no `FILTER` (write `CASE WHEN`);
- `FOR TIMESTAMP AS OF TIMESTAMP '… UTC'` asks for a table's past.

How the engines are kept equal, and how that is proven: `docs/sql.md`.

Functions that are proven: {functions}.
"""


_TRINO: Mapping[str, str] = MappingProxyType(
    {
        "AnyValue": "arbitrary",
        "ApproxQuantile": "approx_percentile",
        "ArgMax": "max_by",
        "ArgMin": "min_by",
        "ArrayContains": "contains",
        "ArrayFilter": "filter",
        "ArraySize": "cardinality",
        "ArraySlice": "slice",
        "ArrayToString": "array_join",
        "Ceil": "ceiling",
        "DayOfWeekIso": "day_of_week",
        "Encode": "to_utf8",
        "GenerateSeries": "sequence",
        "GroupConcat": "listagg",
        "Hex": "to_hex",
        "JSONExtract": "json_extract",
        "JSONExtractScalar": "json_extract_scalar",
        "JSONFormat": "json_format",
        "LastDay": "last_day_of_month",
        "Levenshtein": "levenshtein_distance",
        "LogicalAnd": "bool_and",
        "LogicalOr": "bool_or",
        "Pad": "lpad",
        "ParseJSON": "json_parse",
        "Pow": "power",
        "SHA2Digest": "sha256",
        "StddevPop": "stddev_pop",
        "StrPosition": "strpos",
        "StrToTime": "date_parse",
        "Struct": "row",
        "Substring": "substr",
        "TimeToStr": "date_format",
        "TimeToUnix": "to_unixtime",
        "TimestampTrunc": "date_trunc",
        "Trunc": "truncate",
        "Unhex": "from_hex",
        "UnixToTime": "from_unixtime",
        "VariancePop": "var_pop",
        "WeekOfYear": "week",
    }
)
"""The parser's names that are not Trino's."""


def page() -> str:
    """The whole of docs/lake.md."""
    parts = [_INTRODUCTION.format(functions=_functions()), "## Views\n", *_views(), "## Tables\n"]
    return "\n".join([*parts, *(_table(table) for table in tables().values())])


def _functions() -> str:
    words = {_TRINO.get(name) or _snake(name) for name in PROVEN_NODES} | PROVEN_NAMES
    return ", ".join(f"`{word}`" for word in sorted(words))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _views() -> Iterator[str]:
    for name in view_names():
        text = (files("enishi.lake") / "views" / f"{name}.sql").read_text("utf-8")
        comment = takewhile(lambda line: line.startswith("--"), text.splitlines())
        yield f"- **{name}**: {' '.join(line.removeprefix('-- ') for line in comment)}"
    yield ""


def _table(table: Table) -> str:
    key = f"Key: {', '.join(table.key)}{_partition(table)}."
    head = f"### {table.qualified} ({table.ja})\n\n{table.grain}; {table.why}.\n\n{key}\n"
    rows = [f"| {column.name} | {column.type} | {column.meaning} |" for column in table.columns]
    return "\n".join([head, "| column | type | meaning |", "| --- | --- | --- |", *rows, ""])


def _partition(table: Table) -> str:
    match table.partition:
        case Monthly(column=column, by=by):
            return f". Partition: {by} of {column}"
        case Folders(folders=folders):
            return f". Folders: {', '.join(folders)}"
    return ""


if __name__ == "__main__":
    sys.stdout.write(page())
