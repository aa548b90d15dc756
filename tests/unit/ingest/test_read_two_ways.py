"""The fast ways of reading give what the careful ones give, whatever stands beside a value."""

from __future__ import annotations

import io
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.errors import SourceFileError
from enishi.ingest.casting import Form, cast
from enishi.ingest.cells import Cells, pc, text_of
from enishi.ingest.mapping import Format
from enishi.ingest.readers import READERS
from enishi.ingest.readers.dialect import Cut, Dialect

UTC = ZoneInfo("UTC")
KINDS = [pa.int32(), pa.int64(), pa.decimal128(18, 2), pa.float64(), pa.date32(), pa.timestamp("us"), pa.bool_()]
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.floats().map(repr),
    st.text(alphabet="0123456789+-.eExX_, ", max_size=6),
)
MOMENTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat(" ")),
    st.dates().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}+09:00"),
    st.text(alphabet="0123456789-:T Z+", max_size=19),
)
QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def made(texts: list[str], kind: pa.DataType) -> list[tuple[Any, str]]:
    """Of each text its value and its first reason."""
    found = cast(Cells(text_of(pa.array(texts, pa.string()))), Form(kind, (), UTC, UTC))
    reasons = [next((p.reason for p in found.problems if p.rows[row]), "") for row in range(len(texts))]
    values = pc.cast(found.values, pa.int64()).to_pylist() if pa.types.is_temporal(kind) and kind != pa.date32() else []
    return list(zip(values or [repr(value) for value in found.values.to_pylist()], reasons, strict=True))


@QUIET
@given(st.lists(st.one_of(NUMBERS, MOMENTS), min_size=1, max_size=5), st.sampled_from(KINDS))
def test_a_cell_does_not_depend_on_its_neighbours(texts: list[str], kind: pa.DataType) -> None:
    """Together, each alone, and each beside a text that sends the whole column the careful way."""
    together = made(texts, kind)
    assert together == [made([text], kind)[0] for text in texts]
    assert together == made([*texts, "bad"], kind)[:-1]
    assert together == made([*texts, " x "], kind)[:-1]


FIELDS = st.text(alphabet='ab,"\n あ\t', max_size=5)
RECORDS = st.lists(st.lists(FIELDS, min_size=2, max_size=3), min_size=1, max_size=6)


def spelt(records: list[list[str]], careless: bool) -> str:
    """As a writer that quotes well, or as one that does not know of quotes."""
    if careless:
        return "\n".join(",".join(record) for record in records) + "\n"
    return "\n".join(",".join('"' + text.replace('"', '""') + '"' for text in record) for record in records) + "\n"


def read(text: str) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str, bytes]], str]:
    """Rows, their numbers and rejects; of a file that is refused its error alone, since nothing of it is kept."""
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejects: list[tuple[int, str, bytes]] = []
    try:
        for block in READERS["csv"](io.BytesIO(f"x,y\n{text}".encode()), Format(), "f"):
            rows += pa.table(dict(block.columns)).to_pylist()
            numbers += block.row_no.tolist()
            rejects += [(reject.row_no, reject.reason, reject.raw) for reject in block.rejects]
    except SourceFileError as error:
        return [], [], [], str(error)
    return rows, numbers, sorted(rejects), ""


@QUIET
@given(RECORDS, st.booleans())
def test_records_at_once_and_one_by_one(records: list[list[str]], careless: bool) -> None:
    text = spelt(records, careless)
    quick = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dialect, "_end_in_order", lambda _self, _text, _last: -1)
        assert read(text) == quick


@QUIET
@given(st.text(alphabet='a,"\n', max_size=40))
def test_no_character_is_lost(text: str) -> None:
    """Whole, torn or open at the end: every line of the text is somewhere."""
    cut, rest = Dialect(Format()).cut(text, last=True)
    assert rest == ""
    kept = Cut(text).text if cut.records is None else "\n".join([*cut.records, *(line for _, line in cut.torn)])
    left = 0 if not cut.open_lines else text.rstrip("\n").count("\n") + 1
    if not left:
        assert sorted(kept.replace("\n", "")) == sorted(text.replace("\n", ""))
