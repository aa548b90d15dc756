"""Bad files: each ends in a named error with nothing loaded, or in quarantine with the good rows kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enishi.errors import SourceFileError
from enishi.flow.ingest import ingest
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings
from tests.unit.ingest.reading import Reading, case_bytes, case_mapping, cases


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    found = local_services(Settings(home=tmp_path_factory.mktemp("home")))
    yield found
    found.warehouse.close()  # type: ignore[attr-defined]


def counts(services: Services) -> list[Any]:
    """What any half load would change."""
    names = ("customers", "point_ledger", "order_lines", "pii.quarantine", "load_log")
    queries = [sql.parse(f"SELECT COUNT(*) AS n FROM {name}", name) for name in names]  # noqa: S608
    return [services.warehouse.query(query).column(0)[0].as_py() for query in queries]


@pytest.mark.parametrize("case", cases("refused_files.yaml"))
def test_a_file_that_cannot_be_read_is_refused_whole(case: dict[str, Any], services: Services) -> None:
    before = counts(services)
    services.raw.put("drop/test/file.csv", case_bytes(case))
    with pytest.raises(SourceFileError) as caught:
        ingest(services, case_mapping(case), "drop/test/file.csv")
    expected = {"where": "drop/test/file.csv", "remedy": "", **case["error"]}
    for part, text in expected.items():
        assert text in getattr(caught.value, part), str(caught.value)
    assert caught.value.where.startswith("drop/test/file.csv")
    assert caught.value.remedy.endswith(".")
    assert counts(services) == before


@pytest.mark.parametrize("case", cases("quarantined_rows.yaml"))
def test_bad_rows_go_to_quarantine_and_good_rows_load(case: dict[str, Any], tmp_path: Path) -> None:
    reading, mapping = Reading(tmp_path), case_mapping(case)
    staged = reading.stage(mapping, case_bytes(case))
    found = reading.rejects(staged)
    assert [row["row_no"] for row in found] == [bad["row"] for bad in case["bad"]]
    for row, bad in zip(found, case["bad"], strict=True):
        assert (row["column"], row["reason"]) == (bad.get("column"), bad["reason"])
        if "raw" in bad:
            assert row["raw"].decode(mapping.format.encoding) == bad["raw"]
    assert {pile.table: pile.spill.rows for pile in staged.piles} == case["good"]
    assert staged.rows_in == sum(case["good"].values()) + len(case["bad"])


def test_quarantine_and_log_name_file_row_and_reason(services: Services) -> None:
    case = next(param.values[0] for param in cases("quarantined_rows.yaml") if param.id == "an impossible day")
    services.raw.put("drop/people/people_1.csv", case_bytes(case))
    report = ingest(services, case_mapping(case), "drop/people/people_1.csv")
    kept = services.warehouse.query(
        sql.parse(
            "SELECT file, row_no, \"column\", reason, source_id FROM pii.quarantine WHERE file LIKE '%people_1.csv'", "q"
        )
    ).to_pylist()
    assert kept == [
        {
            "file": "drop/people/people_1.csv",
            "row_no": 2,
            "column": "生年月日",
            "reason": "impossible_date",
            "source_id": "people",
        }
    ]
    log = services.warehouse.query(
        sql.parse("SELECT table_name, rows_in, rows_rejected, watermark FROM load_log WHERE source_id = 'people'", "q")
    ).to_pylist()
    assert [(row["table_name"], row["rows_in"], row["rows_rejected"]) for row in log] == [("customers", 2, 1)]
    assert (report.rows_in, report.rows_rejected) == (2, 1)
