"""An answer as data: JSON, CSV, Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow.parquet as pq

from enishi.analysis import choices
from enishi.analysis.answer import Answer
from enishi.analysis.library import parameters
from enishi.analysis.model import Analysis, Parameter


def described(analysis: Analysis) -> dict[str, Any]:
    """What an analysis is, for scripts."""
    given = analysis.model_dump(exclude={"sql", "place", "parameters"})
    return {**given, "parameters": [_described(analysis, parameter) for parameter in parameters(analysis)]}


def _described(analysis: Analysis, parameter: Parameter) -> dict[str, Any]:
    """A parameter with the words of its values, in both languages."""
    known = choices.words(analysis, parameter)
    return {**parameter.model_dump(), "choices": {value: word.model_dump() for value, word in known.items()}}


def as_dict(answer: Answer) -> dict[str, Any]:
    """Everything that is needed to read the rows and to ask again; values as Python has them."""
    return {
        "analysis": answer.analysis.id,
        "name": answer.analysis.name.ja,
        "parameters": dict(answer.parameters),
        "columns": [
            {"name": c.name, "label": answer.label(c.name), "type": c.type, "unit": c.unit} for c in answer.columns
        ],
        "rows": answer.rows.to_pylist(),
        "footnotes": [{"label": label, "value": value} for label, value in answer.footnotes],
        "cut": answer.cut,
        "reason": answer.reason,
        "watermarks": [
            {"table": mark.table, "snapshot": mark.snapshot, "last_day": mark.last_day} for mark in answer.watermarks
        ],
    }


def as_csv(answer: Answer) -> str:
    """The rows under the names of the columns; an empty field is null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.rows.column_names)
    for row in answer.rows.to_pylist():
        writer.writerow(["" if value is None else value for value in row.values()])
    return text.getvalue()


def as_parquet(answer: Answer) -> bytes:
    """The rows, with the analysis and its address in the file's metadata."""
    sink = io.BytesIO()
    said = {b"enishi": str(answer.address("")).encode()}
    pq.write_table(answer.rows.replace_schema_metadata(said), sink, compression="zstd")
    return sink.getvalue()
