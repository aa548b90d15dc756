"""Figures below an answer, asked with the answer itself: what both are made of is computed once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.analysis.model import Analysis
from enishi.lake.sql import column, table_ref

Notes = tuple[tuple[str, Any], ...]
_COLUMN = "footnote_"


def with_answer(tree: exp.Query, analysis: Analysis) -> exp.Query:
    """`tree` itself, the analysis's statement, with a column for each footnote; without them where none fits in."""
    if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
        return tree
    for number, note in enumerate(analysis.footnotes):
        figure = exp.Subquery(this=alone(tree, note.cte).limit(1))
        tree.select(exp.alias_(figure, f"{_COLUMN}{number}"), copy=False)
    return tree


def alone(tree: exp.Query, cte: str) -> exp.Select:
    """The figure of one footnote: the first column of its CTE."""
    [body] = [found.this for found in tree.args["with_"].expressions if found.alias == cte]
    return exp.select(column("", body.selects[0].alias_or_name)).from_(table_ref(cte))


def taken(rows: pa.Table, analysis: Analysis) -> tuple[pa.Table, Notes | None]:
    """The rows without the columns of footnotes, and these; None where they must be asked for alone."""
    names = [f"{_COLUMN}{number}" for number in range(len(analysis.footnotes))]
    if not set(names) <= set(rows.column_names):
        return rows, None
    kept = rows.drop_columns(names) if names else rows
    if names and not rows.num_rows:
        return kept, None
    figures = [rows.column(name)[0].as_py() for name in names]
    return kept, tuple((note.label_ja, figure) for note, figure in zip(analysis.footnotes, figures, strict=True))
